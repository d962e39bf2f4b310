/*
 * What a scenario can expect.
 */
#include "policy/config.h"
#include "policy/upstream_spec.h"
#include "stubd/cache/cache.h"
#include "stubd/upstream/pool.h"
#include "tests/replay/expect_answer.h"
#include "tests/replay/expect_exposure.h"
#include "tests/replay/fake_engine.h"
#include "tests/replay/records.h"
#include "tests/replay/script.h"
#include "tests/replay/words.h"
#include "tests/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- upstreams -------------------------------------------------------------------------------- */

/* What every question of ours has: one question, RD, DO but where the house itself wants to know something
 * of the network that nobody signs, and of EDNS nothing that tells one client
 * from another. */
static int
check_question(struct world *w, const struct fake_ask *fa, const struct records_flags *flags)
{
	ldns_pkt *pkt = NULL;
	int err = 0;

	if (ldns_wire2pkt(&pkt, fa->wire, fa->len) != LDNS_STATUS_OK)
		return world_fail(w, "what was asked is no DNS message");
	if (ldns_pkt_qdcount(pkt) != 1 || ldns_pkt_ancount(pkt) || ldns_pkt_nscount(pkt))
		err = world_fail(w, "what was asked is not one question");
	else if (!ldns_pkt_rd(pkt) ||
		 (!ldns_pkt_edns_do(pkt) && strcmp(fa->upstream, FAKE_NET_SINGLE) != 0))
		err = world_fail(w, "what was asked has no RD or no DO");
	else if (ldns_pkt_cd(pkt) != flags->cd)
		err = world_fail(w, "expected CD %d, seen %d", flags->cd, ldns_pkt_cd(pkt));
	else if (ldns_pkt_edns_data(pkt))
		err = world_fail(w, "what was asked has EDNS options");
	ldns_pkt_free(pkt);
	return err;
}

/* expect asked UPSTREAM COUNT times */
static int
expect_asked_times(struct world *w, const struct step *step)
{
	unsigned count;

	if (words_number(w, step->words[3], &count) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		const struct fake_ask *fa = fake_net_look(&w->net);

		if (!fa)
			return world_fail(w, "expected %u questions, seen %u", count, i);
		if (strcmp(fa->upstream, step->words[2]))
			return world_fail(
			    w, "expected %s to be asked, seen %s", step->words[2], fa->upstream);
	}
	return 0;
}

static void
question_text(const struct question *question, char *text, size_t cap)
{
	char *type = ldns_rr_type2str(question->type);
	char name[NAME_TEXT_MAX];

	snprintf(text, cap, "%s %s", name_to_text(&question->name, name), type ? type : "?");
	free(type);
}

/* Compares with "NAME TYPE" at word i; the last dot may be missing. */
static int
check_text(struct world *w, const struct step *step, size_t i, const char *who, const char *seen)
{
	char expected[NAME_TEXT_MAX + 32];
	const char *name = step->words[i], *dot = name[strlen(name) - 1] == '.' ? "" : ".";

	snprintf(expected, sizeof(expected), "%s%s %s", name, dot, step->words[i + 1]);
	if (!strcmp(expected, seen))
		return 0;
	return world_fail(w, "expected %s to be asked for %s, seen %s", who, expected, seen);
}

/* expect asked UPSTREAM[/N] NAME TYPE [+cd] */
static int
expect_asked(struct world *w, const struct step *step)
{
	struct records_flags flags = { 0 };
	const struct fake_ask *fa;
	char upstream[FAKE_NAME_MAX], text[NAME_TEXT_MAX + 32];
	unsigned connection;
	size_t i = 5;

	if (!strcmp(step->words[4], "times"))
		return expect_asked_times(w, step);
	words_flags(step, &i, &flags);
	if (i < step->nwords)
		return world_fail(w, "what is %s?", step->words[i]);
	if (words_upstream(w, step->words[2], upstream, &connection) < 0)
		return -1;
	fa = fake_net_look(&w->net);
	if (!fa)
		return world_fail(w, "expected %s to be asked, seen nothing", step->words[2]);
	question_text(&fa->question, text, sizeof(text));
	if (strcmp(fa->upstream, upstream) || (connection && connection != fa->connection))
		return world_fail(w, "expected %s to be asked, seen %s/%u for %s", step->words[2],
		    fa->upstream, fa->connection, text);
	if (check_text(w, step, 3, upstream, text) < 0)
		return -1;
	return check_question(w, fa, &flags);
}

/* expect recursion|validation NAME TYPE */
static int
expect_recursion(struct world *w, const struct step *step)
{
	const bool wanted = !strcmp(step->words[1], "validation");
	bool validates = false;
	const struct question *question = fake_engine_look(w->engine, &validates);
	char text[NAME_TEXT_MAX + 32];

	if (!question || validates != wanted)
		return world_fail(w, "expected a %s, seen %s", step->words[1],
		    !question	? "none"
		    : validates ? "a validation"
				: "a recursion");
	question_text(question, text, sizeof(text));
	return check_text(w, step, 2, "the engine", text);
}

