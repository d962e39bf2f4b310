#include "stubd/epoch.h"

#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/watch/route.h"

#include <stdlib.h>

struct epoch {
	struct resolver *resolver;
	struct route_watch *routes;
	struct timer settle;
};

static void
on_routes(void *arg)
{
	struct epoch *e = arg;
	char why[POOL_WHY_MAX];

	switch (pool_paths(e->resolver->pool, why)) {
	case ROUTE_LIVES:
		timer_stop(&e->settle);
		break;
	case ROUTE_MOVED:
		timer_stop(&e->settle);
		resolver_new_epoch(e->resolver, why);
		break;
	case ROUTE_LOST:
		if (!timer_running(&e->settle))
			timer_start(&e->settle, EPOCH_SETTLE);
		break;
	}
}

static void
on_settle(void *arg)
{
	struct epoch *e = arg;
	char why[POOL_WHY_MAX];

	if (pool_paths(e->resolver->pool, why) != ROUTE_LIVES)
		resolver_new_epoch(e->resolver, why);
}

struct epoch *
epoch_new(struct loop *loop, struct resolver *resolver)
{
	struct epoch *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->resolver = resolver;
	timer_init(&e->settle, loop, on_settle, e);
	e->routes = route_watch_new(loop, on_routes, e);
	return e->routes ? e : epoch_free(e);
}

struct epoch *
epoch_free(struct epoch *epoch)
{
	if (!epoch)
		return NULL;
	epoch->routes = route_watch_free(epoch->routes);
	timer_stop(&epoch->settle);
	free(epoch);
	return NULL;
}
