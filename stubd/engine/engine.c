#include "stubd/engine/engine.h"

#include "stubd/base/log.h"
#include "stubd/engine/engine_impl.h"
#include "stubd/engine/except.h"
#include "stubd/engine/keeper.h"
#include "stubd/engine/program.h"
#include "stubd/engine/rootfile.h"
#include "stubd/net/loop.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the helper comes and goes ---------------------------------------------------------------- */

/* Ends an ask that no helper can answer in time. */
static void
fail_if_vain(struct engine_ask *ask)
{
	const struct keeper *keeper = ask->engine->keeper;

	if (!engine_ask_waits(ask))
		return;
	if (keeper_stranger(keeper))
		engine_ask_fail(ask, -EPIPE, keeper_stranger(keeper));
	else if (keeper_until(keeper) >= ask->until)
		engine_ask_fail(ask, -EPIPE, "the engine died again and again, and rests");
}

/* Sends it, or lets it wait for the next helper if that can still be in time. As engine_ask_send(). */
static int
submit(struct engine_ask *ask)
{
	struct keeper *keeper = ask->engine->keeper;

	if (keeper_ready(keeper))
		return ask->state == ASK_QUEUED ? engine_ask_send(ask) : 0;
	fail_if_vain(ask);
	return 0;
}

static bool
on_wanted(void *arg)
{
	const struct engine *engine = arg;

	return engine->waiting > 0;
}

/* A helper that does not take what it has asked for is not well. */
static void
send_or_end(struct engine *engine, const struct message *message)
{
	if (keeper_running(engine->keeper) && keeper_send(engine->keeper, message) < 0)
		keeper_end(engine->keeper, "it does not read what it is told");
}

static int
send_part(void *arg, const struct message *message)
{
	const struct engine *engine = arg;

	return keeper_send(engine->keeper, message);
}

static void
send_exceptions(struct engine *engine)
{
	if (keeper_running(engine->keeper) &&
	    except_send(&engine->config.exceptions, send_part, engine) < 0)
		keeper_end(engine->keeper, "it does not read what it is told");
}

static void
on_up(void *arg)
{
	struct engine *engine = arg;

	send_exceptions(engine);
	for (size_t i = 0; i < MESSAGE_ASKS_MAX; i++) {
		struct engine_ask *ask = engine->asks[i];
		int error = ask && ask->state == ASK_QUEUED ? engine_ask_send(ask) : 0;

		if (error)
			engine_ask_fail(ask, error, "no room for one more question");
	}
}

static void
on_gone(void *arg)
{
	struct engine *engine = arg;

	engine->before.chain_questions += engine->now.chain_questions;
	engine->before.strangers += engine->now.strangers;
	engine->before.renewals += engine->now.renewals;
	engine->now = (struct worker_stats){ 0 };
	list_for_each (it, &engine->fetches) {
		struct engine_fetch *fetch = container_of(it, struct engine_fetch, link);

		list_remove(&fetch->link);
		fetch->engine = NULL;
	}
	engine->nfetches = 0;
	for (size_t i = 0; i < MESSAGE_ASKS_MAX; i++) {
		struct engine_ask *ask = engine->asks[i];

		/* One of another build has not looked at it. */
		if (ask && ask->state == ASK_SENT && !keeper_stranger(engine->keeper))
			engine_ask_lose(ask);
		if (ask)
			fail_if_vain(ask);
	}
}

/* --- from the helper -------------------------------------------------------------------------- */

static void
take_result(struct engine *engine, const struct message *m)
{
	struct engine_ask *ask = engine->asks[m->id % MESSAGE_ASKS_MAX];
	struct engine_result result = m->result;

	/* A result that comes too late finds its slot empty or in another's hands. */
	if (!ask || ask->id != m->id || ask->state != ASK_SENT)
		return;
	/* This one may open the next stage: the helper is believed only what we know ourselves. */
	if (result.error == -EAGAIN && !(engine->lost && ask->started <= engine->lost_at))
		result.error = -EIO;
	engine_ask_answer(ask, &result);
}

/* Not to be asked of anybody: types that are no data (RFC 6895 section 3.1). */
static bool
is_meta(uint16_t type)
{
	return type == TYPE_OPT || (type >= 128 && type <= 255);
}

