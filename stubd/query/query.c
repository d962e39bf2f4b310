#include "stubd/query/query.h"

#include "policy/config.h"
#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/arrival.h"
#include "stubd/query/at_once.h"
#include "stubd/query/blocked.h"
#include "stubd/query/crowd.h"
#include "stubd/query/dns64.h"
#include "stubd/query/errand.h"
#include "stubd/query/guard.h"
#include "stubd/query/parts.h"
#include "stubd/query/scopes.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/synthesis.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct query {
	struct list link; /* in resolver->queries */
	struct resolver *resolver;
	query_reply_cb *reply;
	void *arg;
	struct query_trace *trace;   /* borrowed; NULL unless traced */
	struct guard_client *client; /* borrowed; NULL: this machine itself */

	bool guarded; /* private addresses are not for the name that was asked */
	bool dns64;   /* an AAAA question that may be answered by way of A */
	struct parts parts;
	struct flight_wait wait;
	struct timer deadline;
	struct timer patience; /* runs while there is an answer past its time */
	msec started;	       /* on the loop's clock */
	bool late;	       /* an answer past its time is better than waiting on */
	struct reply_extra extra;

	/* from here on: written by query_new(), which does not clear it first */
	struct query_front front;
	struct msg_query msg;
	struct question current; /* this step's question: the client's, or where a chain went on */
	struct view view;	 /* that owns it */
	char text[256];		 /* extra.text */
};

static bool step(struct query *q);

static void
query_free(struct query *q)
{
	struct resolver *r = q->resolver;

	flight_leave(&q->wait);
	timer_stop(&q->deadline);
	timer_stop(&q->patience);
	list_remove(&q->link);
	r->counters.waiting--;
	crowd_shrank(r);
	if (q->client)
		q->client->waiting--;
	parts_clear(&q->parts);
	spares_give(&r->spare_queries, q);
}

/* The one end of a waiting query that is answered. */
static void
finish(struct query *q, const uint8_t *wire, size_t len)
{
	query_reply_cb *reply = q->reply;
	void *arg = q->arg;

	if (q->trace) {
		q->trace->view = q->view;
		q->trace->ede = q->extra.ede;
		snprintf(q->trace->text, sizeof(q->trace->text), "%s", q->text);
		q->trace->steps = (unsigned)q->parts.n;
	}
	query_free(q);
	reply(arg, wire, len);
}

static void
finish_error(struct query *q, enum ede ede, const char *text, bool kept)
{
	uint8_t out[1024];
	size_t len;

	snprintf(q->text, sizeof(q->text), "%s", text);
	q->extra = (struct reply_extra){ .ede = ede, .text = q->text, .kept = kept };
	len = reply_write_error(out, sizeof(out), &q->msg, RCODE_SERVFAIL, &q->extra);
	finish(q, out, len);
}

static void
fail(struct query *q, enum ede ede, const char *text)
{
	q->resolver->counters.failed++;
	finish_error(q, ede, text, false);
}

/* Replies with the whole answer (borrowed). */
static void
conclude(struct query *q, const struct answer *whole)
{
	struct answer *made = NULL;
	uint8_t out[MSG_MAX];
	size_t len;

	label_say(whole, &q->extra, q->text, sizeof(q->text));
	if (q->trace)
		q->trace->security = whole->security;
	if (q->guarded && whole->private_address) {
		snprintf(q->text, sizeof(q->text), "%s", BLOCKED_TEXT);
		q->extra.ede = EDE_FILTERED;
		len = blocked_write(q->resolver, &q->msg,
		    arrival_limit(q->resolver, &q->front, &q->msg), out, sizeof(out), NULL);
	} else {
		if (q->parts.negative)
			whole = dns64_reply(q->resolver, q->parts.negative, whole, &made);
		len = reply_write(out, sizeof(out), arrival_limit(q->resolver, &q->front, &q->msg),
		    &q->msg, whole, 0, &q->extra);
	}
	answer_free(made);
	q->resolver->counters.answered++;
	finish(q, out, len);
}

