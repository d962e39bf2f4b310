#include "stubd/net/loop.h"
#include "stubd/upstream/pool_impl.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void
ask_unlink(struct ask *ask)
{
	list_remove(&ask->link);
	if (ask->opening)
		ask->upstream->nwaiting--;
	ask->opening = NULL;
	ask->conn = NULL;
}

void
ask_free(struct ask *ask)
{
	struct upstream *u = ask->upstream;

	timer_stop(&ask->timeout);
	ask_unlink(ask);
	u->outstanding--;
	if (ask->flags & POOL_ASK_PROBE)
		u->nprobes--;
	spares_give(&u->pool->spare_asks, ask);
	upstream_settle(u);
}

/* The one end of an ask: tells the asker. */
static void
end(struct ask *ask, const struct ask_result *result)
{
	ask_cb *cb = ask->cb;
	void *arg = ask->arg;

	/* What the result points to must outlive the ask, not the other way round. */
	ask_free(ask);
	cb(arg, result);
}

static void
end_failed(struct ask *ask, enum ask_fail fail, const char *text, const struct place *place)
{
	struct upstream *u = ask->upstream;
	char copy[POOL_TEXT_MAX];
	struct ask_result result = {
		.fail = fail,
		.text = copy,
		.upstream = u->index,
		.way = place->spec,
		.transport = place->ops->name,
		.address = place->addr,
	};

	snprintf(copy, sizeof(copy), "%s", text && *text ? text : ask_fail_text(fail));
	u->stats.fails[fail]++;
	end(ask, &result);
}

void
ask_fail_later(struct ask *ask, enum ask_fail fail, const char *text, const struct place *place)
{
	struct pool *pool = ask->upstream->pool;

	ask_unlink(ask);
	timer_stop(&ask->timeout);
	ask->fail = fail;
	ask->place = place;
	snprintf(ask->text, sizeof(ask->text), "%s", text);
	list_push_back(&pool->ended, &ask->link);
	timer_start(&pool->ends, 0);
}

void
ask_end_all(void *arg)
{
	struct pool *pool = arg;

	/* One at a time: a callback may cancel any other. */
	while (!list_empty(&pool->ended)) {
		struct ask *ask = container_of(pool->ended.next, struct ask, link);

		end_failed(ask, ask->fail, ask->text, ask->place);
	}
}

/* Nobody got an answer for as long as this one waited: that is news of the upstream, unless the
 * question alone is slow. */
static void
note_silence(struct ask *ask)
{
	struct upstream *u = ask->upstream;
	/* A rule's timeout is the person's own word for how long silence may last. */
	const msec most = u->spec.timeout ? u->spec.timeout : POOL_SILENCE;
	msec now = pool_now(u->pool);

	if (!ask->conn || now - ask->sent < most || upstream_heard(u) > ask->sent)
		return;
	upstream_note(u, ask->conn->place, "no answer");
	upstream_trouble(u, TROUBLE_ASKING, ASK_TIMEOUT, "no answer");
	health_fail(&u->health, ASK_TIMEOUT, now);
}

static void
on_timeout(void *arg)
{
	struct ask *ask = arg;
	struct upstream *u = ask->upstream;
	const struct place *place = ask->conn ? ask->conn->place : &u->places[u->first];
	const char *text = ask->conn ? "no answer in time" : "no connection in time";

	note_silence(ask);
	if (ask->conn)
		place->ops->cancel(ask->conn->transport, &ask->t);
	end_failed(ask, ASK_TIMEOUT, text, place);
}

static void
tell(struct ask *ask)
{
	struct upstream *u = ask->upstream;
	const struct pool *pool = u->pool;
	const unsigned again = ask->written ? POOL_ASK_AGAIN : 0;
	struct record *record = upstream_record(u);

	ask->written = true;
	if (record)
		record->used = ask->sent;
	if (pool->on_sent)
		pool->on_sent(pool->sent_arg, &u->spec, &ask->question, ask->flags | again);
}

int
ask_send(struct ask *ask, struct conn *conn, bool reused)
{
	struct upstream *u = conn->upstream;
	int error = conn->place->ops->ask(conn->transport, &ask->t);

	if (error)
		return error;
	ask->conn = conn;
	conn->asked = true;
	ask->sent = pool_now(u->pool);
	if (!u->asked || upstream_heard(u) > u->asked)
		u->asked = ask->sent;
	ask->sent_us = clock_monotonic_us();
	ask->answers = u->stats.answers;
	ask->reused = reused;
	list_push_back(&conn->asks, &ask->link);
	tell(ask);
	return 0;
}

static void
wait_on(struct ask *ask, struct opening *opening)
{
	ask->opening = opening;
	ask->upstream->nwaiting++;
	list_push_back(&opening->asks, &ask->link);
}

/* An answer left room on a connection: who waits for another need not wait for its handshake, but for hedges,
 * which have their reason. */
