#include "stubd/query/at_once.h"

#include "policy/config.h"
#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/query/blocked.h"
#include "stubd/query/errand.h"
#include "stubd/query/scopes.h"
#include "stubd/wire/answer.h"

#include <stdio.h>

enum {
	UDP_REPLY_MAX = 4096, /* the client's EDNS size counts up to this on loopback */
};

static void
trace_cached(struct query_trace *trace, uint32_t ttl_left, enum security security)
{
	if (!trace)
		return;
	trace->cached = true;
	trace->security = security;
	trace->ttl_left = ttl_left;
	trace->steps = 1;
}

static void
trace_failure(struct query_trace *trace, const struct failure *failure, const char *text)
{
	trace->cached = true;
	trace->ede = failure->ede;
	trace->security = failure->kind == FAILURE_BOGUS ? SECURITY_BOGUS : SECURITY_UNCHECKED;
	snprintf(trace->text, sizeof(trace->text), "%s", text);
}

size_t
arrival_limit(
    const struct resolver *r, const struct query_front *front, const struct msg_query *msg)
{
	size_t own = UDP_REPLY_MAX;

	if (front->limit)
		return front->limit;
	if (!addr_is_loopback(&front->client))
		own = r->policy->clients.udp_size;
	return msg->udp_size < own ? msg->udp_size : own;
}

/* Replies that the question fails as it did a moment ago. Returns true when it did. */
static bool
arrival_failed_before(const struct arrival *a, const struct view *view, const struct cache_key *key)
{
	struct resolver *r = a->resolver;
	struct failure failure;
	struct reply_extra extra = { .text = failure.text, .kept = true };
	char text[VERDICT_TEXT];
	uint8_t out[1024];
	size_t len;

	if (!cache_find_failure(r->cache, key, a->msg.flags & FLAG_CD, loop_now(r->loop), &failure))
		return false;
	extra.ede = failure.ede;
	if (view->kind == VIEW_PROVIDERS)
		extra.text = verdicts_explain(r, failure.ede, failure.text, text);
	len = reply_write_error(out, sizeof(out), &a->msg, RCODE_SERVFAIL, &extra);
	if (a->trace)
		trace_failure(a->trace, &failure, extra.text);
	r->counters.failed++;
	a->reply(a->arg, out, len);
	return true;
}

/* Replies that the name does not exist, since one that it is below does not. */
static bool
arrival_denied(const struct arrival *a, const struct cache_key *key)
{
	struct resolver *r = a->resolver;
	uint8_t out[MSG_MAX];
	uint32_t age;
	struct answer *answer = cache_get_cut(r->cache, key, loop_now(r->loop), &age);
	size_t len;

	if (!answer)
		return false;
	len = reply_write(
	    out, sizeof(out), arrival_limit(r, a->front, &a->msg), &a->msg, answer, age, NULL);
	trace_cached(a->trace, answer->ttl - age, answer->security);
	answer_free(answer);
	r->counters.cached++;
	a->reply(a->arg, out, len);
	return true;
}

/* The answer is nearly over, and wanted: the next one is asked for while this one is given. */
static void
prefetch(const struct arrival *a, const struct view *view)
{
	struct resolver *r = a->resolver;

	if (!r->policy->cache_prefetch || !(a->msg.flags & FLAG_RD))
		return;
	if (r->desk)
		desk_ask_ahead(r->desk, &a->msg.question);
	else if (flight_refresh(r, &a->msg.question, view, LEDGER_PREFETCH))
		r->counters.prefetches++;
}

/* What the cache has no answer to of its own; hit: what it says of that. */
static enum at_once
missed(const struct arrival *a, const struct view *view, const struct cache_key *key,
    const struct cache_hit *hit)
{
	const bool stale = hit->stale != CACHE_NOT_STALE;

	/* That nobody can be reached is what an answer of old is for. */
	if ((!stale && arrival_failed_before(a, view, key)) ||
	    (hit->may_be_denied && arrival_denied(a, key)))
		return AT_ONCE_DONE;
	return stale ? AT_ONCE_STALE : AT_ONCE_UNKNOWN;
}

/* False: whose it is can be said by the main thread alone, which numbers clients' networks. */
static bool
decide(struct arrival *a, struct view *view)
{
	struct resolver *r = a->resolver;
	const struct question *question = &a->msg.question;
	bool known = true;

	policy_view(r->policy, question, &r->netview, view);
	if (r->policy->ecs_pass) {
		known = !r->desk || !a->msg.tells_subnet || view->kind != VIEW_PROVIDERS;
		if (known)
			scopes_choose(r, question, &a->msg, view);
	}
	if (a->trace)
		*a->trace = (struct query_trace){ .view = *view, .ede = EDE_NONE };
	return known;
}

enum at_once
at_once(struct arrival *a, struct view *view)
{
	struct resolver *r = a->resolver;
	struct cache_key key = { .question = &a->msg.question };
	struct cache_hit hit;
	struct answer *local;
	static const struct reply_extra filtered = { .ede = EDE_FILTERED,
		.text = "addresses of this type are filtered" };
	uint8_t out[MSG_MAX];
	size_t len;

	if (!decide(a, view) || (view->kind == VIEW_LOCAL && view->local.kind == LOCAL_CNAME))
		return AT_ONCE_NOT;
	if (view->kind == VIEW_LOCAL) {
		if (answer_from_local(&a->msg.question, &view->local, &local) < 0) {
			r->counters.failed++;
			arrival_error(a, RCODE_SERVFAIL, EDE_OTHER, "out of memory");
			return AT_ONCE_DONE;
		}
		len = reply_write(out, sizeof(out), arrival_limit(r, a->front, &a->msg), &a->msg,
		    local, 0, view->local.filtered ? &filtered : NULL);
		answer_free(local);
		r->counters.local++;
		a->reply(a->arg, out, len);
		return AT_ONCE_DONE;
	}
	if (arrival_takes_dns64(a, view))
		return AT_ONCE_NOT;
	key.view = view->id;
	key.hash = a->hash = cache_hash(r->cache, &a->msg.question.name);
	if (!cache_reply(r->cache, &key, loop_now(r->loop), &a->msg, out, sizeof(out),
		arrival_limit(r, a->front, &a->msg), &hit))
		return missed(a, view, &key, &hit);
	if (hit.ask_ahead)
		prefetch(a, view);
	if (hit.cut)
		return AT_ONCE_PART;
	trace_cached(a->trace, hit.ttl_left, hit.security);
	r->counters.cached++;
	if (hit.private_address && rebinding_forbids(r->policy, view->kind, &a->msg.question.name))
		hit.len = blocked_write(
		    r, &a->msg, arrival_limit(r, a->front, &a->msg), out, sizeof(out), a->trace);
	a->reply(a->arg, out, hit.len);
	return AT_ONCE_DONE;
}
