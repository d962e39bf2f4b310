/*
 * What a waiting query has of its answer: one part for each view that its chain of CNAMEs led through, in
 * order; and, once A is asked for in the place of AAAA (RFC 6147 section 5.1), the answer to AAAA.
 * Internal to this room.
 *
 *	parts_add() ─► goes on elsewhere ─► parts_add() ─► ... ─► whole ─► parts_whole()
 *	                                                            │ has no addresses
 *	                                                            ▼
 *	                                     parts_set_aside(): none, and a negative answer
 *
 * Limit: ANSWER_CHAIN_MAX parts of one query. Their octets are counted in *held as long as they are here
 * (MAX_HELD of query/resolver.h, for all queries).
 */
#ifndef QUERY_PARTS_H
#define QUERY_PARTS_H

#include "stubd/wire/answer.h"

#include <stdbool.h>
#include <stddef.h>

/* Prepared by zeroes and a held. */
struct parts {
	size_t *held; /* borrowed */
	size_t n;
	struct answer *all[ANSWER_CHAIN_MAX];
	struct answer *negative; /* NULL: nothing was set aside */
};

/* Frees them all, and what was set aside. */
void parts_clear(struct parts *parts);

/* Adds one (takes it). True: the chain goes on at its target, and there is room for what is there. */
bool parts_add(struct parts *parts, struct answer *part);

/* The one added last, of at least one; borrowed. */
const struct answer *parts_last(const struct parts *parts);

/* The whole answer that they are, of at least one: borrowed, or *joined's, which is the caller's. NULL:
 * longer than a message can be, or out of memory. */
const struct answer *parts_whole(const struct parts *parts, struct answer **joined);

/* Makes the whole of them the negative answer, and begins anew. Once. Returns 0; or -EBADMSG or -ENOMEM, and
 * they stay. */
int parts_set_aside(struct parts *parts);

#endif
