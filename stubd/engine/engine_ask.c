#include "stubd/engine/engine_impl.h"
#include "stubd/engine/keeper.h"
#include "stubd/net/loop.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the end of an ask ------------------------------------------------------------------------ */

struct engine_ask *
engine_ask_free(struct engine_ask *ask)
{
	timer_stop(&ask->timer);
	free(ask->wire);
	free(ask);
	return NULL;
}

bool
engine_ask_waits(const struct engine_ask *ask)
{
	return ask->state == ASK_QUEUED || ask->state == ASK_SENT;
}

static void
set_state(struct engine_ask *ask, enum ask_state state)
{
	ask->engine->waiting -= engine_ask_waits(ask);
	ask->state = state;
	ask->engine->waiting += engine_ask_waits(ask);
}

struct engine_stats *
engine_ask_stats(const struct engine_ask *ask)
{
	return ask->raw ? &ask->engine->validation : &ask->engine->recursion;
}

/* Tells the helper not to go on; if it cannot be told it finds nobody to give the result to. */
static void
take_back(struct engine_ask *ask)
{
	const struct message cancel = { .type = MESSAGE_CANCEL, .id = ask->id };

	if (ask->state == ASK_SENT)
		(void)keeper_send(ask->engine->keeper, &cancel);
}

static const char *
too_late(const struct engine_ask *ask)
{
	if (ask->state == ASK_QUEUED)
		return "the engine did not come back in time";
	return ask->raw ? "the chain of trust did not come in time"
			: "the authoritative servers did not answer in time";
}

/* The one place that calls back: the timer, with nothing of the helper's or of our caller's on the
 * stack, so that the callback may do anything, freeing the engine included. */
static void
on_timer(void *arg)
{
	struct engine_ask *ask = arg;

	if (engine_ask_waits(ask)) {
		ask->result = (struct engine_result){
			.error = -ETIMEDOUT, .rcode = RCODE_SERVFAIL, .why = too_late(ask)
		};
		take_back(ask);
	}
	set_state(ask, ASK_DELIVERED);
	ask->engine->asks[ask->id % MESSAGE_ASKS_MAX] = NULL;
	if (ask->result.error || ask->result.rcode == RCODE_SERVFAIL)
		engine_ask_stats(ask)->failures++;
	else
		engine_ask_stats(ask)->answers++;
	ask->cb(ask->arg, &ask->result);
	engine_ask_free(ask);
}

/* Copies a reason. Others show it to people: what is not printable ASCII becomes a question mark. */
static void
copy_why(char out[ENGINE_WHY_MAX], const char *why)
{
	snprintf(out, ENGINE_WHY_MAX, "%s", why);
	for (char *c = out; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/* Keeps the result, the message and the reason in copies of its own, and delivers it in a moment. */
void
engine_ask_answer(struct engine_ask *ask, const struct engine_result *result)
{
	set_state(ask, ASK_ANSWERED);
	ask->result = *result;
	ask->result.wire = NULL;
	ask->result.len = 0;
	copy_why(ask->why, result->why);
	ask->result.why = ask->why;
	if (result->wire)
		ask->wire = malloc(result->len);
	if (ask->wire) {
		memcpy(ask->wire, result->wire, result->len);
		ask->result.wire = ask->wire;
		ask->result.len = result->len;
	} else if (result->wire) {
		ask->result = (struct engine_result){
			.error = -ENOMEM, .rcode = RCODE_SERVFAIL, .why = "out of memory"
		};
	}
	timer_start(&ask->timer, 0);
}

void
engine_ask_fail(struct engine_ask *ask, int error, const char *why)
{
	engine_ask_answer(
	    ask, &(struct engine_result){ .error = error, .rcode = RCODE_SERVFAIL, .why = why });
}

/* --- to the helper ---------------------------------------------------------------------------- */

/* Returns 0, -EBUSY or -ENOMEM. */
int
engine_ask_send(struct engine_ask *ask)
{
	uint8_t wire[MSG_MAX];
	struct message m = { .type = ask->raw ? MESSAGE_VALIDATE : MESSAGE_RECURSE,
		.id = ask->id,
		.question = ask->question };
	const msec now = loop_now(ask->engine->loop);
	int error;

	m.timeout = ask->until > now ? ask->until - now : 0;
	if (ask->raw) {
		m.wire = wire;
		m.len = message_from_answer(wire, sizeof(wire), ask->raw);
		m.cut = ask->raw->cut;
	}
	error = keeper_send(ask->engine->keeper, &m);
	if (!error)
		set_state(ask, ASK_SENT);
	return !error || error == -ENOMEM ? error : -EBUSY;
}

/* Who was in its hands is asked once more: once, so that a question that ends helpers ends two of them
 * at most. */
void
engine_ask_lose(struct engine_ask *ask)
{
	set_state(ask, ASK_QUEUED);
	if (++ask->deaths >= ENGINE_DEATHS_MAX)
		engine_ask_fail(ask, -EPIPE, "the engine died twice at this question");
}

struct engine_ask *
engine_ask_new(struct engine *engine, size_t slot, const struct question *question, msec timeout)
{
	struct engine_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->engine = engine;
	ask->id = engine->round++ * MESSAGE_ASKS_MAX + slot;
	ask->question = *question;
	ask->started = loop_now(engine->loop);
	ask->until = ask->started + timeout;
	timer_init(&ask->timer, engine->loop, on_timer, ask);
	timer_start(&ask->timer, timeout);
	engine->waiting++;
	engine->asks[slot] = ask;
	return ask;
}

void
engine_ask_drop(struct engine_ask *ask)
{
	take_back(ask);
	set_state(ask, ASK_DELIVERED);
	ask->engine->asks[ask->id % MESSAGE_ASKS_MAX] = NULL;
	engine_ask_free(ask);
}