/* expect fetched data|refused|dropped|lost */
static int
expect_fetched(struct world *w, const struct step *step)
{
	static const char *const ends[] = { [FETCH_ANSWERED] = "data",
		[FETCH_REFUSED] = "refused",
		[FETCH_DROPPED] = "dropped",
		[FETCH_LOST] = "lost" };
	enum fetch_end end;
	const char *seen = fake_engine_fetched(w->engine, &end) ? ends[end] : "nothing";

	if (strcmp(seen, step->words[2]))
		return world_fail(
		    w, "expected %s for the validator, seen %s", step->words[2], seen);
	return 0;
}

/* expect excepted NAME ...|none: what the engine was told */
static int
expect_excepted(struct world *w, const struct step *step)
{
	const char *seen = fake_engine_insecure(w->engine);
	char wanted[1024] = "";

	for (size_t i = 2, n = 0; i < step->nwords && n < sizeof(wanted); i++)
		if (strcmp(step->words[i], "none"))
			n += (size_t)snprintf(
			    wanted + n, sizeof(wanted) - n, "%s\n", step->words[i]);
	return strcmp(seen, wanted) ? world_fail(w, "excepted is \"%s\"", seen) : 0;
}

/* expect connections UPSTREAM COUNT */
static int
expect_connections(struct world *w, const struct step *step)
{
	const size_t seen = fake_net_connections(&w->net, step->words[2]);
	unsigned count;

	if (words_number(w, step->words[3], &count) < 0)
		return -1;
	return count == seen ? 0 : world_fail(w, "expected %u connections, seen %zu", count, seen);
}

/* --- the rest --------------------------------------------------------------------------------- */

static int
expect_nothing(struct world *w, const struct step *step)
{
	const struct fake_ask *fa = fake_net_look(&w->net);
	char text[NAME_TEXT_MAX + 32];
	bool validates = false;

	if (fa) {
		question_text(&fa->question, text, sizeof(text));
		return world_fail(w, "expected nothing, seen that %s/%u was asked for %s",
		    fa->upstream, fa->connection, text);
	}
	if (fake_engine_look(w->engine, &validates))
		return world_fail(
		    w, "expected nothing, seen a %s", validates ? "validation" : "recursion");
	list_for_each (it, &w->clients) {
		const struct client *client = container_of(it, struct client, link);

		if (client->replies && !client->seen)
			return world_fail(
			    w, "expected nothing, seen that client %u was answered", client->id);
	}
	return 0;
}

static const uint64_t *
counter(const struct query_counters *c, const char *name)
{
	const struct {
		const char *name;
		const uint64_t *value;
	} all[] = {
		{ "queries", &c->queries },
		{ "dropped", &c->dropped },
		{ "errors", &c->errors },
		{ "local", &c->local },
		{ "cached", &c->cached },
		{ "answered", &c->answered },
		{ "failed", &c->failed },
		{ "overloaded", &c->overloaded },
		{ "capped", &c->capped },
		{ "prohibited", &c->prohibited },
		{ "limited", &c->limited },
		{ "abandoned", &c->abandoned },
		{ "waiting", &c->waiting },
		{ "flights", &c->flights },
		{ "joined", &c->flights_joined },
		{ "hedges", &c->hedges },
		{ "failovers", &c->failovers },
		{ "recursions", &c->recursions },
		{ "probes", &c->probes },
		{ "prefetches", &c->prefetches },
		{ "validations", &c->validations },
		{ "bogus", &c->bogus },
		{ "blocked", &c->blocked },
		{ "chain", &c->chain },
		{ "chain_refused", &c->chain_refused },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!strcmp(all[i].name, name))
			return all[i].value;
	}
	return NULL;
}

static const uint64_t *
cache_counter(const struct cache_stats *s, const char *name)
{
	const struct {
		const char *name;
		const uint64_t *value;
	} all[] = {
		{ "hits", &s->hits },
		{ "misses", &s->misses },
		{ "inserts", &s->inserts },
		{ "evictions", &s->evictions },
		{ "stale", &s->stale },
		{ "cuts", &s->cuts },
		{ "gaps", &s->gaps },
		{ "failure_hits", &s->failure_hits },
		{ "entries", &s->entries },
		{ "negative", &s->negative },
		{ "failures", &s->failures },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!strcmp(all[i].name, name))
			return all[i].value;
	}
	return NULL;
}