static int
take_fetch(struct engine *engine, const struct message *m)
{
	struct message fetched = { .type = MESSAGE_FETCHED, .id = m->id, .end = FETCH_DROPPED };
	struct engine_fetch *fetch = NULL;

	if (is_meta(m->question.type))
		fetched.end = FETCH_REFUSED;
	else if (engine->fetch && engine->nfetches < ENGINE_FETCHES_MAX)
		fetch = calloc(1, sizeof(*fetch));
	if (!fetch) {
		(void)keeper_send(engine->keeper, &fetched);
		return 0;
	}
	fetch->engine = engine;
	fetch->id = m->id;
	fetch->question = m->question;
	list_push_back(&engine->fetches, &fetch->link);
	engine->nfetches++;
	engine->fetch(engine->fetch_arg, &fetch->question, fetch);
	return 0;
}

static int
on_message(void *arg, const struct message *m)
{
	struct engine *engine = arg;

	switch (m->type) {
	case MESSAGE_RESULT:
		take_result(engine, m);
		return 0;
	case MESSAGE_FETCH:
		return take_fetch(engine, m);
	case MESSAGE_STATS:
		engine->now = m->stats;
		return 0;
	default:
		return -EBADMSG;
	}
}

void
engine_set_fetch(struct engine *engine, engine_fetch_cb *cb, void *arg)
{
	engine->fetch = cb;
	engine->fetch_arg = arg;
}