/* All parts are there: join and reply. */
static void
succeed(struct query *q)
{
	struct answer *joined;
	const struct answer *whole;

	if (parts_last(&q->parts)->cut) {
		fail(q, EDE_OTHER, "the chain of CNAMEs is too long");
		return;
	}
	whole = parts_whole(&q->parts, &joined);
	if (whole)
		conclude(q, whole);
	else
		fail(q, EDE_OTHER, "the chain of CNAMEs does not fit one answer");
	answer_free(joined);
}

/* Adds one part (takes it). Returns true when the chain goes on with another question. */
static bool
add_part(struct query *q, struct answer *part)
{
	if (!parts_add(&q->parts, part))
		return false;
	q->current.name = part->target;
	q->wait.hash = 0;
	scopes_owner(q->resolver, &q->current, &q->msg, &q->view);
	return true;
}

/* RFC 6147 section 5.1: a name that has no IPv6 addresses is asked for its A records, once. Returns true
 * when the query goes on with that question. */
static bool
turn_to_a(struct query *q)
{
	const struct answer *last = parts_last(&q->parts);

	if (!q->dns64 || q->parts.negative || last->cut || last->rcode != RCODE_NOERROR ||
	    answer_has(last, TYPE_AAAA) || parts_set_aside(&q->parts) < 0)
		return false;
	q->current = q->msg.question;
	q->wait.hash = 0;
	q->current.type = TYPE_A;
	scopes_owner(q->resolver, &q->current, &q->msg, &q->view);
	return true;
}

/* What is said of a failure: with the reason that many of them have, if there is one. */
static const char *
explain(const struct query *q, enum ede ede, const char *said, char text[VERDICT_TEXT])
{
	return q->view.kind == VIEW_PROVIDERS ? verdicts_explain(q->resolver, ede, said, text)
					      : said;
}

/* Takes an answer past its time instead of waiting on. False: there is none. The query may be gone. */
static bool
try_stale(struct query *q)
{
	const struct cache_key key = {
		.question = &q->current, .view = q->view.id, .hash = q->wait.hash
	};
	struct resolver *r = q->resolver;

	q->late = true;
	if (cache_is_stale(r->cache, &key, loop_now(r->loop)) == CACHE_NOT_STALE)
		return false;
	flight_leave(&q->wait);
	step(q);
	return true;
}

static void
on_patience(void *arg)
{
	try_stale(arg);
}

static void
on_late(struct flight_wait *wait)
{
	try_stale(container_of(wait, struct query, wait));
}

/* Answers the current question from what is past its time, if that is in use, or nobody answers (in
 * time). The flight for a fresh one goes on or begins, unless one has just failed. */
static struct answer *
part_of_old(struct query *q, const struct cache_key *key, bool failed)
{
	struct resolver *r = q->resolver;
	const msec now = loop_now(r->loop);
	const enum cache_stale stale = cache_is_stale(r->cache, key, now);
	struct answer *part = NULL;

	if (stale == CACHE_STALE_IN_USE || (stale == CACHE_STALE && (q->late || failed)))
		part = cache_get_stale(r->cache, key, now);
	if (!part)
		return NULL;
	if (!failed)
		flight_refresh(r, &q->current, &q->view, LEDGER_STALE);
	snprintf(q->text, sizeof(q->text), "past its time, since nobody has answered yet");
	q->extra = (struct reply_extra){
		.ede = part->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE,
		.text = q->text,
	};
	if (q->trace) {
		q->trace->cached = true;
		q->trace->ttl_left = CACHE_STALE_TTL;
	}
	return part;
}

