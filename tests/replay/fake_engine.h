/*
 * A recursion engine that knows nothing: it keeps every request until the script answers it. It
 * takes the place of engine/engine.
 */
#ifndef REPLAY_FAKE_ENGINE_H
#define REPLAY_FAKE_ENGINE_H

#include "stubd/engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

/* The oldest request that was not looked at yet, which it is now; NULL: none. Borrowed. */
const struct question *fake_engine_look(struct engine *engine);

/* The question of the oldest request without an answer; NULL: none. Borrowed. */
const struct question *fake_engine_waiting(const struct engine *engine);

/* Answers that request. The engine must have one. */
void fake_engine_answer(struct engine *engine, const struct engine_result *result);

/* Requests without an answer. */
size_t fake_engine_count(const struct engine *engine);

#endif
