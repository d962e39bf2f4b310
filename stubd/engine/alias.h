/*
 * Aliases that lead into a split zone. libunbound follows them by itself, and would ask the public
 * authorities for a name of the split zone, or its first labels. So those zones are dead ends for it (see
 * trust_set()), and a question that ends there fails. The alias itself is public, though: when a question
 * has failed its CNAME is asked for, and that is the beginning of the answer. The stub goes on from there
 * by its own rules. Of an alias by DNAME libunbound's validator makes nothing without its target: that fails.
 */
#ifndef ENGINE_ALIAS_H
#define ENGINE_ALIAS_H

#include "stubd/engine/engine.h"

#include <stdbool.h>
#include <stdint.h>

enum { ALIAS_MAX = 4096 /* octets of a message with one alias and its signatures */ };

/* Makes the result for question out of that for its CNAME: the message in out, under the question's own
 * type. Returns false, and *result as it was, when there is no alias. */
bool alias_take(
    const struct question *question, struct engine_result *result, uint8_t out[ALIAS_MAX]);

#endif
