/*
 * Where the entries of a shard lie: in segments, each of one queue, filled from its start to its end.
 *
 *	SMALL  ┌─oldest─┐┌────────┐┌─open──┈┐      MAIN  ┌─oldest─┐┌────────┐┌─open┈┈┈┐
 *	       │e e ░ e ││e ░ e e ││e e     │            │e e e ░ ││e ░ ░ e ││e       │
 *	       └────────┘└────────┘└────────┘            └────────┘└────────┘└────────┘
 *
 * So the order of the segments is the order of the queue, an entry costs no links and no header of an
 * allocator, and memory goes back to the system a segment at a time. What is dead (░) stays until its
 * segment is emptied; an entry larger than half a segment has one of its own. A handle is a segment's
 * number and a place in it; it holds until the entry is moved or its segment is gone. Entries are told
 * from what is behind them by `units`; `live` is this file's.
 */
#ifndef CACHE_SEGMENTS_H
#define CACHE_SEGMENTS_H

#include "stubd/cache/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum segment_queue { QUEUE_SMALL, QUEUE_MAIN, QUEUES };

enum {
	SEGMENT_MOST = 32768, /* octets, a page at least; smaller in small shards */
	SEGMENTS_LEAST = 32,  /* a shard has room for so many, if it has one for as many pages */
	HANDLE_BITS = 12,     /* of a place: SEGMENT_MOST / ENTRY_UNIT */
};

struct segment {
	uint8_t *bytes; /* owned, from mmap(); NULL: the number is free */
	uint32_t older,
	    newer; /* numbers in its queue; 0: none. newer is the next free number, too */
	uint32_t size, used, dead; /* octets */
	uint8_t queue;
};

struct segment_list {
	uint32_t oldest, newest;
	uint32_t open; /* the one that is being filled; 0: none */
	size_t live;   /* octets of live entries */
};

struct segments {
	struct segment *segments; /* owned; number 0 is none */
	uint32_t count, free;	  /* how many numbers there are; the first free one */
	size_t size;		  /* octets of one */
	size_t octets, dead;	  /* mapped; of these, dead */
	struct segment_list queues[QUEUES];
};

/* For a shard of so many octets. Allocates nothing. */
void segments_init(struct segments *s, size_t octets);
void segments_clear(struct segments *s);

/* Octets that they take, the table of segments included. */
size_t segments_cost(const struct segments *s);

static inline struct entry *
segments_at(const struct segments *s, uint32_t handle)
{
	return (struct entry *)(s->segments[handle >> HANDLE_BITS].bytes +
				(size_t)(handle & ((1U << HANDLE_BITS) - 1)) * ENTRY_UNIT);
}

static inline const struct segment *
segments_of(const struct segments *s, uint32_t handle)
{
	return &s->segments[handle >> HANDLE_BITS];
}

/* Octets that must be had from the system for an entry of so many; 0: the open segment has room. */
size_t segments_need(const struct segments *s, enum segment_queue queue, size_t size);

/* Sees to it that there are numbers for two segments more, which segments_need() has counted. Returns
 * false when there cannot be. */
bool segments_number(struct segments *s);

/* Makes room for an entry of so many octets and marks it live. Returns its handle, or 0: out of memory. */
uint32_t segments_add(struct segments *s, enum segment_queue queue, size_t size);

/* Marks one dead. Its segment stays: segments_release() when nobody walks there. */
void segments_kill(struct segments *s, uint32_t handle);

/* Gives a segment back to the system if all in it is dead; with the last one all else goes, too. */
void segments_release(struct segments *s, uint32_t number);

/* Nothing more is put into a segment. */
void segments_close(struct segments *s, uint32_t number);

/* Makes a segment that is not filled any more the newest of a queue, with all in it. */
void segments_requeue(struct segments *s, uint32_t number, enum segment_queue queue);

/* The first live entry of a segment, and the next after one; 0: there is none. */
uint32_t segments_first(const struct segments *s, uint32_t number);
uint32_t segments_next(const struct segments *s, uint32_t handle);

/* A segment that is not being filled and is dead for the most part; 0: there is none. */
uint32_t segments_wasted(const struct segments *s);

#endif
