/*
 * Which entry goes when the cache is full: S3-FIFO (Yang et al., SOSP 2023).
 *
 *	new ──► SMALL, a tenth ──asked for again──► MAIN ──asked for since──► MAIN, its front
 *	             │                                │
 *	             └─ not: gone, its hash noted     └─ not, or past its time: gone
 *
 * A name whose hash is still noted goes into MAIN at once. So names that are asked for once, however
 * many there are, pass through SMALL and leave MAIN alone. A hit only counts, up to QUEUE_HITS, and
 * moves nothing. Hashes are noted in a table with a place for each QUEUE_NOTE_SHARE octets of the cache;
 * they count as long as fewer were noted after them than there are entries. Part of shard.c.
 */
#ifndef CACHE_QUEUES_H
#define CACHE_QUEUES_H

#include "stubd/base/clock.h"
#include "stubd/base/list.h"

#include <stddef.h>
#include <stdint.h>

struct entry;

enum {
	QUEUE_HITS = 3,
	QUEUE_NOTE_SHARE = 256,
	QUEUE_NOTES_FROM = 65536, /* octets; smaller caches note nothing */
};

struct queue_note {
	uint32_t tag, when; /* when 0: free */
};

struct queues {
	struct list small, main;       /* the front is the newest */
	size_t small_used, small_most; /* octets */
	struct queue_note *notes;      /* owned; a power of two; NULL: none */
	size_t nnotes;
	uint32_t noted; /* how many yet */
};

/* For a cache of so many octets. Returns 0 or -ENOMEM. */
int queues_init(struct queues *q, size_t size);

/* Frees the notes; the entries are the cache's. A zeroed one is allowed. */
void queues_clear(struct queues *q);

/* Octets that the notes take. */
size_t queues_cost(const struct queues *q);

/* Puts a new entry where it belongs; entries: how many there are. */
void queues_add(struct queues *q, struct entry *e, size_t entries);
void queues_remove(struct queues *q, struct entry *e);

/* The entry has another answer; it was so many octets before. */
void queues_resized(struct queues *q, const struct entry *e, size_t before);

/* The entry that goes next; it is still in its queue. NULL: there is none. */
struct entry *queues_victim(struct queues *q, msec now);

/* Notes that the victim is gone. */
void queues_note(struct queues *q, const struct entry *victim);

#endif
