/*
 * The entries of a shard: found by the hash of their key, kept in a bounded number of octets. No lock:
 * the shard's is held.
 *
 * Who goes when there is no room for a new one is S3-FIFO's choice (Yang et al., SOSP 2023), a segment
 * at a time:
 *
 *	new ──► SMALL, a tenth ──asked for again──► MAIN ──asked for since──► MAIN, its newest
 *	             │                                │
 *	             └─ not: gone, its hash noted     └─ not, or past its time: gone
 *
 * A name whose hash is still noted goes into MAIN at once. So names that are asked for once, however
 * many there are, pass through SMALL and leave MAIN alone. A hit only counts, up to ENTRY_HITS, and
 * moves nothing. A newer answer takes the place of the old one if it fits there and does not waste it.
 *
 * Invariant: store_used() counts all memory that it has from the system, and never exceeds the size.
 * A segment's worth is kept free for moving what stays; when more is dead than alive, whatever is left
 * of a segment moves, too.
 */
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include "stubd/cache/entry.h"
#include "stubd/cache/notes.h"
#include "stubd/cache/segments.h"
#include "stubd/cache/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STORE_SMALL_SHARE = 10,
	STORE_PASSES = 8, /* segments from which something stayed; the next one goes as a whole */
};

struct store {
	struct table table;
	struct segments segments;
	struct notes notes;
	size_t size; /* octets; see the invariant */
	size_t entries, negative, cuts;
	uint64_t evictions;
};

/* Returns 0 or -ENOMEM. */
int store_init(struct store *s, size_t size);
/* A zeroed one is allowed. */
void store_clear(struct store *s);

size_t store_used(const struct store *s);

static inline struct entry *
store_at(const struct store *s, uint32_t handle)
{
	return segments_at(&s->segments, handle);
}

/* Returns the handle of the entry of a key, or 0. Any change of the store may end it. */
static inline __attribute__((always_inline)) uint32_t
store_find(const struct store *s, const struct entry_key *key)
{
	size_t at = key->hash;
	uint32_t handle;

	if (!s->entries)
		return 0;
	while ((handle = table_next(&s->table, key->hash, &at)) != 0)
		if (entry_matches(store_at(s, handle), key))
			return handle;
	return 0;
}

/* Can an answer of so many octets be kept at all? */
bool store_takes(const struct store *s, size_t size);

/* Keeps an answer (copied), of entry_size() octets, in place of an older one of the key. Returns false
 * when it could not. */
bool store_put(struct store *s, const struct entry_key *key, msec now, const struct answer *answer,
    size_t size);

void store_drop(struct store *s, uint32_t handle);

typedef bool store_test(const struct entry *e, const void *arg);

/* Drops all that pass the test. Returns how many. */
size_t store_drop_those(struct store *s, store_test *test, const void *arg);

#endif