static void
on_flight(struct flight_wait *wait, const struct flight_result *result)
{
	struct query *q = container_of(wait, struct query, wait);
	struct answer *part;
	char text[VERDICT_TEXT];

	if (q->trace) {
		q->trace->has_flight = true;
		q->trace->security = result->trace->security;
		q->trace->flight = *result->trace;
		q->trace->cached = false;
	}
	if (!result->answer) {
		if (result->failure != FAILURE_LOST || !try_stale(q))
			fail(q, result->ede, explain(q, result->ede, result->text, text));
		return;
	}
	if (result->ede != EDE_NONE && q->extra.ede == EDE_NONE) {
		snprintf(q->text, sizeof(q->text), "%s", result->text);
		q->extra = (struct reply_extra){ .ede = result->ede, .text = q->text };
	}
	scopes_tell(&q->msg, result->answer->scope);
	if (!q->parts.n && !q->dns64 && !q->trace && !result->answer->cut) {
		conclude(q, result->answer); /* nothing else belongs to it: no need for a copy */
		return;
	}
	part = answer_copy(result->answer);
	if (!part)
		fail(q, EDE_OTHER, "out of memory");
	else if (add_part(q, part) || turn_to_a(q))
		step(q);
	else
		succeed(q);
}

/* Answers the current question from what is at hand. Returns 0 and a part, or -ENOENT. */
static int
part_at_hand(struct query *q, struct answer **part)
{
	struct resolver *r = q->resolver;
	const struct cache_key key = {
		.question = &q->current, .view = q->view.id, .hash = q->wait.hash
	};
	uint32_t age;

	if (q->view.kind == VIEW_LOCAL)
		return answer_from_local(&q->current, &q->view.local, part);
	*part = cache_get(r->cache, &key, loop_now(r->loop), &age);
	if (!*part)
		*part = cache_get_cut(r->cache, &key, loop_now(r->loop), &age);
	if (!*part)
		return -ENOENT;
	answer_age(*part, age);
	return 0;
}

/* Joins the flight for the current question, of which nothing is at hand if it is unknown. Returns
 * true; false: the query has ended and is gone. */
static bool
take_off(struct query *q, bool unknown)
{
	struct resolver *r = q->resolver;
	const struct cache_key key = {
		.question = &q->current, .view = q->view.id, .hash = q->wait.hash
	};
	const msec now = loop_now(r->loop), late = q->started + QUERY_PATIENCE;
	int err = -EBUSY;

	resolver_look_at_clock(r, false);
	resolver_tell_miss(r);
	if (r->held <= MAX_HELD)
		err = flight_join(
		    r, &q->current, &q->view, FLIGHT_CHECKED, q->msg.flags & FLAG_CD, &q->wait);
	if (err == -EDQUOT && !q->late && cache_is_stale(r->cache, &key, now) != CACHE_NOT_STALE) {
		q->late = true;
		return step(q);
	}
	if (err == -EBUSY || err == -EDQUOT) {
		r->counters.overloaded++;
		r->counters.capped += err == -EDQUOT;
		finish_error(q, EDE_OTHER,
		    err == -EBUSY ? "too many questions in flight"
				  : "too many questions below its domain wait or led nowhere",
		    false);
	} else if (err < 0) {
		fail(q, EDE_OTHER, "out of memory");
	} else if (!unknown && cache_is_stale(r->cache, &key, now) != CACHE_NOT_STALE) {
		timer_start(&q->patience, late > now ? late - now : 0);
	}
	return err == 0;
}

/* Answers the current question, from here or by a flight; goes on while the chain does. Returns
 * true while the query waits; false: it has ended and is gone. */
static bool
step(struct query *q)
{
	struct resolver *r = q->resolver;
	struct cache_key key = { .question = &q->current };
	char text[VERDICT_TEXT];
	struct failure failure;
	struct answer *part;

	timer_stop(&q->patience);
	do {
		bool failed;

		if (part_at_hand(q, &part) == 0)
			continue;
		key.view = q->view.id;
		key.hash = q->wait.hash;
		failed = cache_find_failure(
		    r->cache, &key, q->msg.flags & FLAG_CD, loop_now(r->loop), &failure);
		part = NULL;
		if (!failed || failure.kind == FAILURE_LOST)
			part = part_of_old(q, &key, failed);
		if (!part && failed) {
			r->counters.failed++;
			finish_error(
			    q, failure.ede, explain(q, failure.ede, failure.text, text), true);
			return false;
		}
		if (!part)
			return take_off(q, false);
	} while (add_part(q, part) || turn_to_a(q));
	succeed(q);
	return false;
}

