#include "stubd/front/report.h"
#include "policy/config.h"
#include "policy/select.h"
#include "policy/stamp.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/front/api.h"
#include "stubd/front/listen.h"
#include "stubd/front/report_doh.h"
#include "stubd/front/report_nta.h"
#include "stubd/front/report_parts.h"
#include "stubd/front/totals.h"
#include "stubd/net/loop.h"
#include "stubd/upstream/pool.h"
#include "stubd/query/query.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *
on_miss(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->non_miss; i++)
		json_array_append_new(array, json_string(miss_step_text(policy->on_miss[i])));
	return array;
}

static json_t *
files(const struct policy *policy)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy->nfiles; i++)
		json_array_append_new(array, report_text(policy->files[i]));
	return array;
}

static json_t *
listening(const struct listen_set *set)
{
	json_t *array = json_array();

	for (size_t i = 0; set && i < set->n; i++) {
		const struct listen_socket *s = &set->sockets[i];

		json_array_append_new(
		    array, json_pack("{s:o, s:s, s:b}", "address", report_addr(&s->addr),
			       "transport", s->stream ? "tcp" : "udp", "inherited", s->inherited));
	}
	return array;
}

/* A provider is in use when draw or list put it among those that are asked, or when it was asked. */
static bool
in_use(const struct resolver *r, uint16_t upstream)
{
	const size_t rank = report_rank(r, upstream);
	struct upstream_info info;

	if (r->policy->strategy == STRATEGY_ORDERED && upstream < ROUTE_CANDIDATES_MAX)
		return true;
	if (r->policy->strategy != STRATEGY_ORDERED && rank &&
	    rank <= select_members(r->policy, &r->draw))
		return true;
	if (upstream >= pool_count(r->pool))
		return false;
	pool_info(r->pool, upstream, &info);
	return info.connections || info.stats.asks;
}

static json_t *
providers(const struct resolver *r, bool used_only)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->policy->nproviders; i++)
		if (!used_only || in_use(r, (uint16_t)i))
			json_array_append_new(array, report_upstream(r, (uint16_t)i));
	return array;
}

static json_t *
split(const struct resolver *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->policy->nrules; i++) {
		const struct split_rule *rule = &r->policy->rules[i];
		json_t *domains = json_array(), *servers = json_array();

		for (size_t k = 0; k < rule->ndomains; k++)
			json_array_append_new(domains, report_text(rule->domain_texts[k]));
		for (unsigned k = 0; k < rule->nupstreams; k++)
			json_array_append_new(
			    servers, report_upstream(r, (uint16_t)(rule->first_upstream + k)));
		json_array_append_new(array,
		    json_pack("{s:I, s:o, s:o, s:s, s:I, s:o}", "rule", (json_int_t)i, "domains",
			domains, "link", rule->link ? report_text(rule->link) : json_null(),
			"dnssec", dnssec_mode_text(rule->dnssec), "trust_anchors",
			(json_int_t)rule->nanchors, "servers", servers));
	}
	return array;
}

static json_t *
cache(const struct resolver *r, const struct query_counters *c)
{
	struct cache_stats s;

	cache_stats(r->cache, &s);
	s.hits -= c->seen_part;
	s.misses -= c->seen_missing;
	return report_counts((const struct report_count[]){
	    { "entries", s.entries },
	    { "negative", s.negative },
	    { "used", s.used },
	    { "size", s.size },
	    { "hits", s.hits },
	    { "misses", s.misses },
	    { "inserts", s.inserts },
	    { "evictions", s.evictions },
	    { "stale", s.stale },
	    { "cuts", s.cuts },
	    { "gaps", s.gaps },
	    { "failures", s.failures },
	    { "failure_hits", s.failure_hits },
	    { NULL, 0 },
	});
}

