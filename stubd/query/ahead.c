#include "stubd/query/ahead.h"

#include "policy/config.h"
#include "policy/decide.h"
#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

/* Whoever has given all names to servers of their own asks no provider. */
static bool
providers_are_asked(const struct resolver *r, const struct question *any, struct view *view)
{
	policy_view(r->policy, any, &r->netview, view);
	return view->kind == VIEW_PROVIDERS;
}

static void
connect_first(struct resolver *r)
{
	const struct question any = { .name = { .len = 1 }, .type = TYPE_NS, .class = CLASS_IN };
	struct view view;
	struct route route;

	if (!r->policy->prewarm || r->draining || !providers_are_asked(r, &any, &view))
		return;
	resolver_route(r, &view, &any.name, 0, &route);
	if (route.nstages && route.stages[0].kind == STAGE_PROVIDERS && route.stages[0].ncandidates)
		pool_connect(r->pool, route.stages[0].candidates[0]);
}

void
ahead_at_start(struct resolver *resolver)
{
	connect_first(resolver);
}

void
ahead_in_epoch(struct resolver *resolver)
{
	const msec asked = resolver->missed_at;

	if (asked && loop_now(resolver->loop) - asked < AHEAD_ACTIVE)
		connect_first(resolver);
}
