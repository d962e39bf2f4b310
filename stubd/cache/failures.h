/*
 * Questions that could not be answered, kept so that they are not asked again and again (RFC 9520).
 *
 * A failure is kept by (name, type, class, view, CD), never longer than FAILURE_MOST (section 3.2):
 *
 *	LOST	nobody answered	always FAILURE_FIRST: as soon as anybody can be reached it must work again,
 *		and the pool has a back-off of its own that spares who was lost
 *	SAID	an upstream said so, and another	FAILURE_FIRST, doubled each time up to FAILURE_MOST
 *	BOGUS	the validator said so		the same, up to FAILURE_BOGUS_MOST, which is as
 *		long as the validator remembers a bad key
 *	OWN	a limit of ours			not kept: it says nothing of the question
 *
 * The doubling is forgotten when the question was answered, and FAILURE_MOST after the last failure.
 * FAILURES_MAX are kept; then the oldest goes. One part of the cache, which owns it and has
 * the lock.
 */
#ifndef CACHE_FAILURES_H
#define CACHE_FAILURES_H

#include "stubd/base/clock.h"
#include "stubd/wire/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache_key;
struct failures;

enum {
	FAILURE_FIRST = 1000,	    /* ms */
	FAILURE_MOST = 300000,	    /* ms, RFC 9520 section 3.2 */
	FAILURE_BOGUS_MOST = 60000, /* ms */
	FAILURES_MAX = 2000,
	FAILURE_TEXT_MAX = 256,
};

enum failure_kind { FAILURE_OWN, FAILURE_LOST, FAILURE_SAID, FAILURE_BOGUS };

struct failure {
	enum failure_kind kind;
	enum ede ede;		     /* why, RFC 8914 */
	char text[FAILURE_TEXT_MAX]; /* the same for people */
};

/* NULL: out of memory. */
struct failures *failures_new(void);
struct failures *failures_free(struct failures *failures);

/* Is it kept that the question fails? Then *out says how. */
bool failures_find(const struct failures *failures, const struct cache_key *key, bool cd, msec now,
    struct failure *out);

/* Keeps a failure (copied) in place of an older one; without memory for it nothing is kept. */
void failures_keep(struct failures *failures, const struct cache_key *key, bool cd, msec now,
    const struct failure *failure);

/* The question was answered. */
void failures_forget(struct failures *failures, const struct cache_key *key, bool cd);

/* Removes those of a name, or of all below it, too, or all (name NULL). Returns how many. */
size_t failures_flush(struct failures *failures, const struct name *name, bool below);

/* Removes those of a view. Returns how many. */
size_t failures_flush_view(struct failures *failures, uint32_t view);

/* How many are kept, those whose time is over included. */
size_t failures_count(const struct failures *failures);

#endif
