#include "stubd/query/arrival.h"

#include "policy/config.h"
#include "stubd/net/loop.h"
#include "stubd/query/guard.h"

void
arrival_error(const struct arrival *a, unsigned rcode, enum ede ede, const char *text)
{
	const struct reply_extra extra = { .ede = ede, .text = text };
	uint8_t out[1024];
	size_t len = reply_write_error(out, sizeof(out), &a->msg, rcode, &extra);

	a->reply(a->arg, out, len);
}

/* What a question that could be read is refused with; NOERROR: it is not. */
static unsigned
question_refusal(const struct question *question)
{
	if (question->type == TYPE_OPT || question->type == TYPE_NXNAME)
		return RCODE_FORMERR;
	/* Zone transfers and other classes are no business of a stub's. */
	if (question->class != CLASS_IN || question->type == TYPE_AXFR ||
	    question->type == TYPE_IXFR)
		return RCODE_REFUSED;
	/* Nothing is ever found by a meta type. */
	if (question->type >= TYPE_META_FIRST && question->type < TYPE_ANY)
		return RCODE_NOTIMP;
	return RCODE_NOERROR;
}

/* Is it a type that can be asked for? */
static bool
is_type(uint16_t type)
{
	return type != TYPE_OPT && (type < TYPE_META_FIRST || type >= TYPE_IXFR);
}

/* EDNS keepalive is for streams; elsewhere it means nothing. Returns false when the client broke it. */
static bool
arrival_keepalive(struct arrival *a)
{
	if (!a->front->keepalive || !a->msg.asks_keepalive)
		return true;
	a->msg.keepalive = a->front->keepalive;
	return !a->msg.breaks_keepalive;
}

/* The client's subnet is in use where a provider is told of it. Returns false when it is broken. */
static bool
arrival_subnet(struct arrival *a)
{
	if (!a->msg.has_subnet || !a->resolver->policy->ecs_pass)
		return true;
	a->msg.tells_subnet = !a->msg.breaks_subnet;
	return a->msg.tells_subnet;
}

bool
arrival_refuse(struct arrival *a, enum msg_verdict verdict)
{
	unsigned rcode = RCODE_FORMERR;
	bool no_type;

	if (verdict == MSG_DROP) {
		a->resolver->counters.dropped++;
		a->reply(a->arg, NULL, 0);
		return true;
	}
	if (verdict == MSG_NOTIMP)
		rcode = RCODE_NOTIMP;
	else if (verdict == MSG_BADVERS)
		rcode = RCODE_BADVERS;
	else if (verdict == MSG_OK && arrival_keepalive(a) && arrival_subnet(a))
		rcode = question_refusal(&a->msg.question);
	if (rcode == RCODE_NOERROR)
		return false;
	no_type = verdict == MSG_OK && !is_type(a->msg.question.type);
	a->resolver->counters.errors++;
	arrival_error(a, rcode, no_type ? EDE_INVALID_TYPE : EDE_NONE,
	    no_type ? "no record is of this type" : NULL);
	return true;
}

bool
arrival_guard(struct arrival *a)
{
	struct resolver *r = a->resolver;
	const struct clients *clients = &r->policy->clients;
	uint8_t out[1024];

	if (!clients_admit(clients, &a->front->client)) {
		r->counters.prohibited++;
		arrival_error(a, RCODE_REFUSED, EDE_PROHIBITED, "this address may not ask here");
		return true;
	}
	if (!r->guard)
		r->guard = guard_new();
	if (!r->guard) {
		r->counters.failed++;
		arrival_error(a, RCODE_SERVFAIL, EDE_OTHER, "out of memory");
		return true;
	}
	a->client = guard_client(r->guard, &a->front->client);
	if (a->front->limit || a->front->admitted || !clients->rate ||
	    guard_take(r->guard, a->client, clients->rate, loop_now(r->loop)))
		return false;
	r->counters.limited++;
	a->reply(a->arg, out, reply_write_truncated(out, sizeof(out), &a->msg));
	return true;
}

bool
arrival_may_not_wait(const struct arrival *a)
{
	struct resolver *r = a->resolver;

	if (!(a->msg.flags & FLAG_RD)) {
		r->counters.errors++;
		arrival_error(a, RCODE_REFUSED, EDE_OTHER, "not in the cache, and RD was not set");
		return true;
	}
	if (a->client && a->client->waiting >= r->policy->clients.queries) {
		r->counters.limited++;
		arrival_error(a, RCODE_SERVFAIL, EDE_OTHER, "too many questions of this client");
		return true;
	}
	if (r->draining || r->counters.waiting >= MAX_WAITING) {
		r->counters.overloaded++;
		arrival_error(a, RCODE_SERVFAIL, EDE_OTHER,
		    r->draining ? "stubd is stopping" : "too many queries are waiting");
		return true;
	}
	return false;
}
