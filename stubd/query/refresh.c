#include "stubd/query/refresh.h"

#include "policy/config.h"
#include "policy/registrable.h"
#include "policy/upstream_spec.h"
#include "stubd/base/log.h"
#include "stubd/base/state_file.h"
#include "stubd/net/loop.h"
#include "stubd/query/found.h"
#include "stubd/query/ledger.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/upstream/record.h"
#include "stubd/wire/addresses.h"
#include "stubd/wire/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert((int)FOUND_EACH == (int)POOL_FOUND, "what is kept is what can be tried");

enum { ADDRESS_TYPES = 2, LOOKED_AT = 16 /* records of an answer */ };

/* What is known of a host beside its addresses, as long as it is the same network. */
struct want {
	struct list link;
	char host[FOUND_HOST_MAX];
	uint32_t epoch; /* of `asked` */
	msec asked;	/* 0: not on that network */
	bool wanted;
};

struct lookup {
	struct list link;
	struct refresh *refresh;
	struct want *want;
	struct question question[ADDRESS_TYPES]; /* AAAA, A */
	struct lookup_ask {
		struct lookup *lookup;
		struct ask *ask; /* NULL: over */
		struct addr addrs[FOUND_EACH / ADDRESS_TYPES];
		size_t n;
	} asks[ADDRESS_TYPES];
};

struct refresh {
	struct resolver *resolver; /* borrowed */
	char *path;		   /* owned; NULL: nothing is kept */
	struct found found;
	bool changed;	   /* since it was kept */
	struct list wants; /* want.link, the last one used first */
	size_t nwants;
	struct list lookups; /* lookup.link */
	size_t nlookups;
	struct loop_later later;
};

/* --- the state folder ------------------------------------------------------------------------- */

static void
keep(struct refresh *r)
{
	char *text = r->path && r->changed ? found_write(&r->found) : NULL;
	int err = 0;

	if (text)
		err = state_file_write(r->path, text, strlen(text));
	if (err)
		log_debug("refresh: file=%s error=\"%s\"", r->path, strerror(-err));
	free(text);
	r->changed = false;
}

static void
read_kept(struct refresh *r)
{
	char *text = NULL;
	size_t n;
	int err = state_file_read(r->path, FOUND_TEXT_MAX, &text, &n);

	if (!err)
		err = found_read(&r->found, text, n);
	if (err && err != -ENOENT)
		log_warn("refresh: file=%s error=\"%s\" addresses of providers are found anew",
		    r->path, err == -EBADMSG ? "malformed" : strerror(-err));
	free(text);
}

/* --- providers -------------------------------------------------------------------------------- */

/* The host by which a provider can be looked up; NULL: it has none. */
static const char *
host_of(const struct resolver *r, uint16_t provider)
{
	const struct upstream_spec *spec = r->policy->upstreams[provider];

	return spec->scheme == SCHEME_DNS ? NULL : spec->host;
}

static bool
is_of_host(const struct resolver *r, uint16_t provider, const char *host)
{
	const char *own = host_of(r, provider);

	return own && !strcasecmp(own, host);
}

/* Has that provider to do with the host: is it there, or of an operator that is? */
static bool
is_akin(const struct resolver *r, uint16_t provider, const char *host)
{
	const char *operator_name = r->policy->upstreams[provider]->operator_name;

	for (size_t i = 0; i < r->policy->nproviders; i++) {
		const char *other = r->policy->upstreams[i]->operator_name;

		if (is_of_host(r, (uint16_t)i, host) &&
		    (i == provider || is_of_host(r, provider, host) ||
			(operator_name && other && !strcmp(operator_name, other))))
			return true;
	}
	return false;
}

/* Has it proved who it is, and can it be asked without more ado? */
static bool
works(const struct resolver *r, uint16_t provider)
{
	struct upstream_info info;

	pool_info(r->pool, provider, &info);
	return info.spec->scheme != SCHEME_DNS && info.connections && !info.standing.down_until &&
	       !info.standing.held_until;
}

/* The first of the draw that can be asked where the host is; -1: nobody. */
static int
find_asker(const struct resolver *r, const char *host)
{
	for (size_t i = 0; i < r->draw.n && i < r->policy->nproviders; i++) {
		const uint16_t provider = r->draw.order[i];

		if (works(r, provider) && !is_akin(r, provider, host))
			return provider;
	}
	return -1;
}

static void
apply(struct refresh *r, const struct found_host *h)
{
	for (size_t i = 0; h->n && i < r->resolver->policy->nproviders; i++) {
		if (is_of_host(r->resolver, (uint16_t)i, h->host))
			pool_set_found(r->resolver->pool, (uint16_t)i, h->addrs, h->n);
	}
}