/* expect counters NAME VALUE ... */
static int
expect_counters(struct world *w, const struct step *step)
{
	for (size_t i = 2; i + 1 < step->nwords; i += 2) {
		const uint64_t *seen = counter(&w->resolver.counters, step->words[i]);
		unsigned value;

		if (!seen)
			return world_fail(w, "%s is no counter", step->words[i]);
		if (words_number(w, step->words[i + 1], &value) < 0)
			return -1;
		if (*seen != value)
			return world_fail(w, "expected %s %u, seen %llu", step->words[i], value,
			    (unsigned long long)*seen);
	}
	return 0;
}

/* expect cache NAME VALUE ... */
static int
expect_cache(struct world *w, const struct step *step)
{
	struct cache_stats s;

	cache_stats(w->cache, &s);
	for (size_t i = 2; i + 1 < step->nwords; i += 2) {
		const uint64_t *seen = cache_counter(&s, step->words[i]);
		unsigned value;

		if (!seen)
			return world_fail(w, "%s is no counter of the cache", step->words[i]);
		if (words_number(w, step->words[i + 1], &value) < 0)
			return -1;
		if (*seen != value)
			return world_fail(w, "expected %s %u, seen %llu", step->words[i], value,
			    (unsigned long long)*seen);
	}
	return 0;
}

static int
expect_trouble(struct world *w, const struct step *step)
{
	const char *seen = trouble_text(w->resolver.verdicts.trouble);

	if (strcmp(seen, step->words[2]) != 0)
		return world_fail(w, "expected trouble %s, seen %s", step->words[2], seen);
	return 0;
}

static int
expect_balance(struct world *w, const struct step *step)
{
	return world_balance(w);
}

/* expect found UPSTREAM none | ADDRESS ... */
static int
expect_found(struct world *w, const struct step *step)
{
	const struct policy *policy = w->resolver.policy;
	char seen[POOL_FOUND * (ADDR_TEXT_MAX + 1)] = "none", text[ADDR_TEXT_MAX];
	struct addr found[POOL_FOUND];
	uint16_t u = 0;
	size_t n, at = 0;

	while (u < policy->nupstreams && strcmp(policy->upstreams[u]->name, step->words[2]) != 0)
		u++;
	if (u == policy->nupstreams)
		return world_fail(w, "there is no upstream %s", step->words[2]);
	n = pool_found(w->pool, u, found);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%s%s", i ? " " : "",
		    addr_to_text(&found[i], text));
	if (strcmp(seen, step_rest(step, 3)) != 0)
		return world_fail(w, "found are %s", seen);
	return 0;
}

static const struct {
	const char *what;
	size_t words;
	const char *usage;
	int (*run)(struct world *w, const struct step *step);
} expectations[] = {
	{ "asked", 5, "expect asked UPSTREAM[/N] NAME TYPE [+cd] | COUNT times", expect_asked },
	{ "recursion", 4, "expect recursion NAME TYPE", expect_recursion },
	{ "validation", 4, "expect validation NAME TYPE", expect_recursion },
	{ "fetched", 3, "expect fetched data|refused|dropped|lost", expect_fetched },
	{ "excepted", 3, "expect excepted NAME ...|none", expect_excepted },
	{ "connections", 4, "expect connections UPSTREAM COUNT", expect_connections },
	{ "answer", 4, "expect answer N RCODE [FLAGS] [RECORD]", expect_answer },
	{ "answers", 5, "expect answers FROM COUNT RCODE", expect_answers },
	{ "ede", 4, "expect ede N CODE|none [TEXT]", expect_ede },
	{ "ttl", 4, "expect ttl N SECONDS", expect_ttl },
	{ "via", 4, "expect via N UPSTREAM|cache|recursion|nobody", expect_via },
	{ "drop", 3, "expect drop N", expect_drop },
	{ "waiting", 3, "expect waiting N", expect_waiting },
	{ "nothing", 2, "expect nothing", expect_nothing },
	{ "counters", 4, "expect counters NAME VALUE ...", expect_counters },
	{ "trouble", 3, "expect trouble none|stripped-dnssec|wrong-clock|captive-portal",
	    expect_trouble },
	{ "cache", 4, "expect cache NAME VALUE ...", expect_cache },
	{ "exposure", 5, "expect exposure UPSTREAM|recursion network|total NAME VALUE ...",
	    expect_exposure },
	{ "found", 4, "expect found UPSTREAM none|ADDRESS ...", expect_found },
	{ "balance", 2, "expect balance", expect_balance },
};

int
expect_run(struct world *w, const struct step *step)
{
	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations); i++) {
		if (strcmp(step->words[1], expectations[i].what))
			continue;
		if (step->nwords < expectations[i].words)
			return world_fail(w, "write: %s", expectations[i].usage);
		return expectations[i].run(w, step);
	}
	return world_fail(w, "%s cannot be expected", step->words[1]);
}