static void
fill_room(struct conn *conn)
{
	struct upstream *u = conn->upstream;

	for (struct list *it = u->openings.next; it != &u->openings; it = it->next) {
		struct opening *o = container_of(it, struct opening, link);
		struct list *at = o->asks.next;

		while (at != &o->asks) {
			struct ask *ask = container_of(at, struct ask, link);

			at = at->next;
			if (ask->flags & POOL_ASK_FRESH)
				continue;
			if (conn->retired || !conn->place->ops->room(conn->transport))
				return;
			ask_unlink(ask);
			if (ask_send(ask, conn, true) == 0)
				continue;
			wait_on(ask, o);
			return;
		}
	}
}

static void
answered(struct ask *ask, const uint8_t *wire, size_t len)
{
	struct upstream *u = ask->upstream;
	struct conn *conn = ask->conn;
	msec now = pool_now(u->pool);
	uint64_t rtt = clock_monotonic_us() - ask->sent_us;
	struct ask_result result = {
		.fail = ASK_OK,
		.text = "",
		.wire = wire,
		.len = len,
		.upstream = u->index,
		.way = conn->place->spec,
		.transport = conn->place->ops->name,
		.address = conn->addr,
		.connection_age = ask->reused ? now - conn->ready : 0,
		.rtt_us = rtt < UINT32_MAX ? (uint32_t)rtt : UINT32_MAX,
	};

	conn->heard = now;
	conn_note_end(conn, ASK_OK);
	u->asked = 0; /* also when all of it was in one millisecond */
	u->stats.answers++;
	if (u->record)
		times_add(&u->record->query, result.rtt_us);
	health_answer(&u->health, result.rtt_us, now);
	if (u->nwaiting)
		fill_room(conn);
	end(ask, &result);
}

/* Servers close idle connections at any time, and many of them after so many answers, which refuses what they
 * have not begun with: who waits among hundreds may meet that several times. One that only closes is asked
 * no more. */
static bool
may_repeat(const struct ask *ask, enum ask_fail fail)
{
	const bool works = ask->conn->fruitful || ask->upstream->stats.answers > ask->answers;

	return fail == ASK_RESET && (!ask->repeats || (works && ask->repeats < POOL_REPEATS));
}

static void
ask_again(struct ask *ask, struct conn *conn)
{
	ask->repeats++;
	ask_unlink(ask);
	conn_retire(conn);
	ask_place(ask);
}

static void
fail_held(struct ask *ask)
{
	struct upstream *u = ask->upstream;
	const msec now = pool_now(u->pool), until = u->health.standing->held_until;
	char text[POOL_TEXT_MAX];

	snprintf(text, sizeof(text), "asks us to wait %llu s",
	    (unsigned long long)(until > now ? until - now + 999 : 0) / 1000);
	ask_fail_later(ask, ASK_HTTP, text, &u->places[u->first]);
}

/* What waits for a connection is not asked any more, either. */
static void
hold(struct upstream *u, msec ms)
{
	health_hold(&u->health, ms, pool_now(u->pool));
	list_for_each (it, &u->openings) {
		struct opening *o = container_of(it, struct opening, link);

		while (!list_empty(&o->asks))
			fail_held(container_of(o->asks.next, struct ask, link));
	}
}

/* Could the loss of the network be the reason? */
static bool
is_of_the_way(enum ask_fail fail)
{
	return fail == ASK_REFUSED || fail == ASK_RESET || fail == ASK_TIMEOUT;
}

static void
on_done(
    struct transport_ask *t, enum ask_fail fail, const char *text, const uint8_t *wire, size_t len)
{
	struct ask *ask = container_of(t, struct ask, t);
	struct upstream *u = ask->upstream;
	const struct place *place = ask->conn->place;
	bool is_blocked;

	if (fail == ASK_OK) {
		answered(ask, wire, len);
		return;
	}
	if (is_of_the_way(fail) && upstream_away(u)) {
		ask_again(ask, ask->conn);
		return;
	}
	is_blocked = conn_note_end(ask->conn, fail);
	if (may_repeat(ask, fail) || (is_blocked && !ask->moved)) {
		ask->moved |= is_blocked;
		ask_again(ask, ask->conn);
		return;
	}
	if (fail != ASK_FULL) {
		upstream_note(u, place, text);
		upstream_trouble(u, TROUBLE_ASKING, fail, text);
	}
	if (t->hold)
		hold(u, t->hold);
	if (fail != ASK_TIMEOUT || upstream_heard(u) <= ask->sent)
		health_fail(&u->health, fail, pool_now(u->pool));
	end_failed(ask, fail, text, place);
}

