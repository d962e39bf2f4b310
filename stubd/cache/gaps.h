/*
 * What signed zones have denied between two of their names (RFC 8198).
 *
 * A proved NXDOMAIN has an NSEC that no name lies between its owner and its next name, and one that no
 * wildcard stands below the closest encloser. Both hold as well for every other name of that gap whose
 * closest encloser is the same, so the denial is an answer to it, with its proof. Here stands where
 * the gaps are and which name's denial it is; the denial itself is an answer of the cache, with its time,
 * and if that has gone the gap tells nothing.
 *
 * Why the closest encloser has to be the same: the wildcard that was denied is the one below it; a name
 * that others are below (an empty non-terminal) is its own; and what is below a delegation or a DNAME has
 * that for it, from where libunbound takes no denial. NSEC3 tells hashes, and nothing here.
 *
 * GAPS_MAX are kept; then the oldest goes. Any flush forgets all of them: then every name is asked for
 * anew, which is what a flush is for. One part of the cache, which owns it and has the lock.
 */
#ifndef CACHE_GAPS_H
#define CACHE_GAPS_H

#include "stubd/base/clock.h"
#include "stubd/wire/answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache_key;
struct gaps;

enum { GAPS_MAX = 512 };

/* NULL: out of memory. */
struct gaps *gaps_new(void);
struct gaps *gaps_free(struct gaps *gaps);

/* Is it a denial that gaps_learn() can make use of? Proved, of a name, without an alias. */
bool gaps_want(const struct answer *answer);

/* Remembers the gap that the key's name lies in, by the NSEC records of a denial that gaps_want() takes; until
 * the denial's time is over. Without such a record, or memory, nothing. */
void gaps_learn(
    struct gaps *gaps, const struct cache_key *key, msec now, const struct answer *answer);

/* Whose denial it is that answers for a name. */
struct gap_denial {
	struct name name;
	msec
	    expires; /* when its time is over; one that came since has another, and another proof */
};

/* Does a name of a view lie in a gap? */
bool gaps_find(const struct gaps *gaps, const struct name *name, uint32_t view, msec now,
    struct gap_denial *denied);

void gaps_forget(struct gaps *gaps);

/* How many are remembered, those whose time is over included. */
size_t gaps_count(const struct gaps *gaps);

#endif
