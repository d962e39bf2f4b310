/*
 * A connection of DoT or DoH, the questions on it, and what became of them.
 */
#ifndef UNIT_UPSTREAM_SECURE_WORLD_H
#define UNIT_UPSTREAM_SECURE_WORLD_H

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/net/tls_store.h"
#include "stubd/upstream/transport.h"
#include "tests/unit/guard.h"
#include "tests/unit/net/tls_peer.h"
#include "tests/unit/unit.h"

#include <errno.h>

enum { ASKS_MAX = 320, BATCH = 20 };

enum behaviour {
	ANSWER,
	REVERSED,   /* BATCH questions, answered from the last to the first */
	SILENT,	    /* reads and says nothing */
	ONLY_PINGS, /* answers questions for the root alone */
	WRONG_NAME,
	GARBAGE,    /* a length of 3 */
	CLOSE,	    /* after the first question */
	PLAIN_HTTP, /* for an HTTP/2 client */
};

/* Reads exactly n octets. False: the client is gone. */
static inline bool
read_all(SSL *ssl, uint8_t *buf, size_t n)
{
	for (size_t have = 0; have < n;) {
		int got = SSL_read(ssl, buf + have, (int)(n - have));

		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

struct asked {
	struct transport_ask ask;
	struct question question;
	struct world *world;
	int calls;
	enum ask_fail fail;
	char text[128];
};

struct world {
	struct loop *loop;
	struct tls_store *store;
	struct tls_peer peer;
	enum behaviour behaviour;
	atomic_int questions, pings;
	atomic_bool same_size;
	const struct transport_ops *ops;
	struct upstream_spec spec;
	struct addr addr;
	struct transport *transport;
	struct asked asked[ASKS_MAX];
	int wanted, ready, retired, closed;
	enum ask_fail closed_fail;
	char closed_text[128];
	struct timer pause;
};

/* --- the client's side -------------------------------------------------------------------------- */

static inline void
on_pause(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

static inline void
on_ready(void *arg, uint32_t handshake_us)
{
	CU_ASSERT(handshake_us > 0);
	((struct world *)arg)->ready++;
}

static inline void
on_retired(void *arg)
{
	((struct world *)arg)->retired++;
}

static inline void
on_closed(void *arg, enum ask_fail fail, const char *text)
{
	struct world *w = arg;

	w->closed++;
	w->closed_fail = fail;
	snprintf(w->closed_text, sizeof(w->closed_text), "%s", text);
	w->transport = NULL;
	loop_stop(w->loop);
}

static const struct transport_events events = { on_ready, on_retired, on_closed, NULL };

static inline void
on_done(struct transport_ask *ask, enum ask_fail fail, const char *text, const uint8_t *wire,
    size_t len)
{
	struct asked *a = container_of(ask, struct asked, ask);

	a->calls++;
	a->fail = fail;
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
	CU_ASSERT_EQUAL(wire != NULL, fail == ASK_OK);
	if (wire)
		CU_ASSERT(len >= 12);
	if (--a->world->wanted == 0)
		loop_stop(a->world->loop);
}

static inline void
pass(struct world *w, msec ms)
{
	timer_start(&w->pause, ms);
	guard_run(w->loop);
	timer_stop(&w->pause);
}

static inline void
world_init(struct world *w, const struct transport_ops *ops)
{
	memset(w, 0, sizeof(*w));
	w->ops = ops;
	w->same_size = true;
	w->loop = loop_new();
	w->store = tls_store_new();
	timer_init(&w->pause, w->loop, on_pause, w);
	w->spec.name = (char *)(uintptr_t) "peer";
	w->spec.host = (char *)(uintptr_t) "dns.test";
	w->spec.path = (char *)(uintptr_t) "/dns-query";
}

static inline void
dial(struct world *w)
{
	struct transport_env env = { .loop = w->loop, .tls = w->store };

	w->transport = w->ops->open(&env, &w->spec, &w->addr, &events, w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->transport);
}

static inline void
world_clear(struct world *w)
{
	if (w->transport)
		w->ops->close(w->transport);
	if (w->peer.ctx)
		tls_peer_stop(&w->peer);
	/* what is freed at the end of a turn holds no session */
	tls_store_free(w->store);
	loop_free(w->loop);
}

static inline int
try_ask(struct world *w, size_t i, const char *name)
{
	struct asked *a = &w->asked[i];
	int error;

	CU_ASSERT_EQUAL(name_from_text(&a->question.name, name), 0);
	a->question.type = TYPE_A;
	a->question.class = CLASS_IN;
	a->world = w;
	a->ask.question = &a->question;
	a->ask.flags = (struct msg_ask){ .rd = true, .dnssec_ok = true };
	a->ask.done = on_done;
	list_init(&a->ask.link);
	error = w->ops->ask(w->transport, &a->ask);
	CU_ASSERT_EQUAL(a->calls, 0);
	w->wanted += error == 0;
	return error;
}

static inline void
ask(struct world *w, size_t i)
{
	char name[48];

	snprintf(name, sizeof(name), "host%zu.example.", i);
	CU_ASSERT_EQUAL(try_ask(w, i, name), 0);
}

#endif
