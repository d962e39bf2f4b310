#include "stubd/base/map.h"

#include "stubd/base/rand.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
map_init(struct map *map, size_t nbuckets)
{
	size_t n = 16;

	while (n < nbuckets)
		n *= 2;
	memset(map, 0, sizeof(*map));
	map->buckets = calloc(n, sizeof(struct map_node *));
	if (!map->buckets)
		return -ENOMEM;
	map->nbuckets = n;
	rand_bytes(map->secret, sizeof(map->secret));
	return 0;
}

void
map_clear(struct map *map)
{
	free(map->buckets);
	memset(map, 0, sizeof(*map));
}

static inline uint64_t
rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline uint64_t
load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* The last n octets, fewer than eight. */
static inline uint64_t
load_rest(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t
map_hash(const struct map *map, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	const uint64_t k0 = map->secret[0], k1 = map->secret[1];
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573 };
	uint64_t word = 0;
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8) {
		word = load_le64(p);
		v[3] ^= word;
		sip_round(v);
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)n << 56 | load_rest(p, left);
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map_node *
map_find(const struct map *map, uint64_t hash, map_match *match, const void *key)
{
	struct map_node *n = map->buckets[hash & (map->nbuckets - 1)];

	while (n && (n->hash != hash || !match(n, key)))
		n = n->next;
	return n;
}

static void
grow(struct map *map)
{
	size_t n = map->nbuckets * 2;
	struct map_node **buckets = calloc(n, sizeof(struct map_node *));

	if (!buckets)
		return;
	for (size_t i = 0; i < map->nbuckets; i++) {
		struct map_node *node, *next;

		for (node = map->buckets[i]; node; node = next) {
			next = node->next;
			node->next = buckets[node->hash & (n - 1)];
			buckets[node->hash & (n - 1)] = node;
		}
	}
	free(map->buckets);
	map->buckets = buckets;
	map->nbuckets = n;
}

void
map_insert(struct map *map, struct map_node *node, uint64_t hash)
{
	struct map_node **bucket;

	if (map->count >= map->nbuckets)
		grow(map);
	bucket = &map->buckets[hash & (map->nbuckets - 1)];
	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	map->count++;
}

void
map_remove(struct map *map, struct map_node *node)
{
	struct map_node **at = &map->buckets[node->hash & (map->nbuckets - 1)];

	while (*at && *at != node)
		at = &(*at)->next;
	if (*at) {
		*at = node->next;
		map->count--;
	}
}