static json_t *
counters(const struct query_counters *c)
{
	return report_counts((const struct report_count[]){
	    { "queries", c->queries },
	    { "local", c->local },
	    { "cached", c->cached },
	    { "answered", c->answered },
	    { "failed", c->failed },
	    { "overloaded", c->overloaded },
	    { "capped", c->capped },
	    { "errors", c->errors },
	    { "dropped", c->dropped },
	    { "prohibited", c->prohibited },
	    { "limited", c->limited },
	    { "abandoned", c->abandoned },
	    { "waiting", c->waiting },
	    { "flights", c->flights },
	    { "flights_joined", c->flights_joined },
	    { "hedges", c->hedges },
	    { "failovers", c->failovers },
	    { "recursions", c->recursions },
	    { "probes", c->probes },
	    { "prefetches", c->prefetches },
	    { "validations", c->validations },
	    { "bogus", c->bogus },
	    { "blocked", c->blocked },
	    { "chain", c->chain },
	    { "chain_refused", c->chain_refused },
	    { NULL, 0 },
	});
}

static json_t *
udp(const struct udp_counters *c)
{
	return report_counts((const struct report_count[]){
	    { "received", c->received },
	    { "sent", c->sent },
	    { "dropped_long", c->dropped_long },
	    { "dropped_memory", c->dropped_memory },
	    { "send_failures", c->send_failures },
	    { "waiting", c->waiting },
	    { NULL, 0 },
	});
}

static json_t *
tcp(const struct tcp_counters *c)
{
	return report_counts((const struct report_count[]){
	    { "clients", c->clients },
	    { "accepted", c->accepted },
	    { "received", c->received },
	    { "refused", c->refused },
	    { "displaced", c->displaced },
	    { "closed_idle", c->closed_idle },
	    { "closed_slow", c->closed_slow },
	    { "closed_frame", c->closed_frame },
	    { "closed_error", c->closed_error },
	    { "closed_memory", c->closed_memory },
	    { "waiting", c->waiting },
	    { NULL, 0 },
	});
}

static json_t *
recursion(const struct resolver *r)
{
	struct engine_stats s = { 0 };
	json_t *json;

	if (r->engine)
		engine_stats(r->engine, &s);
	json = report_counts((const struct report_count[]){
	    { "asks", s.asks },
	    { "answers", s.answers },
	    { "failures", s.failures },
	    { "busy", s.busy },
	    { NULL, 0 },
	});
	json_object_set_new(json, "running", json_boolean(s.running));
	return json;
}

static json_t *
validation(const struct resolver *r)
{
	struct engine_validator_stats s = { 0 };
	json_t *json;

	if (r->engine)
		engine_validator_stats(r->engine, &s);
	json = report_counts((const struct report_count[]){
	    { "asks", s.asks.asks },
	    { "answers", s.asks.answers },
	    { "failures", s.asks.failures },
	    { "busy", s.asks.busy },
	    { "chain_questions", s.chain_questions },
	    { "strangers", s.strangers },
	    { "renewals", s.renewals },
	    { NULL, 0 },
	});
	json_object_set_new(json, "running", json_boolean(s.asks.running));
	return json;
}

/* The process that both of them live in. */
static json_t *
engine(const struct resolver *r)
{
	return json_pack("{s:b, s:I}", "running", r->engine && engine_running(r->engine),
	    "restarts", (json_int_t)(r->engine ? engine_restarts(r->engine) : 0));
}

static json_t *
wall_clock(const struct resolver *r)
{
	const struct walltime *t = &r->walltime;
	json_t *json = json_pack("{s:b, s:s}", "synchronised", !t->unsynchronised, "using",
	    walltime_source_text(t->source));
	char text[WALLTIME_TEXT];

	if (t->fixed)
		json_object_set_new(json, "time", json_string(walltime_text(t->fixed, text)));
	return json;
}

static json_t *
epoch(const struct resolver *r)
{
	return json_pack("{s:I, s:I, s:o}", "number", (json_int_t)r->epoch.number, "since_ms",
	    (json_int_t)(loop_now(r->loop) - r->epoch.since), "reason",
	    report_text(r->epoch.reason));
}

