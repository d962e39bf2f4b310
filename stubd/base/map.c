#include "stubd/base/map.h"

#include "policy/siphash.h"
#include "stubd/base/rand.h"

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

uint64_t
map_hash(const struct map *map, const void *bytes, size_t n)
{
	return siphash_table(map->secret, bytes, n);
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
