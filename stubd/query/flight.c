#include "stubd/query/flight.h"

#include "policy/config.h"
#include "policy/registrable.h"
#include "stubd/base/text.h"
#include "stubd/net/loop.h"
#include "stubd/query/domains.h"
#include "stubd/query/flight_impl.h"
#include "stubd/query/memory.h"
#include "stubd/query/scopes.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct flight_key {
	const struct question *question;
	uint32_t view;
	enum flight_kind kind;
	bool cd;
	uint64_t name_hash; /* cache_hash(); 0: not known yet */
};

static bool
key_match(const struct map_node *node, const void *key)
{
	const struct flight *f = container_of(node, struct flight, node);
	const struct flight_key *k = key;

	return f->view.id == k->view && f->kind == k->kind && f->cd == k->cd &&
	       f->question.type == k->question->type && f->question.class == k->question->class &&
	       name_equal(&f->question.name, &k->question->name);
}

/* What else there is of the key tells apart the flights of one name. */
static uint64_t
key_hash(const struct flight_key *k)
{
	return k->name_hash ^ k->view ^ (uint64_t)k->question->type << 2 ^ (uint64_t)k->kind << 1 ^
	       k->cd;
}

/* --- the end ---------------------------------------------------------------------------------- */

void
flight_stop(struct flight *f)
{
	pursuit_cancel(&f->pursuit);
	validation_cancel(&f->validation);
	recursion_cancel(&f->recursion);
	designations_leave(&f->designation);
	loop_later_stop(&f->start);
}

/* Raw flights trust nothing, and leave nothing behind. */
static void
keep(struct flight *f)
{
	struct cache_key key = { .question = &f->question, .view = f->view.id, .hash = f->hash };
	struct failure failure;

	if (f->kind == FLIGHT_RAW || f->view.kind == VIEW_LOCAL)
		return;
	if (f->answer && f->scoped)
		key.view = scopes_of_answer(f->resolver->scopes, &f->subnet, f->answer->scope);
	if (f->answer) {
		memory_keep_answer(f->resolver, &key, f->cd, f->answer);
		return;
	}
	failure.kind = f->failure;
	failure.ede = f->ede;
	text_copy(failure.text, sizeof(failure.text), f->why);
	memory_keep_failure(f->resolver, &key, f->cd, &failure);
}

/* Did a question below its domain lead nowhere, as those for made up names do? */
static bool
is_fruitless(const struct flight *f)
{
	if (f->answer)
		return f->answer->rcode == RCODE_NXDOMAIN;
	return f->failure == FAILURE_SAID || f->failure == FAILURE_BOGUS;
}

/* The one terminal function: tells everyone who waits, keeps the answer, is gone. */
static void
finish(struct flight *f)
{
	struct resolver *r = f->resolver;
	const struct flight_result result = {
		.answer = f->answer,
		.ede = f->ede,
		.unreached = f->unreached,
		.refused = f->pursuit.refused,
		.failure = f->failure,
		.text = f->why,
		.trace = &f->trace,
	};

	flight_stop(f);
	map_remove(&r->flights, &f->node);
	list_remove(&f->link);
	r->nraw -= f->kind == FLIGHT_RAW;
	if (f->domain)
		domain_give(f->domain, is_fruitless(f), loop_now(r->loop));
	f->trace.took = loop_now(r->loop) - f->started;
	/* First the cache, so that who is told and asks on finds it there. */
	keep(f);
	while (!list_empty(&f->waits)) {
		struct flight_wait *wait = container_of(f->waits.next, struct flight_wait, link);

		flight_leave(wait);
		wait->done(wait, &result);
	}
	answer_free(f->answer);
	spares_give(&r->spare_flights, f);
}

void
flight_succeed(struct flight *f, enum ede ede, const char *text)
{
	f->ede = ede;
	f->trace.security = f->answer->security;
	if (f->kind == FLIGHT_CHECKED && f->answer->network &&
	    f->answer->security != SECURITY_SECURE && f->answer->ttl > FLIGHT_NETWORK_TTL)
		answer_set_ttls(f->answer, FLIGHT_NETWORK_TTL);
	text_copy(f->why, sizeof(f->why), text);
	finish(f);
}

void
flight_fail(struct flight *f, enum ede ede, enum failure_kind failure)
{
	f->answer = answer_free(f->answer);
	f->ede = ede;
	f->failure = failure;
	finish(f);
}

/* --- joining ---------------------------------------------------------------------------------- */

