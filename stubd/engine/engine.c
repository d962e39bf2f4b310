#include "stubd/engine/engine.h"

#include "stubd/engine/recurse.h"
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
	struct engine *engine;
	struct engine_request request; /* its slot is request.id % ENGINE_ASKS_MAX */
	enum ask_state state;
	engine_cb *cb;
	void *arg;
	struct timer timer; /* WAITING: the deadline; ANSWERED: at once */
	struct engine_result result;
	uint8_t *wire; /* owned; result.wire */
	char why[ENGINE_WHY_MAX];
};

struct engine {
	struct loop *loop;
	struct engine_config config; /* owned strings, none NULL but outgoing_interface */
	struct recurse *recurse;     /* NULL before the first ask */
	msec retry_at;		     /* no attempt to make the context before this */
	char why[ENGINE_WHY_MAX];    /* of the last attempt */
	uint64_t round;		     /* makes ids differ that share a slot */
	struct engine_ask *asks[ENGINE_ASKS_MAX];
	struct engine_stats stats;
};

struct engine *
engine_new(struct loop *loop, const struct engine_config *config)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	const char *hints = config->root_hints, *anchors = config->trust_anchors;

	if (!engine)
		return NULL;
	engine->loop = loop;
	engine->config.root_hints = strdup(hints ? hints : STUBD_DATA_DIR "/root.hints");
	engine->config.trust_anchors = strdup(anchors ? anchors : STUBD_DATA_DIR "/root.key");
	if (config->outgoing_interface)
		engine->config.outgoing_interface = strdup(config->outgoing_interface);
	if (!engine->config.root_hints || !engine->config.trust_anchors ||
	    !engine->config.outgoing_interface != !config->outgoing_interface)
		return engine_free(engine);
	return engine;
}

static struct engine_ask *
ask_free(struct engine_ask *ask)
{
	timer_stop(&ask->timer);
	free(ask->wire);
	free(ask);
	return NULL;
}

struct engine *
engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i++)
		if (engine->asks[i])
			engine->asks[i] = ask_free(engine->asks[i]);
	engine->recurse = recurse_free(engine->recurse);
	free(engine->config.root_hints);
	free(engine->config.trust_anchors);
	free(engine->config.outgoing_interface);
	free(engine);
	return NULL;
}

static void
count(struct engine_stats *stats, const struct engine_result *result)
{
	if (result->error || result->rcode == RCODE_SERVFAIL)
		stats->failures++;
	else
		stats->answers++;
}

/* The one place that calls back: the timer, with nothing of libunbound or of our caller on the
 * stack, so that the callback may do anything, freeing the engine included. */
static void
on_timer(void *arg)
{
	struct engine_ask *ask = arg;
	struct engine *engine = ask->engine;

	if (ask->state == ASK_WAITING)
		ask->result = (struct engine_result){ .error = -ETIMEDOUT,
			.rcode = RCODE_SERVFAIL,
			.why = "the authoritative servers did not answer in time" };
	ask->state = ASK_DELIVERED;
	engine->asks[ask->request.id % ENGINE_ASKS_MAX] = NULL;
	count(&engine->stats, &ask->result);
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

static void
on_result(void *arg, uint64_t id, const struct engine_result *result)
{
	struct engine *engine = arg;
	struct engine_ask *ask = engine->asks[id % ENGINE_ASKS_MAX];

	/* A result that comes too late finds its slot empty or in another's hands. */
	if (ask && ask->request.id == id && ask->state == ASK_WAITING)
		answer(ask, result);
}

/* Makes the context if there is none. Returns 0 or -EIO, with the reason in engine->why. */
static int
ready(struct engine *engine)
{
	if (engine->recurse)
		return 0;
	if (loop_now(engine->loop) < engine->retry_at)
		return -EIO;
	engine->retry_at = loop_now(engine->loop) + RETRY_MS;
	if (recurse_new(
		engine->loop, &engine->config, on_result, engine, &engine->recurse, engine->why))
		return -EIO;
	return 0;
}

/* Hands the question over. Returns 0 (also when the result is already a failure), -EBUSY or
 * -ENOMEM. */
static int
hand_over(struct engine_ask *ask)
{
	struct engine *engine = ask->engine;
	int error = ready(engine);

	if (!error) {
		error = recurse_ask(engine->recurse, &ask->request);
		if (error != -EIO)
			return error;
		snprintf(engine->why, sizeof(engine->why), "libunbound takes no questions");
		if (recurse_count(engine->recurse) == 0)
			engine->recurse = recurse_free(engine->recurse);
	}
	answer(ask,
	    &(struct engine_result){ .error = -EIO, .rcode = RCODE_SERVFAIL, .why = engine->why });
	return 0;
}

/* Replaces a context whose view of the network is no longer true; what waits is asked anew, with
 * the deadline it had. */
static void
renew(struct engine *engine)
{
	if (!engine->recurse || loop_now(engine->loop) < engine->retry_at ||
	    !recurse_outdated(engine->recurse))
		return;
	engine->recurse = recurse_free(engine->recurse);
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i++) {
		struct engine_ask *ask = engine->asks[i];
		int error = ask && ask->state == ASK_WAITING ? hand_over(ask) : 0;

		if (error)
			answer(ask,
			    &(struct engine_result){
				.error = error, .rcode = RCODE_SERVFAIL, .why = strerror(-error) });
	}
}

static struct engine_ask *
ask_new(
    struct engine *engine, size_t slot, const struct question *question, engine_cb *cb, void *arg)
{
	struct engine_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->engine = engine;
	ask->request.id = engine->round++ * ENGINE_ASKS_MAX + slot;
	ask->request.question = *question;
	ask->cb = cb;
	ask->arg = arg;
	timer_init(&ask->timer, engine->loop, on_timer, ask);
	return ask;
}

int
engine_recurse(struct engine *engine, const struct question *question, msec timeout, engine_cb *cb,
    void *arg, struct engine_ask **out)
{
	struct engine_ask *ask;
	size_t slot = 0;
	int error;

	while (slot < ENGINE_ASKS_MAX && engine->asks[slot])
		slot++;
	if (slot == ENGINE_ASKS_MAX) {
		engine->stats.busy++;
		return -EBUSY;
	}
	renew(engine);
	ask = ask_new(engine, slot, question, cb, arg);
	if (!ask)
		return -ENOMEM;
	engine->asks[slot] = ask;
	timer_start(&ask->timer, timeout);
	error = hand_over(ask);
	if (error) {
		engine->asks[slot] = ask_free(ask);
		engine->stats.busy += error == -EBUSY;
		return error;
	}
	engine->stats.asks++;
	*out = ask;
	return 0;
}

void
engine_cancel(struct engine_ask *ask)
{
	if (!ask || ask->state == ASK_DELIVERED)
		return;
	ask->engine->asks[ask->request.id % ENGINE_ASKS_MAX] = NULL;
	ask_free(ask);
}

void
engine_stats(const struct engine *engine, struct engine_stats *out)
{
	*out = engine->stats;
	out->running = engine->recurse != NULL;
}
