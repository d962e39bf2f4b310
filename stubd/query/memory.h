/*
 * What a flight leaves behind for those who ask later. The cache keeps it (stubd/cache/).
 */
#ifndef QUERY_MEMORY_H
#define QUERY_MEMORY_H

#include "stubd/cache/cache.h"

#include <stdbool.h>

struct resolver;

/* Keeps a copy of a flight's answer, unless it was asked with CD: that is unchecked by intent, and
 * nobody else's. The question fails no more. */
void memory_keep_answer(
    struct resolver *resolver, const struct cache_key *key, bool cd, const struct answer *answer);

/* Keeps how a flight failed; what was nobody's fault but ours is not kept (RFC 9520). When it was
 * bogus, what there was before it is not used past its time: nothing masks bogus. */
void memory_keep_failure(
    struct resolver *resolver, const struct cache_key *key, bool cd, const struct failure *failure);

#endif
