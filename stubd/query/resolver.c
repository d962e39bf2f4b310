#include "stubd/query/resolver.h"

#include "policy/config.h"
#include "policy/dns64.h"
#include "stubd/base/log.h"
#include "stubd/base/rand.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/net/loop.h"
#include "stubd/query/designations.h"
#include "stubd/query/domains.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/flight.h"
#include "stubd/query/guard.h"
#include "stubd/query/ledger.h"
#include "stubd/query/query.h"
#include "stubd/query/scopes.h"
#include "stubd/query/upstreams.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
resolver_init(struct resolver *resolver)
{
	memset(resolver, 0, sizeof(*resolver));
	list_init(&resolver->queries);
	list_init(&resolver->flying);
	resolver->ledger = ledger_new();
	resolver->domains = domains_new();
	if (resolver->ledger && resolver->domains && map_init(&resolver->flights, 256) == 0)
		return 0;
	resolver->domains = domains_free(resolver->domains);
	resolver->ledger = ledger_free(resolver->ledger);
	return -ENOMEM;
}

void
resolver_close(struct resolver *resolver)
{
	resolver->draining = true;
	query_end_all(resolver, "stubd is stopping");
	flight_end_all(resolver, "stubd is stopping");
	timer_stop(&resolver->ebb);
	map_clear(&resolver->flights);
	spares_clear(&resolver->spare_flights);
	spares_clear(&resolver->spare_queries);
	resolver->guard = guard_free(resolver->guard);
	resolver->ledger = ledger_free(resolver->ledger);
	resolver->domains = domains_free(resolver->domains);
	resolver->scopes = scopes_free(resolver->scopes);
	resolver->policy = policy_free(resolver->policy);
}

bool
resolver_same_view(const struct resolver *resolver, const struct view *view,
    const struct name *target, uint16_t type)
{
	const struct question question = { .name = *target, .type = type, .class = CLASS_IN };
	struct view other;

	policy_owner(resolver->policy, &question, &resolver->netview, &other);
	/* The providers have one view, whatever the number of a network in it (query/scopes.h). */
	return other.kind == view->kind && (other.kind == VIEW_PROVIDERS || other.id == view->id);
}

const struct prefix *
resolver_dns64(const struct resolver *resolver)
{
	return dns64_prefix(resolver->policy, &resolver->netview);
}

void
resolver_set_policy(struct resolver *resolver, struct policy *policy)
{
	struct policy *old = resolver->policy;
	int error;

	resolver->policy = policy;
	/* What was learnt under other rules may be owned by another view now. */
	if (old && resolver->cache)
		cache_flush(resolver->cache, NULL, true);
	if (old && resolver->engine)
		engine_forget(resolver->engine);
	if (resolver->engine)
		exceptions_links_changed(resolver);
	error = resolver->engine ? exceptions_tell(resolver) : 0;
	if (error)
		log_error("what is excepted from validation stays as it was: %s", strerror(-error));
	if (old)
		flight_reroute_all(resolver);
	if (resolver->cache)
		cache_set_stale(resolver->cache, policy->cache_stale);
	policy_free(old);
}

void
resolver_changed(struct resolver *resolver)
{
	if (resolver->changed)
		resolver->changed(resolver->changed_arg);
}

void
resolver_look_at_clock(struct resolver *resolver, bool now)
{
	const bool before = resolver->netview.unsynchronised;

	if (!resolver->look_at_clock || (!now && loop_now(resolver->loop) < resolver->clock_due))
		return;
	resolver->look_at_clock(resolver->clock_arg);
	if (resolver->netview.unsynchronised != before)
		exceptions_clock_changed(resolver);
	resolver->clock_due =
	    loop_now(resolver->loop) +
	    (resolver->walltime.unsynchronised ? CLOCK_PATIENCE_BAD : CLOCK_PATIENCE);
}

void
resolver_await_miss(struct resolver *resolver, void (*cb)(void *), void *arg)
{
	resolver->missed = cb;
	resolver->missed_arg = arg;
}

void
resolver_tell_miss(struct resolver *resolver)
{
	void (*const missed)(void *) = resolver->missed;

	resolver->missed = NULL;
	resolver->missed_at = loop_now(resolver->loop);
	if (missed)
		missed(resolver->missed_arg);
}

void
resolver_new_epoch(struct resolver *resolver, const char *reason)
{
	struct net_epoch *epoch = &resolver->epoch;

	epoch->number++;
	epoch->since = loop_now(resolver->loop);
	snprintf(epoch->reason, sizeof(epoch->reason), "%s", reason);
	log_info("event=epoch number=%u reason=\"%s\"", epoch->number, epoch->reason);
	verdicts_new_epoch(resolver);
	resolver_look_at_clock(resolver, true);
	engine_forget(resolver->engine);
	/* Failures tell of the old one (RFC 9520 section 3.2). */
	cache_forget_failures(resolver->cache);
	cache_flush_network(resolver->cache);
	ledger_new_network(resolver->ledger);
	if (designations_new_epoch(resolver->designations))
		upstreams_network_changed(resolver);
	pool_new_epoch(resolver->pool);
	if (resolver->epoch_changed)
		resolver->epoch_changed(resolver->epoch_arg);
}

void
resolver_route(const struct resolver *resolver, const struct view *view, const struct name *name,
    size_t domain, struct route *out)
{
	const enum strategy strategy = resolver->policy->strategy;
	const bool sharded = domain && strategy == STRATEGY_SHARD;
	struct name suffix;
	uint64_t random = 0;

	if (sharded)
		name_suffix(name, domain, &suffix);
	if (strategy == STRATEGY_SPREAD || strategy == STRATEGY_FASTEST)
		rand_bytes(&random, sizeof(random));
	policy_route(resolver->policy, view, name, sharded ? &suffix : NULL, &resolver->netview,
	    pool_standing(resolver->pool), &resolver->draw, loop_now(resolver->loop), random, out);
}