static void
on_deadline(void *arg)
{
	struct query *q = arg;

	fail(q, EDE_NETWORK_ERROR, "no answer in time");
}

static struct query *
query_new(const struct arrival *a, const struct view *view)
{
	struct resolver *r = a->resolver;
	struct query *q = spares_take(&r->spare_queries, sizeof(*q));

	if (!q)
		return NULL;
	memset(q, 0, offsetof(struct query, front));
	q->text[0] = '\0';
	q->resolver = r;
	q->parts.held = &r->held;
	msg_query_copy(&q->msg, &a->msg);
	q->front = *a->front;
	q->reply = a->reply;
	q->arg = a->arg;
	q->trace = a->trace;
	q->client = a->client;
	if (q->client)
		q->client->waiting++;
	question_copy(&q->current, &a->msg.question);
	view_copy(&q->view, view);
	q->dns64 = arrival_takes_dns64(a, view);
	q->guarded = rebinding_forbids(r->policy, view->kind, &a->msg.question.name);
	q->extra.ede = EDE_NONE;
	q->wait.done = on_flight;
	q->wait.late = on_late;
	q->wait.hash = a->hash;
	q->started = loop_now(r->loop);
	list_init(&q->wait.link);
	list_push_back(&r->queries, &q->link);
	timer_init(&q->deadline, r->loop, on_deadline, q);
	timer_start(&q->deadline, QUERY_DEADLINE);
	timer_init(&q->patience, r->loop, on_patience, q);
	r->counters.waiting++;
	crowd_grew(r);
	return q;
}

/* A miss: the query has to wait, unless there is no room to. unknown: nothing is at hand. */
static void
arrival_wait(const struct arrival *a, const struct view *view, bool unknown, struct query **out)
{
	struct resolver *r = a->resolver;
	struct query *q;

	if (arrival_may_not_wait(a))
		return;
	q = query_new(a, view);
	if (!q) {
		r->counters.failed++;
		arrival_error(a, RCODE_SERVFAIL, EDE_OTHER, "out of memory");
		return;
	}
	*out = (unknown ? take_off(q, true) : step(q)) ? q : NULL;
}

void
query_start_traced(struct resolver *resolver, const uint8_t *bytes, size_t n,
    const struct query_front *front, struct query_trace *trace, query_reply_cb *reply, void *arg,
    struct query **out)
{
	struct arrival a; /* each field by itself: a.msg is large, and msg_read_query() fills it */
	struct view view;
	enum at_once said;

	a.resolver = resolver;
	a.front = front;
	a.trace = trace;
	a.reply = reply;
	a.arg = arg;
	a.client = NULL;
	a.hash = 0;
	*out = NULL;
	resolver->counters.queries++;
	if (arrival_refuse(&a, msg_read_query(bytes, n, &a.msg)))
		return;
	if (!addr_is_loopback(&front->client) && arrival_guard(&a))
		return;
	said = at_once(&a, &view);
	if (said != AT_ONCE_DONE && resolver->desk)
		desk_hand_over(&a, said, bytes, n, out);
	else if (said != AT_ONCE_DONE)
		arrival_wait(&a, &view, said == AT_ONCE_UNKNOWN, out);
}

void
query_cancel(struct resolver *resolver, struct query *query)
{
	if (resolver->desk) {
		desk_forget(query);
		return;
	}
	resolver->counters.abandoned++;
	query_free(query);
}

void
query_end_all(struct resolver *resolver, const char *why)
{
	while (!list_empty(&resolver->queries))
		fail(container_of(resolver->queries.next, struct query, link), EDE_OTHER, why);
}
