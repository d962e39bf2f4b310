#include "stubd/engine/worker.h"

#include "stubd/engine/except.h"
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

struct worker_ask {
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
	struct worker *worker;
	struct recurse *recurse;  /* NULL before the first ask */
	bool stale;		  /* what it knows is of another time */
	msec retry_at;		  /* no attempt to make the context before this */
	char why[ENGINE_WHY_MAX]; /* of the last attempt */
	uint64_t round;		  /* makes ids differ that share a slot */
	size_t max;		  /* slots in use */
	struct worker_ask *asks[ENGINE_VALIDATIONS_MAX];
};

struct worker {
	struct loop *loop;
	struct engine_config config; /* owned strings, none NULL but outgoing_interface */
	struct lane recursion, validation;
	struct relay *relay; /* NULL before the first validation */
	const struct worker_events *events;
	void *arg;
	msec lost_at; /* when that was last because nobody could be reached */
	bool spoiled; /* a part of a chain of trust was lost: keys may be marked bad for it */
	uint64_t renewals;
};

/* --- the end of an ask ------------------------------------------------------------------------ */

static struct worker_ask *
ask_free(struct worker_ask *ask)
{
	timer_stop(&ask->timer);
	free(ask->wire);
	free(ask);
	return NULL;
}

static struct worker_ask **
ask_slot(struct worker_ask *ask)
{
	return &ask->lane->asks[ask->request.id % ENGINE_VALIDATIONS_MAX];
}

static bool
validates(const struct lane *lane)
{
	return lane == &lane->worker->validation;
}

/* The one place that calls back: the timer, with nothing of libunbound or of our caller on the
 * stack, so that the callback may do anything, freeing the worker included. */
static void
on_timer(void *arg)
{
	struct worker_ask *ask = arg;

	if (ask->state == ASK_WAITING)
		ask->result = (struct engine_result){ .error = -ETIMEDOUT,
			.rcode = RCODE_SERVFAIL,
			.why = validates(ask->lane)
				   ? "the chain of trust did not come in time"
				   : "the authoritative servers did not answer in time" };
	ask->state = ASK_DELIVERED;
	*ask_slot(ask) = NULL;
	ask->cb(ask->arg, &ask->result);
	ask_free(ask);
}

/* Keeps the result, the message and the reason in copies of its own, and delivers it in a moment. */
static void
answer(struct worker_ask *ask, const struct engine_result *result)
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
no_verdict(const struct worker_ask *ask)
{
	const bool lost = ask->started <= ask->lane->worker->lost_at;

	return (struct engine_result){ .error = lost ? -EAGAIN : -EIO,
		.rcode = RCODE_SERVFAIL,
		.why = "the chain of trust was lost on its way" };
}

static void
on_result(void *arg, uint64_t id, const struct engine_result *result)
{
	struct lane *lane = arg;
	struct worker_ask *ask = lane->asks[id % ENGINE_VALIDATIONS_MAX];
	struct engine_result none;

	/* A result that comes too late finds its slot empty or in another's hands. */
	if (!ask || ask->request.id != id || ask->state != ASK_WAITING)
		return;
	if (validates(lane) && lane->worker->spoiled && !result->wire) {
		none = no_verdict(ask);
		result = &none;
	}
	answer(ask, result);
}

static void
counted(struct worker *worker)
{
	worker->events->counted(worker->arg);
}

/* --- the contexts ----------------------------------------------------------------------------- */

static bool
owns(void *arg, const struct addr *peer)
{
	struct worker *worker = arg;

	counted(worker); /* a stranger, perhaps */
	return worker->validation.recurse && recurse_owns(worker->validation.recurse, peer);
}

/* What is to be judged, if it is that which libunbound asks for. It follows a chain of CNAMEs step by
 * step, and asks for each target although the answer had it. */