/* The opening that an ask should wait on; NULL: there is none and none may be begun. */
static struct opening *
opening_for(struct upstream *u, bool fresh)
{
	const bool is_lost = health_is_lost(&u->health);
	const bool may = u->nconns + u->nopenings < POOL_CONNECTIONS &&
			 health_may_try(&u->health, pool_now(u->pool));
	struct opening *any = NULL;

	list_for_each (it, &u->openings) {
		struct opening *o = container_of(it, struct opening, link);

		any = o;
		if (o->fresh || !fresh || is_lost)
			return o;
	}
	if (may)
		return opening_new(u, fresh);
	return any;
}

/* The ask on that connection that asks the same; NULL: none. */
static const struct ask *
twin_on(const struct conn *conn, const struct ask *ask)
{
	for (const struct list *it = conn->asks.next; it != &conn->asks; it = it->next) {
		const struct ask *other = container_of(it, struct ask, link);

		if (other->question.type == ask->question.type &&
		    name_equal(&other->question.name, &ask->question.name))
			return other;
	}
	return NULL;
}

/* A connection where the upstream gave a sign of life since it was asked the same on another; NULL:
 * none. */
static struct conn *
conn_for_hedge(const struct ask *ask)
{
	const struct upstream *u = ask->upstream;
	msec since = UINT64_MAX;

	list_for_each (it, &u->conns) {
		const struct ask *twin = twin_on(container_of(it, struct conn, link), ask);

		if (twin && twin->sent < since)
			since = twin->sent;
	}
	list_for_each (it, &u->conns) {
		struct conn *conn = container_of(it, struct conn, link);

		if (!conn->retired && conn_heard(conn) > since && !twin_on(conn, ask) &&
		    conn->place->ops->room(conn->transport))
			return conn;
	}
	return NULL;
}

void
ask_place(struct ask *ask)
{
	struct upstream *u = ask->upstream;
	bool fresh = ask->flags & POOL_ASK_FRESH;
	struct conn *conn = fresh ? conn_for_hedge(ask) : conn_usable(u);
	struct opening *opening;

	if (conn && ask_send(ask, conn, true) == 0)
		return;
	opening = u->nwaiting < POOL_WAITING ? opening_for(u, fresh) : NULL;
	if (opening) {
		wait_on(ask, opening);
		return;
	}
	/* A hedge without room for one more connection is an ask like any other. */
	conn = conn_usable(u);
	if (conn && ask_send(ask, conn, true) == 0)
		return;
	if (!health_may_try(&u->health, pool_now(u->pool)))
		ask_fail_later(ask, u->health.fail, u->last_why, &u->places[u->first]);
	else
		ask_fail_later(ask, ASK_FULL, "no room on any connection", &u->places[u->first]);
}

/* Is there a connection, or one on its way, or may one be opened? */
static bool
can_be_asked(struct upstream *u)
{
	return conn_usable(u) || u->nopenings || health_may_try(&u->health, pool_now(u->pool));
}

int
pool_ask(struct pool *pool, uint16_t upstream, const struct question *question,
    const struct msg_ask *how, unsigned flags, msec timeout, ask_cb *cb, void *arg,
    struct ask **out)
{
	struct upstream *u = upstream < pool->n ? pool->upstreams[upstream] : NULL;
	struct ask *ask;
	bool let;

	if (!u)
		return -ENOENT;
	if (flags & POOL_ASK_PROBE && u->nprobes)
		return -EALREADY;
	if (flags & POOL_ASK_PROBE)
		u->health.standing->probed = pool_now(pool);
	if (flags & POOL_ASK_PROBE && !can_be_asked(u))
		return -EAGAIN;
	/* Nobody else works when one is probed that is held. */
	let = health_let(&u->health, flags & (POOL_ASK_PROBE | POOL_ASK_ANYWAY), pool_now(pool));
	if (flags & POOL_ASK_PROBE && !let)
		return -EAGAIN;
	ask = spares_take(&pool->spare_asks, sizeof(*ask));
	if (!ask)
		return -ENOMEM;
	memset(ask, 0, offsetof(struct ask, fail));
	list_init(&ask->link);
	ask->upstream = u;
	question_copy(&ask->question, question);
	ask->t.question = &ask->question;
	ask->t.flags = *how;
	ask->t.done = on_done;
	list_init(&ask->t.link);
	ask->flags = flags;
	ask->cb = cb;
	ask->arg = arg;
	u->stats.asks++;
	u->outstanding++;
	if (flags & POOL_ASK_PROBE)
		u->nprobes++;
	timer_init(&ask->timeout, pool->env.loop, on_timeout, ask);
	timer_start(&ask->timeout, timeout);
	if (let)
		ask_place(ask);
	else
		fail_held(ask);
	*out = ask;
	return 0;
}

bool
pool_ask_alive(const struct ask *ask)
{
	return ask->conn && conn_heard(ask->conn) > ask->sent;
}

void
pool_cancel(struct ask *ask)
{
	note_silence(ask);
	if (ask->conn)
		ask->conn->place->ops->cancel(ask->conn->transport, &ask->t);
	ask_free(ask);
}
