#include "stubd/nat64_ask.h"

#include "policy/netview.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/single.h"
#include "stubd/wire/ipv4only.h"

#include <stdlib.h>
#include <string.h>

enum { MS = 1000 };

struct nat64_ask {
	struct resolver *resolver;
	struct transport_env env;
	const struct transport_ops *ops;
	nat64_ask_cb *changed;
	void *arg;
	bool wanted;
	/* whom, in which network; a copy, so that a change is seen */
	uint32_t epoch;
	size_t nservers;
	struct addr servers[NETVIEW_SERVERS_MAX];
	/* ASKING */
	struct single *single;
	size_t at;
	bool answered; /* one of them, and without a prefix */
	/* HELD, RESTING */
	struct timer again;
	struct prefix found;
	msec rest;	  /* of RESTING, if no server answers */
	uint64_t queries; /* that there had been when it was asked last */
};

static void ask_next(struct nat64_ask *a);

static void
hold(struct nat64_ask *a, const struct prefix *prefix)
{
	const bool other = prefix->family != a->found.family || prefix->bits != a->found.bits ||
			   memcmp(prefix->ip, a->found.ip, sizeof(prefix->ip)) != 0;

	a->found = *prefix;
	if (other)
		a->changed(a->arg);
}

/* None of the servers has one; only if one has said so it is believed. */
static void
rest(struct nat64_ask *a)
{
	const struct prefix none = { 0 };

	if (!a->answered) {
		timer_start(&a->again, a->rest);
		a->rest = a->rest * 2 < NAT64_ASK_AGAIN ? a->rest * 2 : NAT64_ASK_AGAIN;
		return;
	}
	timer_start(&a->again, NAT64_ASK_AGAIN);
	a->rest = NAT64_ASK_FIRST;
	hold(a, &none);
}

static void
on_answer(void *arg, const char *text, const uint8_t *wire, size_t len)
{
	struct nat64_ask *a = arg;
	struct prefix prefix;
	uint32_t ttl;
	msec time;

	a->single = NULL;
	if (!wire || ipv4only_read(wire, len, &prefix, &ttl) < 0) {
		a->answered |= wire != NULL;
		a->at++;
		ask_next(a);
		return;
	}
	time = (msec)ttl * MS;
	if (time < NAT64_ASK_LEAST)
		time = NAT64_ASK_LEAST;
	timer_start(&a->again, time < NAT64_ASK_MOST ? time : NAT64_ASK_MOST);
	a->rest = NAT64_ASK_FIRST;
	hold(a, &prefix);
}

static void
ask_next(struct nat64_ask *a)
{
	struct question question;

	if (a->at == a->nservers) {
		rest(a);
		return;
	}
	ipv4only_question(&question);
	a->single = single_ask(
	    &a->env, a->ops, &a->servers[a->at], &question, NAT64_ASK_TIME, on_answer, a);
	if (!a->single)
		timer_start(&a->again, a->rest);
}

static void
begin(struct nat64_ask *a)
{
	a->at = 0;
	a->answered = false;
	a->queries = a->resolver->counters.queries;
	ask_next(a);
}

static void
on_miss(void *arg)
{
	begin(arg);
}

/* Whoever asks nothing needs no prefix: then the next query that has to wait begins anew, and no timer
 * wakes anybody until then. What a worker answers by itself has no use for a prefix. */
static void
on_again(void *arg)
{
	struct nat64_ask *a = arg;

	if (a->resolver->counters.queries == a->queries)
		resolver_await_miss(a->resolver, on_miss, a);
	else
		begin(a);
}

static void
be_quiet(struct nat64_ask *a)
{
	timer_stop(&a->again);
	resolver_await_miss(a->resolver, NULL, NULL);
	a->single = single_cancel(a->single);
	a->found = (struct prefix){ 0 };
	a->rest = NAT64_ASK_FIRST;
}

static bool
is_same_network(const struct nat64_ask *a)
{
	const struct netview *view = &a->resolver->netview;

	return a->epoch == a->resolver->epoch.number &&
	       addrs_equal(a->servers, a->nservers, view->servers, view->nservers);
}

void
nat64_ask_want(struct nat64_ask *a, bool wanted)
{
	const struct netview *view = &a->resolver->netview;

	if (wanted == a->wanted && (!wanted || is_same_network(a)))
		return;
	be_quiet(a);
	a->wanted = wanted;
	a->epoch = a->resolver->epoch.number;
	a->nservers = wanted ? view->nservers : 0;
	memcpy(a->servers, view->servers, sizeof(a->servers));
	if (a->nservers)
		begin(a);
}

struct prefix
nat64_ask_found(const struct nat64_ask *ask)
{
	return ask->found;
}

struct nat64_ask *
nat64_ask_new(const struct transport_env *env, const struct transport_ops *ops,
    struct resolver *resolver, nat64_ask_cb *changed, void *arg)
{
	struct nat64_ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->resolver = resolver;
	a->env = *env;
	a->ops = ops;
	a->changed = changed;
	a->arg = arg;
	a->rest = NAT64_ASK_FIRST;
	timer_init(&a->again, env->loop, on_again, a);
	return a;
}

struct nat64_ask *
nat64_ask_free(struct nat64_ask *ask)
{
	if (!ask)
		return NULL;
	be_quiet(ask);
	free(ask);
	return NULL;
}
