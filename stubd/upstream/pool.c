#include "stubd/upstream/pool.h"
#include "stubd/net/loop.h"
#include "stubd/upstream/pool_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool *
pool_new(const struct transport_env *env, const struct transport_ops *const *ops)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->env = *env;
	pool->env.plain = &pool->plain;
	pool->ops = ops;
	list_init(&pool->gone);
	list_init(&pool->ended);
	timer_init(&pool->ends, env->loop, ask_end_all, pool);
	return pool;
}

void
pool_watch(struct pool *pool, pool_sent_cb *sent, void *arg)
{
	pool->on_sent = sent;
	pool->sent_arg = arg;
}

void
pool_watch_reach(struct pool *pool, pool_reach_cb *reach, void *arg)
{
	pool->on_reach = reach;
	pool->reach_arg = arg;
}

void
upstream_note(struct upstream *u, const struct place *place, const char *text)
{
	char where[ADDR_TEXT_MAX];
	const int n = snprintf(u->last_error, sizeof(u->last_error), "%s %s: ", place->ops->name,
	    addr_to_text(&place->addr, where));

	u->last_why = u->last_error + n;
	snprintf(u->last_error + n, sizeof(u->last_error) - (size_t)n, "%s",
	    text && *text ? text : "failed");
}

struct record *
upstream_record(struct upstream *u)
{
	if (!u->record)
		u->record = calloc(1, sizeof(*u->record));
	return u->record;
}

void
upstream_trouble(struct upstream *u, enum trouble_when when, enum ask_fail kind, const char *text)
{
	struct record *record = upstream_record(u);

	if (record)
		record_trouble(record, when, kind, text, pool_now(u->pool));
}

static void
upstream_free(struct upstream *u)
{
	if (!u)
		return;
	list_remove(&u->link);
	free(u->record);
	upstream_spec_clear(&u->spec);
	free(u);
}

static struct upstream *
upstream_new(struct pool *pool, const struct upstream_spec *spec)
{
	struct upstream *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->pool = pool;
	list_init(&u->link);
	list_init(&u->conns);
	list_init(&u->openings);
	u->last_why = u->last_error;
	health_init(&u->health, &u->own);
	u->health.no_shakes = spec->scheme == SCHEME_DNS;
	assert(spec->naddresses);
	if (upstream_spec_copy(&u->spec, spec)) {
		upstream_free(u);
		return NULL;
	}
	places_make(u);
	return u;
}

void
upstream_settle(struct upstream *u)
{
	if (u->is_gone && !u->nconns && !u->nopenings && !u->outstanding)
		upstream_free(u);
}

static void
retire_all(struct upstream *u)
{
	list_for_each (it, &u->conns)
		conn_retire(container_of(it, struct conn, link));
}

/* It left the table: what was asked is answered, nothing new comes. */
static void
upstream_leave(struct upstream *u)
{
	u->own = *u->health.standing;
	u->health.standing = &u->own;
	u->is_gone = true;
	list_push_back(&u->pool->gone, &u->link);
	retire_all(u);
	upstream_settle(u);
}

/* Asks are ended without a word: their askers are going, too. */
static void
upstream_close(struct upstream *u)
{
	u->is_gone = false; /* it is freed below, and nowhere else */
	list_for_each (o, &u->openings) {
		struct opening *opening = container_of(o, struct opening, link);

		while (!list_empty(&opening->asks))
			ask_free(container_of(opening->asks.next, struct ask, link));
		opening_free(opening);
	}
	list_for_each (c, &u->conns) {
		struct conn *conn = container_of(c, struct conn, link);

		while (!list_empty(&conn->asks))
			pool_cancel(container_of(conn->asks.next, struct ask, link));
		conn_close(conn);
	}
	upstream_free(u);
}

struct pool *
pool_free(struct pool *pool)
{
	if (!pool)
		return NULL;
	while (!list_empty(&pool->ended))
		ask_free(container_of(pool->ended.next, struct ask, link));
	for (size_t i = 0; i < pool->n; i++)
		upstream_close(pool->upstreams[i]);
	while (!list_empty(&pool->gone))
		upstream_close(container_of(pool->gone.next, struct upstream, link));
	timer_stop(&pool->ends);
	spares_clear(&pool->spare_asks);
	free(pool->upstreams);
	free(pool->standings);
	free(pool);
	return NULL;
}