void
engine_fetched(struct engine_fetch *fetch, const struct answer *answer, enum fetch_end end)
{
	struct engine *engine = fetch->engine;
	struct message m = { .type = MESSAGE_FETCHED, .id = fetch->id, .end = end };
	uint8_t wire[MSG_MAX];

	list_remove(&fetch->link);
	free(fetch);
	if (!engine)
		return;
	engine->nfetches--;
	if (end == FETCH_LOST) {
		engine->lost_at = loop_now(engine->loop);
		engine->lost = true;
	}
	if (answer) {
		m.wire = wire;
		m.len = message_from_answer(wire, sizeof(wire), answer);
		m.cut = answer->cut;
	}
	send_or_end(engine, &m);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Slots first..last belong to its kind. */
static int
start(struct engine *engine, size_t first, size_t last, const struct question *question,
    const struct answer *raw, msec timeout, struct engine_ask **out)
{
	struct engine_stats *stats = raw ? &engine->validation : &engine->recursion;
	struct engine_ask *ask;
	size_t slot = first;
	int error;

	while (slot <= last && engine->asks[slot])
		slot++;
	if (slot > last) {
		stats->busy++;
		return -EBUSY;
	}
	ask = engine_ask_new(engine, slot, question, timeout);
	if (!ask)
		return -ENOMEM;
	ask->raw = raw;
	error = submit(ask);
	if (error) {
		stats->busy += error == -EBUSY;
		engine_ask_drop(ask);
		return error;
	}
	stats->asks++;
	*out = ask;
	return 0;
}

int
engine_recurse(struct engine *engine, const struct question *question, msec timeout, engine_cb *cb,
    void *arg, struct engine_ask **out)
{
	struct engine_ask *ask;
	const int error = start(engine, 0, ENGINE_ASKS_MAX - 1, question, NULL, timeout, &ask);

	if (error)
		return error;
	ask->cb = cb;
	ask->arg = arg;
	*out = ask;
	return 0;
}

int
engine_validate(struct engine *engine, const struct question *question, const struct answer *raw,
    msec timeout, engine_cb *cb, void *arg, struct engine_ask **out)
{
	struct engine_ask *ask;
	const int error =
	    start(engine, ENGINE_ASKS_MAX, MESSAGE_ASKS_MAX - 1, question, raw, timeout, &ask);

	if (error)
		return error;
	ask->cb = cb;
	ask->arg = arg;
	*out = ask;
	return 0;
}

void
engine_cancel(struct engine_ask *ask)
{
	if (!ask || ask->state == ASK_DELIVERED)
		return;
	engine_ask_drop(ask);
}

int
engine_check_anchors(const struct engine *engine, char why[ENGINE_WHY_MAX])
{
	return rootfile_check(engine->config.trust_anchors, ROOTFILE_ANCHORS, why, ENGINE_WHY_MAX);
}

const char *
engine_lack(const struct engine *engine)
{
	return engine->lack[0] ? engine->lack : NULL;
}

const char *
engine_stranger(const struct engine *engine)
{
	return keeper_stranger(engine->keeper);
}

/* A helper that is to come knows nothing. */
void
engine_forget(struct engine *engine)
{
	static const struct message forget = { .type = MESSAGE_FORGET };

	send_or_end(engine, &forget);
}

/* A helper that is to come learns of it with the rest of its configuration. */
void
engine_set_time(struct engine *engine, int64_t seconds)
{
	const struct message time = { .type = MESSAGE_TIME, .config = { .time = seconds } };

	if (engine->config.time != seconds)
		send_or_end(engine, &time);
	engine->config.time = seconds;
}

/* A helper that is to come learns of them before anybody's question. */
int
engine_set_exceptions(struct engine *engine, const struct engine_exceptions *exceptions)
{
	int changed = except_check(exceptions);

	if (!changed)
		changed = except_keep(&engine->config.exceptions, exceptions);
	if (changed > 0)
		send_exceptions(engine);
	return changed < 0 ? changed : 0;
}

/* --- start and end ---------------------------------------------------------------------------- */

struct engine *
engine_new(struct loop *loop, const struct engine_config *config)
{
	static const struct keeper_events events = {
		.wanted = on_wanted, .up = on_up, .message = on_message, .gone = on_gone
	};
	struct engine *engine = calloc(1, sizeof(*engine));
	const char *hints = config->root_hints, *anchors = config->trust_anchors;

	if (!engine)
		return NULL;
	engine->loop = loop;
	engine->program = config->program ? open(config->program, O_PATH | O_CLOEXEC)
					  : program_open(engine->lack);
	if (engine->program < 0)
		log_warn(
		    "engine: there is neither recursion nor validation without its program: %s",
		    config->program ? config->program : engine->lack);
	list_init(&engine->fetches);
	engine->config.root_hints = strdup(hints ? hints : STUBD_DATA_DIR "/root.hints");
	engine->config.trust_anchors = strdup(anchors ? anchors : STUBD_DATA_DIR "/root.key");
	if (config->outgoing_interface)
		engine->config.outgoing_interface = strdup(config->outgoing_interface);
	engine->keeper = keeper_new(loop, engine->program, &engine->config, &events, engine);
	if (!engine->config.root_hints || !engine->config.trust_anchors || !engine->keeper ||
	    !engine->config.outgoing_interface != !config->outgoing_interface)
		return engine_free(engine);
	return engine;
}

struct engine *
engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	for (size_t i = 0; i < MESSAGE_ASKS_MAX; i++)
		if (engine->asks[i])
			engine->asks[i] = engine_ask_free(engine->asks[i]);
	list_for_each (it, &engine->fetches) {
		struct engine_fetch *fetch = container_of(it, struct engine_fetch, link);

		list_remove(&fetch->link);
		fetch->engine = NULL;
	}
	engine->keeper = keeper_free(engine->keeper);
	if (engine->program >= 0)
		close(engine->program);
	free(engine->config.root_hints);
	free(engine->config.trust_anchors);
	free(engine->config.outgoing_interface);
	except_drop(&engine->config.exceptions);
	free(engine);
	return NULL;
}

void
engine_stats(const struct engine *engine, struct engine_stats *out)
{
	*out = engine->recursion;
	out->running = engine->now.recursing;
}

void
engine_validator_stats(const struct engine *engine, struct engine_validator_stats *out)
{
	*out = (struct engine_validator_stats){ .asks = engine->validation,
		.chain_questions = engine->before.chain_questions + engine->now.chain_questions,
		.strangers = engine->before.strangers + engine->now.strangers,
		.renewals = engine->before.renewals + engine->now.renewals };
	out->asks.running = engine->now.validating;
}

bool
engine_running(const struct engine *engine)
{
	return keeper_running(engine->keeper);
}

uint64_t
engine_restarts(const struct engine *engine)
{
	return keeper_restarts(engine->keeper);
}
