/*
 * The table of a shard: handles of entries by the hash of their key. Open addressing, one step at a
 * time; what is removed is closed up, so nothing is marked and chains stay short.
 *
 * A handle is any number but 0. One may stand in it twice, by different hashes.
 */
#ifndef CACHE_TABLE_H
#define CACHE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
	uint32_t hash, handle; /* handle 0: free */
};

struct table {
	struct table_slot *slots; /* owned; a power of two */
	size_t nslots, count;
};

enum { TABLE_FIRST = 64 /* slots */ };

/* Returns 0 or -ENOMEM. A table that was not made, or was cleared, may be cleared. */
int table_init(struct table *t);
void table_clear(struct table *t);

/* Octets that it takes. */
size_t table_cost(const struct table *t);

/* Where the handles of a hash may be: start with *at = hash, call until 0. */
static inline uint32_t
table_next(const struct table *t, uint32_t hash, size_t *at)
{
	for (;;) {
		const struct table_slot *slot = &t->slots[(*at)++ & (t->nslots - 1)];

		if (!slot->handle || slot->hash == hash)
			return slot->handle;
	}
}

/* How many octets more it takes for a time while it is made larger, since so many more handles do not
 * fit; 0: they do. */
size_t table_need(const struct table *t, size_t more);

/* Makes it twice as large. Returns 0 or -ENOMEM. */
int table_grow(struct table *t);

/* Enters a handle; there is room. */
void table_add(struct table *t, uint32_t hash, uint32_t handle);

/* Takes out one that is there. */
void table_remove(struct table *t, uint32_t hash, uint32_t handle);

/* Puts another handle in the place of one that is there. */
void table_replace(struct table *t, uint32_t hash, uint32_t handle, uint32_t by);

#endif