static struct flight *
flight_new(struct resolver *r, const struct flight_key *key, const struct view *view)
{
	struct flight *f = spares_take(&r->spare_flights, sizeof(*f));

	if (!f)
		return NULL;
	memset(f, 0, offsetof(struct flight, pursuit) + offsetof(struct pursuit, slots));
	memset(&f->validation, 0, offsetof(struct validation, parts));
	f->why[0] = '\0';
	f->resolver = r;
	question_copy(&f->question, key->question);
	view_copy(&f->view, view);
	f->scoped = view->kind == VIEW_PROVIDERS && scopes_subnet(r->scopes, view->id, &f->subnet);
	f->kind = key->kind;
	f->cd = key->cd;
	f->ede = EDE_NONE;
	f->started = loop_now(r->loop);
	f->trace.transport = "";
	list_init(&f->waits);
	loop_later_init(&f->start, r->loop, flight_on_start, f);
	loop_later_start(&f->start);
	f->hash = key->name_hash;
	map_insert(&r->flights, &f->node, key_hash(key));
	list_push_back(&r->flying, &f->link);
	r->nraw += key->kind == FLIGHT_RAW;
	r->counters.flights++;
	return f;
}

/* Hashes the name, for start(), too. */
static struct flight *
find(const struct resolver *r, struct flight_key *key)
{
	struct map_node *node;

	if (!key->name_hash)
		key->name_hash = cache_hash(r->cache, &key->question->name);
	node = map_find(&r->flights, key_hash(key), key_match, key);
	return node ? container_of(node, struct flight, node) : NULL;
}

/* The flags of a flight that begins, with the registrable domain of a public name. Found once: a checked
 * flight tells its raw one. */
static unsigned
with_domain(const struct resolver *r, const struct question *question, const struct view *view,
    unsigned ledger)
{
	if (view->kind != VIEW_PROVIDERS || ledger_domain(ledger))
		return ledger;
	return ledger | (unsigned)registrable_octets(r->policy->public_suffixes, &question->name)
			    << LEDGER_DOMAIN;
}

/* What the validator asks for is not counted: it comes of questions that were. */
static struct domain *
domain_of(const struct resolver *r, const struct flight_key *key, unsigned ledger)
{
	const struct name *name = &key->question->name;
	const size_t n = ledger_domain(ledger);

	if (!n || key->kind == FLIGHT_RAW)
		return NULL;
	return domains_find(r->domains, name->wire + (name->len - n), n);
}

/* Starts one. Returns 0, or -errno as flight_join(). */
static int
start(struct resolver *r, const struct flight_key *key, const struct view *view, unsigned ledger,
    struct flight **out)
{
	struct domain *domain;

	if (key->kind == FLIGHT_RAW ? r->nraw >= MAX_RAW
				    : r->flights.count - r->nraw >= MAX_FLIGHTS)
		return -EBUSY;
	ledger = with_domain(r, key->question, view, ledger);
	domain = domain_of(r, key, ledger);
	if (domain && !domain_take(domain, loop_now(r->loop)))
		return -EDQUOT;
	*out = flight_new(r, key, view);
	if (!*out && domain)
		domain_give(domain, false, loop_now(r->loop));
	if (!*out)
		return -ENOMEM;
	(*out)->ledger = ledger;
	(*out)->domain = domain;
	return 0;
}

int
flight_join(struct resolver *resolver, const struct question *question, const struct view *view,
    enum flight_kind kind, bool cd, struct flight_wait *wait)
{
	struct flight_key key = { question, view->id, kind, cd, wait->hash };
	struct flight *f = find(resolver, &key);
	int err = 0;

	if (f)
		resolver->counters.flights_joined++;
	else
		err = start(resolver, &key, view, wait->ledger, &f);
	if (err < 0)
		return err;
	wait->flight = f;
	list_push_back(&f->waits, &wait->link);
	return 0;
}

bool
flight_refresh(struct resolver *resolver, const struct question *question, const struct view *view,
    enum ledger_why ledger)
{
	struct flight_key key = { question, view->id, FLIGHT_CHECKED, false, 0 };
	struct flight *f = find(resolver, &key);

	return !f && view->id != SCOPE_ALL && !resolver->draining &&
	       start(resolver, &key, view, ledger, &f) == 0;
}

void
flight_leave(struct flight_wait *wait)
{
	if (!wait->flight)
		return;
	list_remove(&wait->link);
	wait->flight = NULL;
}

void
flight_end_all(struct resolver *resolver, const char *why)
{
	while (!list_empty(&resolver->flying)) {
		struct flight *f = container_of(resolver->flying.next, struct flight, link);

		text_copy(f->why, sizeof(f->why), why);
		flight_fail(f, EDE_NOT_READY, FAILURE_OWN);
	}
}

/* Under new rules the name may belong to another view, or be answered here. */
static void
reroute(struct flight *f)
{
	struct resolver *r = f->resolver;
	struct flight_key key = {
		.question = &f->question, .kind = f->kind, .cd = f->cd, .name_hash = f->hash
	};
	const uint32_t scope = f->view.id;

	flight_stop(f);
	map_remove(&r->flights, &f->node);
	policy_view(r->policy, &f->question, &r->netview, &f->view);
	if (f->scoped && f->view.kind == VIEW_PROVIDERS)
		f->view.id = scope;
	key.view = f->view.id;
	map_insert(&r->flights, &f->node, key_hash(&key));
	loop_later_start(&f->start);
}

void
flight_reroute_all(struct resolver *resolver)
{
	list_for_each (it, &resolver->flying)
		reroute(container_of(it, struct flight, link));
}
