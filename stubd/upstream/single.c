#include "stubd/upstream/single.h"

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <stdlib.h>

struct single {
	const struct transport_ops *ops;
	struct transport *transport;
	struct transport_ask ask;
	struct question question;
	struct timer end; /* patience; 0 ms where it could not even be asked */
	enum ask_fail fail;
	single_cb *cb;
	void *arg;
};

static void
dispose(struct single *s)
{
	struct transport *transport = s->transport;

	timer_stop(&s->end);
	s->transport = NULL;
	if (transport)
		s->ops->close(transport);
	free(s);
}

/* The one end. */
static void
finish(struct single *s, const char *text, const uint8_t *wire, size_t len)
{
	single_cb *cb = s->cb;
	void *arg = s->arg;

	dispose(s);
	cb(arg, text, wire, len);
}

static void
on_done(struct transport_ask *ask, enum ask_fail fail, const char *text, const uint8_t *wire,
    size_t len)
{
	struct single *s = container_of(ask, struct single, ask);

	if (s->transport) /* else it is our own closing that ends it */
		finish(s, text, wire, len);
}

static void
on_end(void *arg)
{
	struct single *s = arg;

	if (s->fail == ASK_TIMEOUT)
		s->ops->cancel(s->transport, &s->ask);
	finish(s, s->fail == ASK_TIMEOUT ? "no answer in time" : "no room", NULL, 0);
}

static void
on_ready(void *arg, uint32_t handshake_us)
{
}

static void
on_retired(void *arg)
{
}

/* Its question was failed before. */
static void
on_closed(void *arg, enum ask_fail fail, const char *text)
{
}

static const struct transport_events events = { on_ready, on_retired, on_closed, NULL };

struct single *
single_ask(const struct transport_env *env, const struct transport_ops *ops,
    const struct addr *server, const struct question *question, msec timeout, single_cb *cb,
    void *arg)
{
	const struct upstream_spec spec = { .name = (char *)(uintptr_t) "network",
		.scheme = SCHEME_DNS };
	struct single *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ops = ops;
	s->question = *question;
	s->cb = cb;
	s->arg = arg;
	s->fail = ASK_TIMEOUT;
	s->ask = (struct transport_ask){
		.question = &s->question, .flags = { .rd = true, .udp_size = 1232 }, .done = on_done
	};
	list_init(&s->ask.link);
	timer_init(&s->end, env->loop, on_end, s);
	s->transport = ops->open(env, &spec, server, &events, s);
	if (!s->transport) {
		free(s);
		return NULL;
	}
	if (ops->ask(s->transport, &s->ask) < 0)
		s->fail = ASK_FULL;
	timer_start(&s->end, s->fail == ASK_TIMEOUT ? timeout : 0);
	return s;
}

struct single *
single_cancel(struct single *single)
{
	if (!single)
		return NULL;
	if (single->fail == ASK_TIMEOUT)
		single->ops->cancel(single->transport, &single->ask);
	dispose(single);
	return NULL;
}
