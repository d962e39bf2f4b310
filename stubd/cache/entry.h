/*
 * One answer in the cache, with its key and its time. Plain data of shard.c.
 *
 * The question of the key is not kept a second time: it is the one in the answer's wire.
 */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "stubd/base/clock.h"
#include "stubd/base/list.h"
#include "stubd/base/map.h"
#include "stubd/cache/cache.h"

struct entry {
	struct map_node node;  /* by key */
	struct map_node cut;   /* by name and view, when it is a cut */
	struct list queue;     /* see cache/queues.h */
	msec expires;	       /* fresh up to, not at, that time */
	struct answer *answer; /* owned */
	uint32_t view;
	uint32_t stale_until; /* s on the loop's clock; 0: not given past its time yet */
	uint8_t hits;	      /* since it was last looked at, at most QUEUE_HITS */
	bool main;	      /* in the main queue */
	uint8_t given;	      /* times, at most CACHE_PREFETCH_HITS; more: it was asked for ahead */
};

/* Makes an entry (takes answer, also on failure). NULL: out of memory. */
struct entry *entry_new(uint32_t view, msec now, struct answer *answer);
/* Gives it a newer answer (takes it). */
void entry_renew(struct entry *entry, msec now, struct answer *answer);
struct entry *entry_free(struct entry *entry);

/* Octets that the entry counts for. */
size_t entry_cost(const struct entry *entry);

bool entry_matches(const struct entry *entry, const struct cache_key *key);

/* Does it say that its name, and so all below it, does not exist (RFC 8020)? A chain that ends in
 * NXDOMAIN says so of another name. */
bool entry_is_cut(const struct entry *entry);

/* Has it no data: no such name, or nothing of that type? */
bool entry_is_negative(const struct entry *entry);

/* Is the answer's question the key's? */
bool entry_question_is(const struct answer *answer, const struct question *question);

/* The name that was asked for. */
void entry_name(const struct entry *entry, struct name *out);

/* Whole seconds since it was born. */
uint32_t entry_age(const struct entry *entry, msec now);

#endif
