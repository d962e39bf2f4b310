/*
 * An engine that knows nothing: it keeps every request, for recursion or validation, until the script
 * answers it, and asks for a chain of trust when the script says so. It takes the place of
 * engine/engine.
 */
#ifndef REPLAY_FAKE_ENGINE_H
#define REPLAY_FAKE_ENGINE_H

#include "stubd/engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

/* The oldest request that was not looked at yet, which it is now; NULL: none. Borrowed. *validates:
 * what for. */
const struct question *fake_engine_look(struct engine *engine, bool *validates);

/* The question of the oldest request without an answer; NULL: none. Borrowed. */
const struct question *fake_engine_waiting(const struct engine *engine);

/* What it has to validate; NULL: it is a recursion. Borrowed. */
const struct answer *fake_engine_raw(const struct engine *engine);

/* Asks for what the validator would need. */
void fake_engine_fetch(struct engine *engine, const struct question *question);

/* How the oldest such question that ended and was not looked at did; looks at it. False: none. */
bool fake_engine_fetched(struct engine *engine, enum fetch_end *end);

/* The names that it was told to leave unproved, one a line. Borrowed. */
const char *fake_engine_insecure(const struct engine *engine);

/* Answers that request. The engine must have one. */
void fake_engine_answer(struct engine *engine, const struct engine_result *result);

/* Requests without an answer. */
size_t fake_engine_count(const struct engine *engine);

#endif
