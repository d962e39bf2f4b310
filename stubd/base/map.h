/*
 * An intrusive hash table. Nodes live inside their objects, the table owns only its buckets. Keys
 * are hashed by the caller with map_hash() and the map's own secret, so that hostile names cannot
 * choose their bucket.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets; /* owned; a power of two */
	size_t nbuckets, count;
	uint64_t secret[2];
};

typedef bool map_match(const struct map_node *node, const void *key);

/* Makes an empty map with at least nbuckets. Returns 0 or -ENOMEM. */
int map_init(struct map *map, size_t nbuckets);

/* Frees the buckets; the nodes are the owner's. A zeroed map is allowed. */
void map_clear(struct map *map);

/* Keyed SipHash-1-3 of n octets (policy/siphash.h). */
uint64_t map_hash(const struct map *map, const void *bytes, size_t n);

struct map_node *map_find(const struct map *map, uint64_t hash, map_match *match, const void *key);

/* Adds a node that is in no map. Grows when full; if growing fails, chains get longer instead. */
void map_insert(struct map *map, struct map_node *node, uint64_t hash);
void map_remove(struct map *map, struct map_node *node);

#endif
