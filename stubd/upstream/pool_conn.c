#include "stubd/base/log.h"
#include "stubd/net/loop.h"
#include "stubd/upstream/pool_impl.h"

#include <stdio.h>
#include <stdlib.h>

msec
conn_heard(const struct conn *conn)
{
	const struct transport_ops *ops = conn->place->ops;

	return ops->heard ? ops->heard(conn->transport) : conn->heard;
}

msec
upstream_heard(const struct upstream *u)
{
	msec heard = u->heard;

	for (const struct list *it = u->conns.next; it != &u->conns; it = it->next) {
		const msec on = conn_heard(container_of(it, struct conn, link));

		if (on > heard)
			heard = on;
	}
	return heard;
}

msec
upstream_silent(const struct upstream *u)
{
	const msec heard = upstream_heard(u);
	msec since = heard > u->asked ? 0 : u->asked;

	for (const struct list *it = u->openings.next; it != &u->openings; it = it->next) {
		const msec started = container_of(it, struct opening, link)->started;
		const bool is_away = container_of(it, struct opening, link)->is_away;

		if (!is_away && heard <= started && (!since || started + POOL_SHAKE < since))
			since = started + POOL_SHAKE;
	}
	return since;
}

/* Before its transport is gone. */
static void
remember_heard(const struct conn *conn)
{
	const msec heard = conn_heard(conn);

	if (heard > conn->upstream->heard)
		conn->upstream->heard = heard;
}

static void
conn_free(struct conn *conn)
{
	list_remove(&conn->link);
	if (conn->opening)
		conn->opening->ntries--;
	else
		conn->upstream->nconns--;
	free(conn);
}

void
conn_close(struct conn *conn)
{
	conn->retired = true;
	remember_heard(conn);
	conn->place->ops->close(conn->transport);
	conn_free(conn);
}

void
conn_retire(struct conn *conn)
{
	if (conn->retired)
		return;
	conn->retired = true;
	conn->place->ops->retire(conn->transport);
}

struct conn *
conn_usable(struct upstream *u)
{
	for (struct list *it = u->conns.prev; it != &u->conns; it = it->prev) {
		struct conn *conn = container_of(it, struct conn, link);

		if (!conn->retired && conn->place->ops->room(conn->transport))
			return conn;
	}
	return NULL;
}

static void
debug_event(const struct upstream *u, const struct place *place, const char *event, const char *why)
{
	char text[ADDR_TEXT_MAX];

	log_debug("connection: upstream=%s transport=%s address=%s event=%s reason=\"%s\"",
	    u->spec.name, place->ops->name, addr_to_text(&place->addr, text), event, why);
}

/* --- openings --------------------------------------------------------------------------------- */

static void on_ready(void *arg, uint32_t handshake_us);
static void on_retired(void *arg);
static void on_closed(void *arg, enum ask_fail fail, const char *text);
static void on_left_idle(void *arg, msec idle);

static const struct transport_events events = {
	.ready = on_ready,
	.retired = on_retired,
	.closed = on_closed,
	.left_idle = on_left_idle,
};

static void
note_failure(struct opening *o, enum ask_fail fail, const char *text, const struct place *place)
{
	o->fail = fail;
	o->place = place;
	snprintf(o->text, sizeof(o->text), "%s", text);
	upstream_note(o->upstream, place, text);
	if (fail != ASK_FULL && !upstream_away(o->upstream))
		upstream_trouble(o->upstream, TROUBLE_CONNECTING, fail, text);
	debug_event(o->upstream, place, "failed", text);
}

/* Tries the next address. */
static void
try_next(struct opening *o)
{
	struct upstream *u = o->upstream;
	const struct place *place = &u->places[o->order[o->tried++]];
	struct conn *conn = calloc(1, sizeof(*conn));

	upstream_note_path(u, (size_t)(place - u->places));
	if (conn) {
		list_init(&conn->link);
		list_init(&conn->asks);
		conn->upstream = u;
		conn->place = place;
		upstream_target(u, &place->addr, &conn->addr);
		conn->transport =
		    place->ops->open(&u->pool->env, place->spec, &conn->addr, &events, conn);
	}
	if (!conn || !conn->transport) {
		free(conn);
		note_failure(o, ASK_FULL, "no memory or no socket", place);
		return;
	}
	health_shake(&u->health, pool_now(u->pool));
	conn->opening = o;
	list_push_back(&o->tries, &conn->link);
	o->ntries++;
	u->stats.connections_opened++;
}