/* What the person should know, as far as it can be told from the resolver's state. */
static json_t *
warnings(const struct api_host *host)
{
	const struct resolver *r = host->resolver;
	json_t *array = json_array();
	size_t down = 0, known = 0;

	for (size_t i = 0; i < r->policy->nproviders && i < pool_count(r->pool); i++) {
		if (!in_use(r, (uint16_t)i))
			continue;
		known++;
		down += report_is_down(r, (uint16_t)i);
	}
	if (known && down == known)
		json_array_append_new(
		    array, json_string("no provider answers: see last_error of each"));
	if (r->verdicts.trouble)
		json_array_append_new(array, report_text(r->verdicts.text));
	if (r->policy->privacy == PRIVACY_OPPORTUNISTIC)
		json_array_append_new(array,
		    json_string("privacy is opportunistic: public names may leave in plaintext"));
	if (r->draining)
		json_array_append_new(array, json_string("shutting down"));
	if (host->warnings)
		host->warnings(host->arg, array);
	return array;
}

static struct totals
sum(const struct api_host *host)
{
	struct totals totals = { 0 };

	totals_add(&totals, &host->resolver->counters, host->udp, host->tcp);
	if (host->add_workers)
		host->add_workers(host->arg, &totals);
	return totals;
}

json_t *
report_status(const struct api_host *host)
{
	const struct resolver *r = host->resolver;
	const struct policy *policy = r->policy;
	const struct totals totals = sum(host);
	msec up = loop_now(r->loop) - host->started;

	const struct {
		const char *key;
		json_t *value; /* owned */
	} parts[] = {
		{ "version", json_string(host->version ? host->version : "") },
		{ "pid", json_integer(getpid()) },
		{ "uptime_ms", json_integer((json_int_t)up) },
		{ "workers", json_integer((json_int_t)totals.threads) },
		{ "listen", listening(host->listening) },
		{ "files", files(policy) },
		{ "privacy", json_string(privacy_text(policy->privacy)) },
		{ "strategy", json_string(strategy_text(policy->strategy)) },
		{ "on_miss", on_miss(policy) },
		{ "dnssec", json_string(dnssec_mode_text(policy->dnssec)) },
		{ "providers_known", json_integer((json_int_t)policy->nproviders) },
		{ "draw", report_draw(host) },
		{ "providers", providers(r, true) },
		{ "split", split(r) },
		{ "ntas", report_ntas(r) },
		{ "cache", cache(r, &totals.query) },
		{ "counters", counters(&totals.query) },
		{ "udp", udp(&totals.udp) },
		{ "tcp", tcp(&totals.tcp) },
		{ "doh", report_doh(host->doh, policy) },
		{ "engine", engine(r) },
		{ "recursion", recursion(r) },
		{ "validation", validation(r) },
		{ "clock", wall_clock(r) },
		{ "epoch", epoch(r) },
		{ "network", report_network(r) },
		{ "trouble", json_string(trouble_text(r->verdicts.trouble)) },
		{ "warnings", warnings(host) },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		json_object_set_new(json, parts[i].key, parts[i].value);
	return json;
}

json_t *
report_draw(const struct api_host *host)
{
	json_t *json = host->draw ? host->draw(host->arg) : NULL;

	return json ? json : json_null();
}

json_t *
report_providers(const struct api_host *host)
{
	const struct resolver *r = host->resolver;

	return json_pack("{s:s, s:o, s:o, s:o}", "strategy", strategy_text(r->policy->strategy),
	    "draw", report_draw(host), "providers", providers(r, false), "network",
	    report_network(r));
}

json_t *
report_stamp(const struct resolver *r, const char *name)
{
	const struct upstream_spec *spec = NULL;
	json_t *stamps, *left_out;
	char text[STAMP_TEXT_MAX];

	for (size_t i = 0; i < r->policy->nproviders && !spec; i++)
		if (strcmp(r->policy->upstreams[i]->name, name) == 0)
			spec = r->policy->upstreams[i];
	if (!spec)
		return NULL;
	stamps = json_array();
	left_out = json_array();
	for (size_t i = 0; i < spec->naddresses; i++)
		if (stamp_write(spec, i, text) == 0)
			json_array_append_new(stamps, json_string(text));
	if (spec->npins)
		json_array_append_new(left_out, json_string("pins"));
	if (spec->ca_file)
		json_array_append_new(left_out, json_string("ca_file"));
	return json_pack(
	    "{s:s, s:o, s:o}", "name", spec->name, "stamps", stamps, "left_out", left_out);
}