void
refresh_apply(struct refresh *r)
{
	for (size_t i = 0; i < r->found.n; i++)
		apply(r, r->found.hosts[i]);
}

/* --- lookups ---------------------------------------------------------------------------------- */

static struct lookup *
lookup_free(struct lookup *l)
{
	for (size_t i = 0; i < ADDRESS_TYPES; i++) {
		if (l->asks[i].ask)
			pool_cancel(l->asks[i].ask);
	}
	list_remove(&l->link);
	l->refresh->nlookups--;
	free(l);
	return NULL;
}

/* Where one of the two questions brought nothing, what was known of that family is still the last good. */
static void
keep_family(struct lookup_ask *a, uint16_t type, const struct found_host *known)
{
	const uint16_t family = type == TYPE_A ? AF_INET : AF_INET6;
	const size_t most = a->n ? 0 : sizeof(a->addrs) / sizeof(a->addrs[0]);

	for (size_t i = 0; known && i < known->n && a->n < most; i++) {
		if (known->addrs[i].family == family)
			a->addrs[a->n++] = known->addrs[i];
	}
}

/* Both questions are over. */
static void
finish(struct lookup *l)
{
	struct refresh *r = l->refresh;
	struct addr addrs[FOUND_EACH];
	const bool any = l->asks[0].n || l->asks[1].n;
	struct found_host *h = any ? found_make(&r->found, l->want->host, 0) : NULL;
	size_t n = 0;

	for (size_t i = 0; i < ADDRESS_TYPES; i++)
		keep_family(&l->asks[i], l->question[i].type, h);
	for (size_t k = 0; k < FOUND_EACH / ADDRESS_TYPES; k++) {
		for (size_t i = 0; i < ADDRESS_TYPES; i++) {
			if (k < l->asks[i].n)
				addrs[n++] = l->asks[i].addrs[k];
		}
	}
	if (h) {
		found_put(h, addrs, n, (int64_t)clock_wall_s());
		log_info("refresh: host=%s addresses=%zu", h->host, h->n);
		r->changed = true;
		apply(r, h);
		keep(r);
	}
	lookup_free(l);
}

/* A chain may lead wherever providers are asked. */
static bool
is_theirs(void *arg, const struct name *target)
{
	const struct resolver *r = arg;
	const struct question question = { .name = *target, .type = TYPE_A, .class = CLASS_IN };
	struct view view;

	policy_view(r->policy, &question, &r->netview, &view);
	return view.kind == VIEW_PROVIDERS;
}

static void
take_addresses(
    struct lookup_ask *a, const struct question *question, const struct ask_result *result)
{
	const size_t most = sizeof(a->addrs) / sizeof(a->addrs[0]);
	struct addr addrs[LOOKED_AT];
	struct answer *answer;
	const char *why;
	size_t n;

	if (answer_from_reply(result->wire, result->len, question, is_theirs,
		a->lookup->refresh->resolver, &answer, &why) < 0)
		return;
	n = answer_addresses(answer, question->type, addrs, LOOKED_AT);
	for (size_t i = 0; i < n && a->n < most; i++) {
		if (found_is_public(&addrs[i]))
			a->addrs[a->n++] = addrs[i];
	}
	answer_free(answer);
}

static void
on_answer(void *arg, const struct ask_result *result)
{
	struct lookup_ask *a = arg;
	struct lookup *l = a->lookup;

	a->ask = NULL;
	if (result->fail == ASK_OK)
		take_addresses(a, &l->question[a - l->asks], result);
	if (!l->asks[0].ask && !l->asks[1].ask)
		finish(l);
}

/* Asks that provider where the host is. Returns 0 or -errno: nothing was asked. */
static int
look_up(struct refresh *r, struct want *w, const struct name *host, uint16_t asker)
{
	static const struct msg_ask how = { .rd = true, .dnssec_ok = true, .udp_size = 1232 };
	static const uint16_t types[ADDRESS_TYPES] = { TYPE_AAAA, TYPE_A };
	const unsigned ledger =
	    LEDGER_PROVIDER | LEDGER_ADDRESSES |
	    (unsigned)registrable_octets(r->resolver->policy->public_suffixes, host)
		<< LEDGER_DOMAIN;
	struct lookup *l = calloc(1, sizeof(*l));
	size_t asked = 0;

	if (!l)
		return -ENOMEM;
	l->refresh = r;
	l->want = w;
	list_init(&l->link);
	list_push_back(&r->lookups, &l->link);
	r->nlookups++;
	for (size_t i = 0; i < ADDRESS_TYPES; i++) {
		l->asks[i].lookup = l;
		l->question[i] =
		    (struct question){ .name = *host, .type = types[i], .class = CLASS_IN };
		asked += pool_ask(r->resolver->pool, asker, &l->question[i], &how, ledger,
			     REFRESH_PATIENCE, on_answer, &l->asks[i], &l->asks[i].ask) == 0;
	}
	if (!asked)
		lookup_free(l);
	return asked ? 0 : -EAGAIN;
}