/* Is one more try allowed now? */
static bool
may_try_next(const struct opening *o)
{
	const struct upstream *u = o->upstream;

	if (o->tried >= o->norder)
		return false;
	if (!health_is_lost(&u->health))
		return o->ntries < POOL_RACE;
	for (const struct list *it = u->openings.next; it != &u->openings; it = it->next) {
		if (container_of(it, struct opening, link)->ntries)
			return false;
	}
	return health_may_shake(&u->health, pool_now(u->pool));
}

/* When to look again: the next address is due, or patience ends. */
static void
set_pace(struct opening *o)
{
	msec gone = pool_now(o->upstream->pool) - o->started;
	msec left = gone < POOL_CONNECT ? POOL_CONNECT - gone : 0;

	if (!o->ntries)
		left = 0;
	else if (may_try_next(o) && left > POOL_STAGGER)
		left = POOL_STAGGER;
	timer_start(&o->pace, left);
}

static void
tell_reach(const struct upstream *u, bool reached)
{
	if (u->pool->on_reach && !u->is_gone)
		u->pool->on_reach(u->pool->reach_arg, u->index, reached);
}

/* Does that say something of the address that was tried? */
static bool
is_of_the_address(enum ask_fail fail)
{
	return fail == ASK_REFUSED || fail == ASK_RESET || fail == ASK_TIMEOUT || fail == ASK_TLS;
}

/* No connection came of it. */
static void
opening_failed(struct opening *o)
{
	struct upstream *u = o->upstream;

	ways_forget(u);
	if (health_is_lost(&u->health))
		u->turn = (u->turn + o->tried) % o->norder;
	else
		places_turn(u);
	if (o->fail != ASK_TIMEOUT || upstream_heard(u) <= o->started)
		health_fail(&u->health, o->fail, pool_now(u->pool));
	if (!u->nconns && is_of_the_address(o->fail))
		tell_reach(u, false);
	while (!list_empty(&o->asks)) {
		struct ask *ask = container_of(o->asks.next, struct ask, link);

		ask_fail_later(ask, o->fail, o->text, o->place);
	}
	opening_free(o);
	upstream_settle(u);
}

static void
on_pace(void *arg)
{
	struct opening *o = arg;
	const bool is_away = opening_is_away(o);
	msec gone = pool_now(o->upstream->pool) - o->started;
	const bool more = may_try_next(o);

	if (is_away)
		return;
	if (gone >= POOL_CONNECT) {
		if (o->ntries)
			note_failure(o, ASK_TIMEOUT, "no connection within 2.5 s",
			    container_of(o->tries.next, struct conn, link)->place);
		opening_failed(o);
		return;
	}
	if (!o->ntries && !more) {
		opening_failed(o);
		return;
	}
	if (more)
		try_next(o);
	set_pace(o);
}

struct opening *
opening_new(struct upstream *u, bool fresh)
{
	struct opening *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->upstream = u;
	o->fresh = fresh;
	o->started = pool_now(u->pool);
	o->norder = places_order(u, fresh, o->order);
	list_init(&o->asks);
	list_init(&o->tries);
	list_push_back(&u->openings, &o->link);
	u->nopenings++;
	timer_init(&o->pace, u->pool->env.loop, on_pace, o);
	if (!opening_is_away(o)) {
		try_next(o);
		set_pace(o);
	}
	return o;
}

void
pool_connect(struct pool *pool, uint16_t upstream)
{
	struct upstream *u = upstream < pool->n ? pool->upstreams[upstream] : NULL;

	if (!u || u->spec.scheme == SCHEME_DNS || u->nopenings || u->nconns == POOL_CONNECTIONS ||
	    conn_usable(u) || health_is_lost(&u->health) || pool_is_held(pool, upstream))
		return;
	(void)opening_new(u, false);
}

void
opening_free(struct opening *o)
{
	while (!list_empty(&o->tries))
		conn_close(container_of(o->tries.next, struct conn, link));
	timer_stop(&o->pace);
	list_remove(&o->link);
	o->upstream->nopenings--;
	free(o);
}

