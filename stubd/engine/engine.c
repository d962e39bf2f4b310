#include "stubd/engine/engine.h"

#include "stubd/engine/relay.h"
#include "stubd/engine/recurse.h"
#include "stubd/engine/rootfile.h"
#include "stubd/engine/trust.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RETRY_MS = 1000, /* from one attempt to make the context to the next */
	RCODE_SERVFAIL = 2,
};

enum ask_state {
	ASK_WAITING,
	ASK_ANSWERED,
	ASK_DELIVERED,
};

struct engine_ask {
	struct lane *lane;
	struct engine_request request; /* its slot is request.id % ENGINE_VALIDATIONS_MAX */
	const struct answer *raw;      /* borrowed; what is to be validated */
	msec started;
	enum ask_state state;
	engine_cb *cb;
	void *arg;
	struct timer timer; /* WAITING: the deadline; ANSWERED: at once */
	struct engine_result result;
	uint8_t *wire; /* owned; result.wire */
	char why[ENGINE_WHY_MAX];
};

/* One of libunbound's contexts and those who wait for it. */
struct lane {
	struct engine *engine;
	struct recurse *recurse;  /* NULL before the first ask */
	bool stale;		  /* what it knows is of another time */
	msec retry_at;		  /* no attempt to make the context before this */
	char why[ENGINE_WHY_MAX]; /* of the last attempt */
	uint64_t round;		  /* makes ids differ that share a slot */
	size_t max;		  /* slots in use */
	struct engine_ask *asks[ENGINE_VALIDATIONS_MAX];
	struct engine_stats stats;
};

struct engine {
	struct loop *loop;
	struct engine_config config; /* owned strings, none NULL but outgoing_interface */
	struct lane recursion, validation;
	struct relay *relay; /* NULL before the first validation */
	engine_fetch_cb *fetch;
	void *fetch_arg;
	msec lost_at; /* when that was last because nobody could be reached */
	bool spoiled; /* a part of a chain of trust was lost: keys may be marked bad for it */
	uint64_t renewals;
};

/* --- the end of an ask ------------------------------------------------------------------------ */

static struct engine_ask *
ask_free(struct engine_ask *ask)
{
	timer_stop(&ask->timer);
	free(ask->wire);
	free(ask);
	return NULL;
}

static struct engine_ask **
ask_slot(struct engine_ask *ask)
{
	return &ask->lane->asks[ask->request.id % ENGINE_VALIDATIONS_MAX];
}

static bool
validates(const struct lane *lane)
{
	return lane == &lane->engine->validation;
}

/* The one place that calls back: the timer, with nothing of libunbound or of our caller on the
 * stack, so that the callback may do anything, freeing the engine included. */
static void
on_timer(void *arg)
{
	struct engine_ask *ask = arg;

	if (ask->state == ASK_WAITING)
		ask->result = (struct engine_result){ .error = -ETIMEDOUT,
			.rcode = RCODE_SERVFAIL,
			.why = validates(ask->lane)
				   ? "the chain of trust did not come in time"
				   : "the authoritative servers did not answer in time" };
	ask->state = ASK_DELIVERED;
	*ask_slot(ask) = NULL;
	if (ask->result.error || ask->result.rcode == RCODE_SERVFAIL)
		ask->lane->stats.failures++;
	else
		ask->lane->stats.answers++;
	ask->cb(ask->arg, &ask->result);
	ask_free(ask);
}