static const struct answer *
raw_for(const struct lane *lane, const struct question *question)
{
	const struct answer *part = NULL;

	for (size_t i = 0; i < lane->max; i++) {
		const struct worker_ask *ask = lane->asks[i];

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
on_relay(void *arg, const struct question *question, struct relay_fetch *fetch)
{
	struct worker *worker = arg;

	const struct answer *raw = raw_for(&worker->validation, question);

	counted(worker);
	if (raw)
		relay_answer_part(fetch, raw);
	else
		worker->events->fetch(worker->arg, question, fetch);
}

static int
make_validator(struct worker *worker)
{
	static const struct relay_events events = { .owns = owns, .ask = on_relay };
	struct lane *lane = &worker->validation;
	int error = worker->relay ? 0 : relay_new(worker->loop, &events, worker, &worker->relay);

	if (error) {
		snprintf(lane->why, sizeof(lane->why), "no socket for the validator: %s",
		    strerror(-error));
		return error;
	}
	worker->renewals += worker->spoiled || lane->stale;
	worker->spoiled = false;
	worker->lost_at = 0;
	return recurse_new_forwarding(worker->loop, &worker->config, relay_address(worker->relay),
	    on_result, lane, &lane->recurse, lane->why);
}

/* Makes the context if there is none. Returns 0 or -EIO, with the reason in lane->why. */
static int
ready(struct lane *lane)
{
	struct worker *worker = lane->worker;
	const msec now = loop_now(worker->loop);
	int error;

	if (lane->recurse)
		return 0;
	if (now < lane->retry_at)
		return -EIO;
	lane->retry_at = now + RETRY_MS;
	error = validates(lane) ? make_validator(worker)
				: recurse_new(worker->loop, &worker->config, on_result, lane,
				      &lane->recurse, lane->why);
	lane->stale = lane->stale && error;
	counted(worker);
	return error ? -EIO : 0;
}

/* Hands the question over. Returns 0 (also when the result is already a failure), -EBUSY or
 * -ENOMEM. */
static int
hand_over(struct worker_ask *ask)
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
	       (validates(lane) ? lane->worker->spoiled : recurse_outdated(lane->recurse));
}

/* Replaces a context whose view of the world is no longer true; what waits is asked anew, with the
 * deadline it had. */
static void
renew(struct lane *lane)
{
	if (!lane->recurse || loop_now(lane->worker->loop) < lane->retry_at || !outdated(lane))
		return;
	lane->recurse = recurse_free(lane->recurse);
	for (size_t i = 0; i < lane->max; i++) {
		struct worker_ask *ask = lane->asks[i];
		int error = ask && ask->state == ASK_WAITING ? hand_over(ask) : 0;

		if (error)
			answer(ask,
			    &(struct engine_result){
				.error = error, .rcode = RCODE_SERVFAIL, .why = strerror(-error) });
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

static struct worker_ask *
ask_new(struct lane *lane, size_t slot, const struct question *question, engine_cb *cb, void *arg)
{
	struct worker_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->lane = lane;
	ask->request.id = lane->round++ * ENGINE_VALIDATIONS_MAX + slot;
	ask->request.question = *question;
	ask->started = loop_now(lane->worker->loop);
	ask->cb = cb;
	ask->arg = arg;
	timer_init(&ask->timer, lane->worker->loop, on_timer, ask);
	return ask;
}

static int
start(struct lane *lane, const struct question *question, const struct answer *raw, msec timeout,
    engine_cb *cb, void *arg, struct worker_ask **out)
{
	struct worker_ask *ask;
	size_t slot = 0;
	int error;

	while (slot < lane->max && lane->asks[slot])
		slot++;
	if (slot == lane->max)
		return -EBUSY;
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
		return error;
	}
	*out = ask;
	return 0;
}

int
worker_recurse(struct worker *worker, const struct question *question, msec timeout, engine_cb *cb,
    void *arg, struct worker_ask **out)
{
	return start(&worker->recursion, question, NULL, timeout, cb, arg, out);
}

int
worker_validate(struct worker *worker, const struct question *question, const struct answer *raw,
    msec timeout, engine_cb *cb, void *arg, struct worker_ask **out)
{
	return start(&worker->validation, question, raw, timeout, cb, arg, out);
}

void
worker_cancel(struct worker_ask *ask)
{
	if (!ask || ask->state == ASK_DELIVERED)
		return;
	*ask_slot(ask) = NULL;
	ask_free(ask);
}

/* --- what the validator asks for -------------------------------------------------------------- */

void
worker_fetched(struct relay_fetch *fetch, const struct answer *answer, enum fetch_end end)
{
	/* Their keys are not missing from the world, whoever says so. */
	const bool high = name_labels(&relay_question(fetch)->name) <= 1;
	struct worker *worker = relay_answer(fetch, answer);

	if (!worker || end == FETCH_ANSWERED)
		return;
	if (end != FETCH_REFUSED || high)
		worker->spoiled = true;
	if (end == FETCH_LOST)
		worker->lost_at = loop_now(worker->loop);
}

void
worker_forget(struct worker *worker)
{
	/* Where there is no context yet there is nothing to forget. */
	worker->validation.stale |= worker->validation.recurse != NULL;
	worker->recursion.stale |= worker->recursion.recurse != NULL;
	worker->validation.retry_at = worker->recursion.retry_at = 0;
}

void
worker_set_time(struct worker *worker, int64_t seconds)
{
	if (worker->config.time != seconds)
		worker_forget(worker);
	worker->config.time = seconds;
}

int
worker_set_exceptions(struct worker *worker, const struct engine_exceptions *exceptions)
{
	struct engine_exceptions *own = &worker->config.exceptions, wanted = *exceptions;
	int changed;

	wanted.root_state = own->root_state;
	changed = except_keep(own, &wanted);
	if (changed > 0)
		worker_forget(worker);
	return changed < 0 ? changed : 0;
}

/* --- start and end ---------------------------------------------------------------------------- */

struct worker *
worker_new(struct loop *loop, const struct engine_config *config,
    const struct worker_events *events, void *arg)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->loop = loop;
	worker->events = events;
	worker->arg = arg;
	worker->recursion.worker = worker->validation.worker = worker;
	worker->recursion.max = ENGINE_ASKS_MAX;
	worker->validation.max = ENGINE_VALIDATIONS_MAX;
	worker->config.time = config->time;
	worker->config.root_hints = strdup(config->root_hints);
	worker->config.trust_anchors = strdup(config->trust_anchors);
	if (config->outgoing_interface)
		worker->config.outgoing_interface = strdup(config->outgoing_interface);
	if (except_keep(&worker->config.exceptions,
		&(struct engine_exceptions){ .root_state = config->exceptions.root_state }) < 0 ||
	    !worker->config.root_hints || !worker->config.trust_anchors ||
	    !worker->config.outgoing_interface != !config->outgoing_interface)
		return worker_free(worker);
	return worker;
}

static void
lane_close(struct lane *lane)
{
	for (size_t i = 0; i < lane->max; i++)
		if (lane->asks[i])
			lane->asks[i] = ask_free(lane->asks[i]);
	lane->recurse = recurse_free(lane->recurse);
}

struct worker *
worker_free(struct worker *worker)
{
	if (!worker)
		return NULL;
	lane_close(&worker->recursion);
	lane_close(&worker->validation);
	worker->relay = relay_free(worker->relay);
	free(worker->config.root_hints);
	free(worker->config.trust_anchors);
	free(worker->config.outgoing_interface);
	except_drop(&worker->config.exceptions);
	free(worker);
	return NULL;
}

void
worker_stats(const struct worker *worker, struct worker_stats *out)
{
	*out = (struct worker_stats){
		.renewals = worker->renewals,
		.recursing = worker->recursion.recurse != NULL,
		.validating = worker->validation.recurse != NULL,
	};
	if (!worker->relay)
		return;
	out->chain_questions = relay_counters(worker->relay)->questions;
	out->strangers = relay_counters(worker->relay)->strangers;
}