/* An upstream of the old table that is the very same and was not taken yet; it is taken. */
static struct upstream *
take_equal(struct pool *pool, const struct upstream_spec *spec, bool *taken)
{
	for (size_t i = 0; i < pool->n; i++) {
		if (taken[i] || !upstream_spec_equal(&pool->upstreams[i]->spec, spec))
			continue;
		taken[i] = true;
		return pool->upstreams[i];
	}
	return NULL;
}

int
pool_set_upstreams(struct pool *pool, const struct upstream_spec *const *specs, size_t n)
{
	struct upstream **upstreams = calloc(n ? n : 1, sizeof(struct upstream *));
	struct standing *standings = calloc(n ? n : 1, sizeof(*standings));
	bool *taken = calloc(pool->n ? pool->n : 1, sizeof(*taken));
	bool *made = calloc(n ? n : 1, sizeof(*made));
	int error = upstreams && standings && taken && made ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < n; i++) {
		upstreams[i] = take_equal(pool, specs[i], taken);
		if (upstreams[i])
			continue;
		made[i] = true;
		upstreams[i] = upstream_new(pool, specs[i]);
		error = upstreams[i] ? 0 : -ENOMEM;
	}
	if (error) {
		for (size_t i = 0; made && upstreams && i < n; i++)
			upstream_free(made[i] ? upstreams[i] : NULL);
		free(upstreams);
		free(standings);
		goto out;
	}
	for (size_t i = 0; i < pool->n; i++) {
		if (!taken[i])
			upstream_leave(pool->upstreams[i]);
	}
	for (size_t i = 0; i < n; i++) {
		standings[i] = *upstreams[i]->health.standing;
		upstreams[i]->health.standing = &standings[i];
		upstreams[i]->index = (uint16_t)i;
	}
	free(pool->upstreams);
	free(pool->standings);
	pool->upstreams = upstreams;
	pool->standings = standings;
	pool->n = n;
out:
	free(taken);
	free(made);
	return error;
}

/* Silence is looked for when somebody asks, so that octets need not be told to the pool. Of plain
 * DNS it tells nothing: packets are lost, and asked for again. */
static void
look(const struct upstream *u)
{
	u->health.standing->silent = u->spec.scheme == SCHEME_DNS ? 0 : upstream_silent(u);
}

const struct standing *
pool_standing(const struct pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		look(pool->upstreams[i]);
	return pool->standings;
}

const struct standing *
pool_standing_of(const struct pool *pool, uint16_t upstream)
{
	look(pool->upstreams[upstream]);
	return &pool->standings[upstream];
}

const struct standing *
pool_usual(const struct pool *pool, uint16_t upstream)
{
	return &pool->standings[upstream];
}

size_t
pool_count(const struct pool *pool)
{
	return pool->n;
}

const struct upstream_spec *
pool_spec(const struct pool *pool, uint16_t upstream)
{
	return &pool->upstreams[upstream]->spec;
}

void
pool_info(const struct pool *pool, uint16_t upstream, struct upstream_info *out)
{
	const struct upstream *u = pool->upstreams[upstream];

	look(u);
	*out = (struct upstream_info){
		.spec = &u->spec,
		.way = u->places[u->first].spec,
		.standing = *u->health.standing,
		.connections = u->nconns,
		.outstanding = u->outstanding,
		.stats = u->stats,
		.last_error = u->last_error,
		.record = u->record,
	};
}

bool
pool_is_held(const struct pool *pool, uint16_t upstream)
{
	return upstream < pool->n && pool->standings[upstream].held_until > pool_now(pool);
}

void
pool_try_all(struct pool *pool)
{
	for (size_t i = 0; i < pool->n; i++) {
		if (!pool->upstreams[i]->nconns)
			health_reset(&pool->upstreams[i]->health);
	}
}

void
pool_note_blocked(struct pool *pool, uint16_t upstream)
{
	if (upstream < pool->n)
		pool->upstreams[upstream]->stats.blocked++;
}

void
pool_retire(struct pool *pool, uint16_t upstream)
{
	if (upstream < pool->n)
		retire_all(pool->upstreams[upstream]);
}