/* Keeps the result, the message and the reason in copies of its own, and delivers it in a moment. */
static void
answer(struct engine_ask *ask, const struct engine_result *result)
{
	ask->state = ASK_ANSWERED;
	ask->result = *result;
	ask->result.wire = NULL;
	ask->result.len = 0;
	snprintf(ask->why, sizeof(ask->why), "%s", result->why);
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

/* A verdict that a part of the chain of trust was missing for is none. Only who was waiting when it
 * was lost is told so: others may not take a second of ours for a network that is gone. */
static struct engine_result
no_verdict(const struct engine_ask *ask)
{
	const bool lost = ask->started <= ask->lane->engine->lost_at;

	return (struct engine_result){ .error = lost ? -EAGAIN : -EIO,
		.rcode = RCODE_SERVFAIL,
		.why = "the chain of trust was lost on its way" };
}

static void
on_result(void *arg, uint64_t id, const struct engine_result *result)
{
	struct lane *lane = arg;
	struct engine_ask *ask = lane->asks[id % ENGINE_VALIDATIONS_MAX];
	struct engine_result none;

	/* A result that comes too late finds its slot empty or in another's hands. */
	if (!ask || ask->request.id != id || ask->state != ASK_WAITING)
		return;
	if (validates(lane) && lane->engine->spoiled && !result->wire) {
		none = no_verdict(ask);
		result = &none;
	}
	answer(ask, result);
}

/* --- the contexts ----------------------------------------------------------------------------- */

static bool
owns(void *arg, const struct addr *peer)
{
	const struct engine *engine = arg;

	return engine->validation.recurse && recurse_owns(engine->validation.recurse, peer);
}

/* What is to be judged, if it is that which libunbound asks for. It follows a chain of CNAMEs step by
 * step, and asks for each target although the answer had it. */
static const struct answer *
raw_for(const struct lane *lane, const struct question *question)
{
	const struct answer *part = NULL;

	for (size_t i = 0; i < lane->max; i++) {
		const struct engine_ask *ask = lane->asks[i];

		if (!ask || ask->state != ASK_WAITING ||
		    ask->request.question.type != question->type)
			continue;
		if (name_equal(&ask->request.question.name, &question->name))
			return ask->raw;
		if (!part && !ask->raw->cut && answer_reaches(ask->raw, &question->name))
			part = ask->raw;
	}
	return part;
}

/* libunbound asks: for the message that it is to judge, or for what it needs to do so. */
static void
on_relay(void *arg, const struct question *question, struct engine_fetch *fetch)
{
	struct engine *engine = arg;

	const struct answer *raw = raw_for(&engine->validation, question);

	if (raw)
		relay_answer_part(fetch, raw);
	else if (engine->fetch)
		engine->fetch(engine->fetch_arg, question, fetch);
	else
		relay_answer(fetch, NULL);
}

static int
make_validator(struct engine *engine)
{
	static const struct relay_events events = { .owns = owns, .ask = on_relay };
	struct lane *lane = &engine->validation;
	int error = engine->relay ? 0 : relay_new(engine->loop, &events, engine, &engine->relay);

	if (error) {
		snprintf(lane->why, sizeof(lane->why), "no socket for the validator: %s",
		    strerror(-error));
		return error;
	}
	engine->renewals += engine->spoiled || lane->stale;
	engine->spoiled = false;
	engine->lost_at = 0;
	return recurse_new_forwarding(engine->loop, &engine->config, relay_address(engine->relay),
	    on_result, lane, &lane->recurse, lane->why);
}

/* Makes the context if there is none. Returns 0 or -EIO, with the reason in lane->why. */
static int
ready(struct lane *lane)
{
	struct engine *engine = lane->engine;
	const msec now = loop_now(engine->loop);
	int error;

	if (lane->recurse)
		return 0;
	if (now < lane->retry_at)
		return -EIO;
	lane->retry_at = now + RETRY_MS;
	error = validates(lane) ? make_validator(engine)
				: recurse_new(engine->loop, &engine->config, on_result, lane,
				      &lane->recurse, lane->why);
	lane->stale = lane->stale && error;
	return error ? -EIO : 0;
}

/* Hands the question over. Returns 0 (also when the result is already a failure), -EBUSY or
 * -ENOMEM. */
static int
hand_over(struct engine_ask *ask)
{
	struct lane *lane = ask->lane;
	int error = ready(lane);

	if (!error) {
		error = recurse_ask(lane->recurse, &ask->request);
		if (error != -EIO)
			return error;
		snprintf(lane->why, sizeof(lane->why), "libunbound takes no questions");
		if (recurse_count(lane->recurse) == 0)
			lane->recurse = recurse_free(lane->recurse);
	}
	answer(ask,
	    &(struct engine_result){ .error = -EIO, .rcode = RCODE_SERVFAIL, .why = lane->why });
	return 0;
}

static bool
outdated(const struct lane *lane)
{
	return lane->stale ||
	       (validates(lane) ? lane->engine->spoiled : recurse_outdated(lane->recurse));
}

/* Replaces a context whose view of the world is no longer true; what waits is asked anew, with the
 * deadline it had. */
static void
renew(struct lane *lane)
{
	if (!lane->recurse || loop_now(lane->engine->loop) < lane->retry_at || !outdated(lane))
		return;
	lane->recurse = recurse_free(lane->recurse);
	for (size_t i = 0; i < lane->max; i++) {
		struct engine_ask *ask = lane->asks[i];
		int error = ask && ask->state == ASK_WAITING ? hand_over(ask) : 0;

		if (error)
			answer(ask,
			    &(struct engine_result){
				.error = error, .rcode = RCODE_SERVFAIL, .why = strerror(-error) });
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct engine_ask *
ask_new(struct lane *lane, size_t slot, const struct question *question, engine_cb *cb, void *arg)
{
	struct engine_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->lane = lane;
	ask->request.id = lane->round++ * ENGINE_VALIDATIONS_MAX + slot;
	ask->request.question = *question;
	ask->started = loop_now(lane->engine->loop);
	ask->cb = cb;
	ask->arg = arg;
	timer_init(&ask->timer, lane->engine->loop, on_timer, ask);
	return ask;
}

static int
start(struct lane *lane, const struct question *question, const struct answer *raw, msec timeout,
    engine_cb *cb, void *arg, struct engine_ask **out)
{
	struct engine_ask *ask;
	size_t slot = 0;
	int error;

	while (slot < lane->max && lane->asks[slot])
		slot++;
	if (slot == lane->max) {
		lane->stats.busy++;
		return -EBUSY;
	}
	renew(lane);
	ask = ask_new(lane, slot, question, cb, arg);
	if (!ask)
		return -ENOMEM;
	ask->raw = raw;
	lane->asks[slot] = ask;
	timer_start(&ask->timer, timeout);
	error = hand_over(ask);
	if (error) {
		lane->asks[slot] = ask_free(ask);
		lane->stats.busy += error == -EBUSY;
		return error;
	}
	lane->stats.asks++;
	*out = ask;
	return 0;
}

int
engine_recurse(struct engine *engine, const struct question *question, msec timeout, engine_cb *cb,
    void *arg, struct engine_ask **out)
{
	return start(&engine->recursion, question, NULL, timeout, cb, arg, out);
}

int
engine_validate(struct engine *engine, const struct question *question, const struct answer *raw,
    msec timeout, engine_cb *cb, void *arg, struct engine_ask **out)
{
	return start(&engine->validation, question, raw, timeout, cb, arg, out);
}

void
engine_cancel(struct engine_ask *ask)
{
	if (!ask || ask->state == ASK_DELIVERED)
		return;
	*ask_slot(ask) = NULL;
	ask_free(ask);
}

/* --- what the validator asks for -------------------------------------------------------------- */

void
engine_set_fetch(struct engine *engine, engine_fetch_cb *cb, void *arg)
{
	engine->fetch = cb;
	engine->fetch_arg = arg;
}

void
engine_fetched(struct engine_fetch *fetch, const struct answer *answer, enum fetch_end end)
{
	/* Their keys are not missing from the world, whoever says so. */
	const bool high = name_labels(&relay_question(fetch)->name) <= 1;
	struct engine *engine = relay_answer(fetch, answer);

	if (!engine || end == FETCH_ANSWERED)
		return;
	if (end != FETCH_REFUSED || high)
		engine->spoiled = true;
	if (end == FETCH_LOST)
		engine->lost_at = loop_now(engine->loop);
}

int
engine_check_anchors(const struct engine *engine, char why[ENGINE_WHY_MAX])
{
	return rootfile_check(engine->config.trust_anchors, ROOTFILE_ANCHORS, why, ENGINE_WHY_MAX);
}

void
engine_forget(struct engine *engine)
{
	engine->validation.stale = engine->recursion.stale = true;
	engine->validation.retry_at = engine->recursion.retry_at = 0;
}

void
engine_set_time(struct engine *engine, int64_t seconds)
{
	if (engine->config.time != seconds)
		engine_forget(engine);
	engine->config.time = seconds;
}

int
engine_set_exceptions(struct engine *engine, const struct engine_exceptions *exceptions)
{
	const int changed = trust_keep(&engine->config.exceptions, exceptions);

	if (changed > 0)
		engine_forget(engine);
	return changed < 0 ? changed : 0;
}

/* --- start and end ---------------------------------------------------------------------------- */

struct engine *
engine_new(struct loop *loop, const struct engine_config *config)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	const char *hints = config->root_hints, *anchors = config->trust_anchors;

	if (!engine)
		return NULL;
	engine->loop = loop;
	engine->recursion.engine = engine->validation.engine = engine;
	engine->recursion.max = ENGINE_ASKS_MAX;
	engine->validation.max = ENGINE_VALIDATIONS_MAX;
	engine->config.root_hints = strdup(hints ? hints : STUBD_DATA_DIR "/root.hints");
	engine->config.trust_anchors = strdup(anchors ? anchors : STUBD_DATA_DIR "/root.key");
	if (config->outgoing_interface)
		engine->config.outgoing_interface = strdup(config->outgoing_interface);
	if (!engine->config.root_hints || !engine->config.trust_anchors ||
	    !engine->config.outgoing_interface != !config->outgoing_interface)
		return engine_free(engine);
	return engine;
}

static void
lane_close(struct lane *lane)
{
	for (size_t i = 0; i < lane->max; i++)
		if (lane->asks[i])
			lane->asks[i] = ask_free(lane->asks[i]);
	lane->recurse = recurse_free(lane->recurse);
}

struct engine *
engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	lane_close(&engine->recursion);
	lane_close(&engine->validation);
	engine->relay = relay_free(engine->relay);
	free(engine->config.root_hints);
	free(engine->config.trust_anchors);
	free(engine->config.outgoing_interface);
	trust_clear(&engine->config.exceptions);
	free(engine);
	return NULL;
}

void
engine_stats(const struct engine *engine, struct engine_stats *out)
{
	*out = engine->recursion.stats;
	out->running = engine->recursion.recurse != NULL;
}

void
engine_validator_stats(const struct engine *engine, struct engine_validator_stats *out)
{
	*out = (struct engine_validator_stats){ .asks = engine->validation.stats,
		.renewals = engine->renewals };
	out->asks.running = engine->validation.recurse != NULL;
	if (!engine->relay)
		return;
	out->chain_questions = relay_counters(engine->relay)->questions;
	out->strangers = relay_counters(engine->relay)->strangers;
}
