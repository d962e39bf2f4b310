/*
 * A pool over a transport that does what the test says, and nothing by itself.
 */
#ifndef UNIT_UPSTREAM_FAKE_H
#define UNIT_UPSTREAM_FAKE_H

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/upstream/pool.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENED_MAX = POOL_REPEATS + 8, ASKS_MAX = POOL_WAITING + 100, ROOM = 10 };

struct transport {
	struct world *world;
	const struct transport_events *events;
	void *arg;
	struct addr addr;
	enum scheme scheme;
	char host[64], path[64]; /* "": none */
	bool unverified;
	struct list asks;
	size_t nasks, asked;
	bool ready, retired, closed;
	msec heard;
	msec idle; /* the limit that it was given; 0: none */
};

struct answered {
	int calls;
	enum ask_fail fail;
	char text[128];
	msec age;
	struct addr address;
	struct ask *cancel; /* to be cancelled in the callback */
};

struct world {
	struct loop *loop;
	struct pool *pool;
	struct transport *opened[OPENED_MAX];
	size_t nopened;
	struct answered answers[ASKS_MAX];
	struct upstream_spec spec, other;
	struct timer end;
	const struct path_ops *paths;
};

/* The fake has no argument for the world but the loop. */
static struct world *current;

static inline struct transport *
fake_open(const struct transport_env *env, const struct upstream_spec *spec,
    const struct addr *addr, const struct transport_events *events, void *arg)
{
	struct transport *t = calloc(1, sizeof(*t));

	CU_ASSERT_PTR_EQUAL(env->loop, current->loop);
	CU_ASSERT_PTR_NOT_NULL(spec->name);
	t->world = current;
	t->events = events;
	t->arg = arg;
	t->addr = *addr;
	t->scheme = spec->scheme;
	t->unverified = spec->unverified;
	snprintf(t->host, sizeof(t->host), "%s", spec->host ? spec->host : "");
	snprintf(t->path, sizeof(t->path), "%s", spec->path ? spec->path : "");
	list_init(&t->asks);
	CU_ASSERT_FATAL(current->nopened < OPENED_MAX);
	current->opened[current->nopened++] = t;
	return t;
}

static inline int
fake_ask(struct transport *t, struct transport_ask *ask)
{
	if (t->retired || t->closed)
		return -EPIPE;
	if (t->nasks == ROOM)
		return -EBUSY;
	list_push_back(&t->asks, &ask->link);
	t->nasks++;
	t->asked++;
	return 0;
}

static inline void
fake_cancel(struct transport *t, struct transport_ask *ask)
{
	list_remove(&ask->link);
	t->nasks--;
}

static inline size_t
fake_room(const struct transport *t)
{
	return t->retired || t->closed ? 0 : ROOM - t->nasks;
}

static inline void
fake_retire(struct transport *t)
{
	t->retired = true;
}

static inline struct transport_ask *
take(struct transport *t)
{
	struct transport_ask *ask = container_of(t->asks.next, struct transport_ask, link);

	list_remove(&ask->link);
	t->nasks--;
	return ask;
}

static inline void
fake_close(struct transport *t)
{
	t->closed = true;
	while (t->nasks) {
		struct transport_ask *ask = take(t);

		ask->done(ask, ASK_RESET, "closed", NULL, 0);
	}
}

static inline msec
fake_heard(const struct transport *t)
{
	return t->heard;
}

static inline void
fake_limit_idle(struct transport *t, msec limit)
{
	t->idle = limit;
}

static const struct transport_ops fake = {
	.name = "fake",
	.open = fake_open,
	.ask = fake_ask,
	.cancel = fake_cancel,
	.room = fake_room,
	.retire = fake_retire,
	.close = fake_close,
	.heard = fake_heard,
	.limit_idle = fake_limit_idle,
};

static inline void
ready(struct transport *t)
{
	t->ready = true;
	t->events->ready(t->arg, 1000);
}

static inline void
reply(struct transport *t)
{
	struct transport_ask *ask = take(t);

	t->heard = loop_now(t->world->loop);
	ask->done(ask, ASK_OK, NULL, (const uint8_t *)"reply", 5);
}

/* The first one goes on waiting. */
static inline void
reply_to_second(struct transport *t)
{
	struct list *first = t->asks.next;

	list_remove(first);
	list_push_back(&t->asks, first);
	reply(t);
}

static inline void
fail_one(struct transport *t, enum ask_fail fail, const char *text)
{
	struct transport_ask *ask = take(t);

	ask->done(ask, fail, text, NULL, 0);
}

/* It breaks, or ends. */
static inline void
gone(struct transport *t, enum ask_fail fail, const char *text)
{
	t->closed = true;
	while (t->nasks)
		fail_one(t, fail, text);
	t->events->closed(t->arg, fail, text);
}

static inline void
on_end(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

static inline void
pass(struct world *w, msec ms)
{
	timer_start(&w->end, ms);
	loop_run(w->loop);
}

static inline void
on_answer(void *arg, const struct ask_result *result)
{
	struct answered *a = arg;

	a->calls++;
	a->fail = result->fail;
	a->age = result->connection_age;
	a->address = result->address;
	snprintf(a->text, sizeof(a->text), "%s", result->text);
	if (result->fail == ASK_OK)
		CU_ASSERT_EQUAL(result->len, 5);
	if (a->cancel)
		pool_cancel(a->cancel);
}

static inline struct ask *
ask(struct world *w, size_t i, unsigned flags, msec timeout)
{
	static const struct question question = {
		.name = { .len = 1, .wire = { 0 } }, .type = TYPE_A, .class = CLASS_IN
	};
	static const struct msg_ask how = { .rd = true };
	struct ask *out = NULL;

	CU_ASSERT_EQUAL(
	    pool_ask(w->pool, 0, &question, &how, flags, timeout, on_answer, &w->answers[i], &out),
	    0);
	CU_ASSERT_EQUAL(w->answers[i].calls, 0);
	return out;
}

static inline void
world_init_on(struct world *w, size_t naddresses, const struct path_ops *paths)
{
	static const struct transport_ops *const ops[SCHEMES] = { &fake, &fake, &fake };
	const struct upstream_spec *specs[] = { &w->spec };
	struct transport_env env;

	memset(w, 0, sizeof(*w));
	current = w;
	w->paths = paths;
	w->loop = loop_new();
	env = (struct transport_env){ .loop = w->loop, .paths = w->paths };
	timer_init(&w->end, w->loop, on_end, w);
	w->spec = (struct upstream_spec){
		.name = (char *)(uintptr_t) "one", .scheme = SCHEME_TLS, .naddresses = naddresses
	};
	for (size_t i = 0; i < naddresses; i++)
		w->spec.addresses[i] = (struct addr){
			.family = AF_INET, .port = 853, .ip = { 192, 0, 2, (uint8_t)(i + 1) }
		};
	w->other = w->spec;
	w->other.name = (char *)(uintptr_t) "other";
	w->pool = pool_new(&env, ops);
	CU_ASSERT_EQUAL(pool_set_upstreams(w->pool, specs, 1), 0);
}

static inline void
world_init(struct world *w, size_t naddresses)
{
	world_init_on(w, naddresses, NULL);
}

static inline void
world_clear(struct world *w)
{
	pool_free(w->pool);
	loop_free(w->loop);
	for (size_t i = 0; i < w->nopened; i++) {
		CU_ASSERT_TRUE(w->opened[i]->closed);
		free(w->opened[i]);
	}
}

#endif
