/*
 * What is answered without waiting, and so without a struct query: local answers, and what the cache
 * holds. Internal to this room; query.h has the story.
 */
#ifndef QUERY_AT_ONCE_H
#define QUERY_AT_ONCE_H

#include "stubd/query/arrival.h"

#include <stddef.h>

/* Most octets that a reply may have. */
size_t arrival_limit(
    const struct resolver *resolver, const struct query_front *front, const struct msg_query *msg);

enum at_once {
	AT_ONCE_DONE,	 /* replied */
	AT_ONCE_NOT,	 /* not by one answer alone; parts may be at hand */
	AT_ONCE_PART,	 /* the same, and the first part is in the cache */
	AT_ONCE_STALE,	 /* nothing but an answer past its time */
	AT_ONCE_UNKNOWN, /* nothing at hand says anything of the question: do not look again */
};

/* Decides whose the question is (*view), and replies from a local answer or from the cache, be it with a
 * failure. */
enum at_once at_once(struct arrival *a, struct view *view);

#endif