/* --- events ----------------------------------------------------------------------------------- */

/* Hedges must not pile up connections. */
static void
retire_spare(struct upstream *u)
{
	size_t n = 0;

	for (struct list *it = u->conns.prev; it != &u->conns; it = it->prev) {
		struct conn *conn = container_of(it, struct conn, link);

		if (!conn->retired && ++n > POOL_SPARE)
			conn_retire(conn);
	}
}

/* A connection is to be closed before the server does it, by a tenth of the time and half a second:
 * a question that crosses the server's FIN is lost for a round trip or more. */
static void
limit_idle(struct conn *conn)
{
	const struct upstream *u = conn->upstream;
	const msec margin = u->idle / 10 + POOL_IDLE_LEAST;

	if (u->idle && conn->place->ops->limit_idle)
		conn->place->ops->limit_idle(conn->transport,
		    u->idle > margin + POOL_IDLE_LEAST ? u->idle - margin : POOL_IDLE_LEAST);
}

/* Plain servers shake no hands. */
static void
note_handshake(const struct conn *conn, uint32_t us)
{
	struct upstream *u = conn->upstream;
	struct record *record = u->spec.scheme == SCHEME_DNS ? NULL : upstream_record(u);

	u->stats.handshakes++;
	if (record)
		times_add(&record->handshake, us);
}

/* The first of its opening: it takes the questions that waited, as far as it has room; the others of
 * the opening are closed. */
static void
on_ready(void *arg, uint32_t handshake_us)
{
	struct conn *conn = arg;
	struct opening *o = conn->opening;
	struct upstream *u = conn->upstream;
	struct list left; /* asks that found no room on it */

	if (!o)
		return;
	note_handshake(conn, handshake_us);
	list_init(&left);
	list_remove(&conn->link);
	o->ntries--;
	conn->opening = NULL;
	conn->ready = pool_now(u->pool);
	list_push_back(&u->conns, &conn->link);
	u->nconns++;
	u->first = (size_t)(conn->place - u->places);
	u->turn = 0;
	limit_idle(conn);
	debug_event(u, conn->place, "ready", "");
	while (!list_empty(&o->asks)) {
		struct ask *ask = container_of(o->asks.next, struct ask, link);

		ask_unlink(ask);
		if (ask_send(ask, conn, false) != 0)
			list_push_back(&left, &ask->link);
	}
	if (o->fresh)
		retire_spare(u);
	opening_free(o);
	while (!list_empty(&left)) {
		struct ask *ask = container_of(left.next, struct ask, link);

		list_remove(&ask->link);
		ask_place(ask);
	}
	if (u->is_gone)
		conn_retire(conn);
	tell_reach(u, true);
}

static void
on_retired(void *arg)
{
	struct conn *conn = arg;

	conn->retired = true;
}

static void
on_left_idle(void *arg, msec idle)
{
	struct conn *conn = arg;
	struct upstream *u = conn->upstream;

	/* At once is no rest: it does not say how long one may be. */
	if (!idle || (u->idle && u->idle <= idle))
		return;
	u->idle = idle;
	list_for_each (it, &u->conns)
		limit_idle(container_of(it, struct conn, link));
}

/* The transport is gone, and all of its questions were failed before. */
static void
on_closed(void *arg, enum ask_fail fail, const char *text)
{
	struct conn *conn = arg;
	struct upstream *u = conn->upstream;
	struct opening *o = conn->opening;

	if (o) {
		/* Also a server that closes in good order before it was ready is of no use. */
		note_failure(o, fail == ASK_OK ? ASK_RESET : fail, text, conn->place);
		conn_free(conn);
		timer_start(&o->pace, 0);
		return;
	}
	remember_heard(conn);
	debug_event(u, conn->place, "closed", text);
	if (fail != ASK_OK) {
		upstream_note(u, conn->place, text);
		upstream_trouble(u, TROUBLE_CONNECTED, fail, text);
		conn_note_end(conn, fail);
	}
	if (fail == ASK_TIMEOUT && upstream_silent(u))
		health_fail(&u->health, fail, pool_now(u->pool));
	conn_free(conn);
	upstream_settle(u);
}