/* --- wishes ----------------------------------------------------------------------------------- */

/* Looks it up if it may be asked for now; else it stays wanted. */
static void
try_want(struct refresh *r, struct want *w)
{
	struct resolver *resolver = r->resolver;
	const msec now = loop_now(resolver->loop);
	struct name host;
	int asker;

	if (name_from_text(&host, w->host) < 0 || !is_theirs(resolver, &host)) {
		w->wanted = false;
		return;
	}
	if (w->epoch != resolver->epoch.number)
		w->asked = 0;
	if (w->asked && now < w->asked + REFRESH_AGAIN)
		return;
	asker = find_asker(resolver, w->host);
	if (asker < 0 || look_up(r, w, &host, (uint16_t)asker) < 0)
		return;
	w->wanted = false;
	w->asked = now;
	w->epoch = resolver->epoch.number;
}

static void
on_later(void *arg)
{
	struct refresh *r = arg;

	list_for_each (it, &r->wants) {
		struct want *w = container_of(it, struct want, link);

		if (w->wanted && r->nlookups < REFRESH_AT_ONCE && !r->resolver->draining)
			try_want(r, w);
	}
}

static struct want *
want_of(struct refresh *r, const char *host)
{
	struct want *w;

	list_for_each (it, &r->wants) {
		w = container_of(it, struct want, link);
		if (!strcasecmp(w->host, host))
			return w;
	}
	if (r->nwants == FOUND_HOSTS || strlen(host) >= FOUND_HOST_MAX)
		return NULL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	snprintf(w->host, sizeof(w->host), "%s", host);
	list_init(&w->link);
	list_push_back(&r->wants, &w->link);
	r->nwants++;
	return w;
}

/* Was it looked up, or first used, a day ago? A clock that went back begins the day anew. */
static bool
is_due(struct refresh *r, const char *host)
{
	const int64_t now = (int64_t)clock_wall_s();
	struct found_host *h = found_get(&r->found, host);

	if (!h || h->when > now) {
		h = found_make(&r->found, host, now);
		if (h)
			h->when = now;
		r->changed = true;
		return false;
	}
	return now - h->when >= REFRESH_PERIOD;
}

/* Where it was reached on this network a moment ago it is: then it is the path, or the provider. */
static bool
is_in_doubt(const struct resolver *r, uint16_t provider)
{
	struct upstream_info info;

	pool_info(r->pool, provider, &info);
	return !info.record || !info.record->handshake.n ||
	       loop_now(r->loop) - info.standing.lost >= REFRESH_DOUBT;
}

static void
on_reach(void *arg, uint16_t upstream, bool reached)
{
	struct refresh *r = arg;
	const struct resolver *resolver = r->resolver;
	const char *host;
	struct want *w;

	if (!resolver->policy || upstream >= resolver->policy->nproviders)
		return;
	host = host_of(resolver, upstream);
	w = host ? want_of(r, host) : NULL;
	if (w)
		w->wanted = reached ? is_due(r, host) : is_in_doubt(resolver, upstream);
	loop_later_start(&r->later);
}

/* --- life ------------------------------------------------------------------------------------- */

struct refresh *
refresh_new(struct resolver *resolver, const char *state_dir)
{
	struct refresh *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->resolver = resolver;
	list_init(&r->wants);
	list_init(&r->lookups);
	loop_later_init(&r->later, resolver->loop, on_later, r);
	if (state_dir && asprintf(&r->path, "%s/addresses", state_dir) < 0) {
		free(r);
		return NULL;
	}
	if (r->path)
		read_kept(r);
	pool_watch_reach(resolver->pool, on_reach, r);
	return r;
}

struct refresh *
refresh_free(struct refresh *r)
{
	if (!r)
		return NULL;
	pool_watch_reach(r->resolver->pool, NULL, NULL);
	loop_later_stop(&r->later);
	while (!list_empty(&r->lookups))
		lookup_free(container_of(r->lookups.next, struct lookup, link));
	list_for_each (it, &r->wants)
		free(container_of(it, struct want, link));
	keep(r);
	found_clear(&r->found);
	free(r->path);
	free(r);
	return NULL;
}
