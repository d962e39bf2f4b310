/*
 * While there is no network: see pool.h. It waits the opening, which then tries nothing. So what is asked
 * meanwhile is bounded, cancelled, moved on by an epoch and ended as all that waits for a connection.
 */
#include "stubd/upstream/pool_impl.h"

bool
upstream_has_way(const struct upstream *u)
{
	struct addr to, ignored;

	for (size_t i = 0; i < u->nplaces; i++) {
		if (!u->places[i].addr.family)
			continue;
		upstream_target(u, &u->places[i].addr, &to);
		if (u->pool->env.paths->source(&to, u->spec.link, &ignored) == 0)
			return true;
	}
	return false;
}

bool
pool_has_way(const struct pool *pool, uint16_t upstream)
{
	return !pool->env.paths || upstream_has_way(pool->upstreams[upstream]);
}

msec
pool_away(const struct pool *pool)
{
	const msec now = pool_now(pool);

	return now < pool->away_until ? pool->away_until - now : 0;
}

msec
pool_way_since(const struct pool *pool)
{
	return pool_away(pool) ? pool_now(pool) : pool->way_since;
}

msec
upstream_away(struct upstream *u)
{
	struct pool *pool = u->pool;

	if (!pool->env.paths || u->spec.link || (pool->away_until && !pool_away(pool)) ||
	    upstream_has_way(u))
		return 0;
	/* A connection may fail before the kernel's message is read. */
	if (!pool->away_until)
		paths_look(pool);
	return pool_away(pool);
}

bool
opening_is_away(struct opening *o)
{
	const msec left = o->ntries ? 0 : upstream_away(o->upstream);

	if (left) {
		o->is_away = true;
		timer_start(&o->pace, left);
		return true;
	}
	if (o->is_away) {
		o->is_away = false;
		o->started = pool_now(o->upstream->pool);
		o->tried = 0;
	}
	return false;
}

void
away_begin(struct upstream *u, bool live)
{
	struct pool *pool = u->pool;

	if (live || upstream_has_way(u))
		away_end(pool);
	else if (!pool->away_until)
		pool->away_until = pool_now(pool) + POOL_AWAY;
}

void
away_end(struct pool *pool)
{
	if (pool->away_until) {
		pool->away_until = 0;
		pool->way_since = pool_now(pool);
		away_look(pool);
	}
}

static void
wake(struct upstream *u)
{
	list_for_each (it, &u->openings) {
		struct opening *o = container_of(it, struct opening, link);

		if (o->is_away)
			timer_start(&o->pace, 0);
	}
}

void
away_look(struct pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		wake(pool->upstreams[i]);
	list_for_each (it, &pool->gone)
		wake(container_of(it, struct upstream, link));
}
