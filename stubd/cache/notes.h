/*
 * Which keys left the cache not long ago without having been asked for again: the ghost queue of
 * S3-FIFO, as a table of hashes with a place for each NOTE_SHARE octets of the shard. A note counts as
 * long as fewer were made after it than there are entries.
 */
#ifndef CACHE_NOTES_H
#define CACHE_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NOTE_SHARE = 256,
	NOTES_FROM = 65536, /* octets; smaller shards note nothing */
};

struct note {
	uint32_t hash, when; /* when 0: free */
};

struct notes {
	struct note *notes; /* owned, mapped; a power of two; NULL: none */
	size_t count;
	uint32_t made; /* how many yet */
};

/* For a shard of so many octets. The table is made with the first note, which a cache that is never full
 * does not need; without memory for it nothing is noted. */
void notes_init(struct notes *n, size_t size);

/* A zeroed one is allowed. */
void notes_clear(struct notes *n);

/* Octets that they take, or will. */
size_t notes_cost(const struct notes *n);

void notes_make(struct notes *n, uint32_t hash);

/* Is there one that counts, with so many entries? Then that is forgotten. */
bool notes_take(struct notes *n, uint32_t hash, size_t entries);

#endif
