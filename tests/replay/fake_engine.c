#include "tests/replay/fake_engine.h"

#include "stubd/base/list.h"
#include "stubd/net/timer.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FETCHES_MAX = 64 };

struct engine {
	struct loop *loop;
	struct list asks; /* engine_ask.link, oldest first */
	struct list over; /* those that ended and were not looked at */
	engine_fetch_cb *fetch;
	void *fetch_arg;
	unsigned nfetched, nlooked;
	enum fetch_end fetched[FETCHES_MAX];
	struct engine_stats stats;
	char *insecure; /* owned */
};

struct engine_fetch {
	struct engine *engine;
	struct question question;
};

struct engine_ask {
	struct list link;
	struct engine *engine;
	struct question question;
	const struct answer *raw; /* to be validated; NULL: recursion */
	struct timer deadline;
	bool seen;
	engine_cb *cb;
	void *arg;
};

struct engine *
engine_new(struct loop *loop, const struct engine_config *config)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	(void)config;
	if (!engine)
		return NULL;
	engine->loop = loop;
	list_init(&engine->asks);
	list_init(&engine->over);
	return engine;
}

static void
forget_all(struct list *asks)
{
	list_for_each (it, asks) {
		struct engine_ask *ask = container_of(it, struct engine_ask, link);

		timer_stop(&ask->deadline);
		free(ask);
	}
}

struct engine *
engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	forget_all(&engine->asks);
	forget_all(&engine->over);
	free(engine->insecure);
	free(engine);
	return NULL;
}

/* The request is over; it is kept while the script has not looked at it. */
static void
put_away(struct engine_ask *ask)
{
	timer_stop(&ask->deadline);
	list_remove(&ask->link);
	if (ask->seen)
		free(ask);
	else
		list_push_back(&ask->engine->over, &ask->link);
}

static void
end(struct engine_ask *ask, const struct engine_result *result)
{
	engine_cb *cb = ask->cb;
	void *arg = ask->arg;

	if (result->wire)
		ask->engine->stats.answers++;
	else
		ask->engine->stats.failures++;
	put_away(ask);
	cb(arg, result);
}

static void
on_deadline(void *arg)
{
	const struct engine_result result = {
		.error = -ETIMEDOUT,
		.rcode = RCODE_SERVFAIL,
		.why = "no answer in time",
	};

	end(arg, &result);
}

static int
start(struct engine *engine, const struct question *question, const struct answer *raw,
    msec timeout, engine_cb *cb, void *arg, struct engine_ask **out)
{
	struct engine_ask *ask;

	if (fake_engine_count(engine) >= ENGINE_ASKS_MAX) {
		engine->stats.busy++;
		return -EBUSY;
	}
	ask = calloc(1, sizeof(*ask));
	if (!ask)
		return -ENOMEM;
	*ask = (struct engine_ask){
		.engine = engine, .question = *question, .raw = raw, .cb = cb, .arg = arg
	};
	timer_init(&ask->deadline, engine->loop, on_deadline, ask);
	timer_start(&ask->deadline, timeout);
	list_push_back(&engine->asks, &ask->link);
	engine->stats.asks++;
	*out = ask;
	return 0;
}

int
engine_recurse(struct engine *engine, const struct question *question, msec timeout, engine_cb *cb,
    void *arg, struct engine_ask **out)
{
	return start(engine, question, NULL, timeout, cb, arg, out);
}

int
engine_validate(struct engine *engine, const struct question *question, const struct answer *raw,
    msec timeout, engine_cb *cb, void *arg, struct engine_ask **out)
{
	return start(engine, question, raw, timeout, cb, arg, out);
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

	if (engine->nfetched == FETCHES_MAX || !answer != (end != FETCH_ANSWERED))
		abort();
	engine->fetched[engine->nfetched++] = end;
	free(fetch);
}

void
engine_forget(struct engine *engine)
{
	(void)engine; /* it knows nothing */
}

int
engine_set_exceptions(struct engine *engine, const struct engine_exceptions *exceptions)
{
	char *copy = strdup(exceptions->insecure ? exceptions->insecure : "");

	if (!copy)
		return -ENOMEM;
	free(engine->insecure);
	engine->insecure = copy;
	return 0;
}

const char *
fake_engine_insecure(const struct engine *engine)
{
	return engine->insecure ? engine->insecure : "";
}

void
engine_set_time(struct engine *engine, int64_t seconds)
{
	(void)engine; /* it has no time but the script's */
	(void)seconds;
}

void
engine_cancel(struct engine_ask *ask)
{
	if (ask)
		put_away(ask);
}

void
engine_stats(const struct engine *engine, struct engine_stats *out)
{
	*out = engine->stats;
}

const struct question *
fake_engine_look(struct engine *engine, bool *validates)
{
	struct list *lists[] = { &engine->over, &engine->asks };

	for (size_t i = 0; i < 2; i++) {
		list_for_each (it, lists[i]) {
			struct engine_ask *ask = container_of(it, struct engine_ask, link);

			if (ask->seen)
				continue;
			ask->seen = true;
			*validates = ask->raw != NULL;
			return &ask->question;
		}
	}
	return NULL;
}

const struct question *
fake_engine_waiting(const struct engine *engine)
{
	if (list_empty(&engine->asks))
		return NULL;
	return &container_of(engine->asks.next, struct engine_ask, link)->question;
}

const struct answer *
fake_engine_raw(const struct engine *engine)
{
	return container_of(engine->asks.next, struct engine_ask, link)->raw;
}

void
fake_engine_fetch(struct engine *engine, const struct question *question)
{
	struct engine_fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		abort();
	*fetch = (struct engine_fetch){ .engine = engine, .question = *question };
	engine->fetch(engine->fetch_arg, &fetch->question, fetch);
}

bool
fake_engine_fetched(struct engine *engine, enum fetch_end *end)
{
	if (engine->nlooked == engine->nfetched)
		return false;
	*end = engine->fetched[engine->nlooked++];
	return true;
}

void
fake_engine_answer(struct engine *engine, const struct engine_result *result)
{
	end(container_of(engine->asks.next, struct engine_ask, link), result);
}

size_t
fake_engine_count(const struct engine *engine)
{
	size_t n = 0;

	for (const struct list *it = engine->asks.next; it != &engine->asks; it = it->next)
		n++;
	return n;
}
