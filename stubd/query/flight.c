#include "stubd/query/flight.h"

#include "policy/config.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/memory.h"
#include "stubd/query/pursuit.h"
#include "stubd/query/recursion.h"
#include "stubd/query/validation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLIGHT_DEADLINE =
	    QUERY_DEADLINE - 100, /* ms; so that the flight's own reason comes first */
};

struct flight {
	struct map_node node; /* in resolver->flights */
	struct list link;     /* in resolver->flying */
	struct resolver *resolver;
	enum flight_kind kind;
	bool cd;
	struct list waits;

	struct route route;
	unsigned stage;		      /* number in route.stages */
	struct timer start;	      /* the turn after flight_join(), or after a reload */
	struct pursuit pursuit;	      /* of stages that ask upstreams */
	struct validation validation; /* of stages that ask providers */
	struct recursion recursion;   /* of the stage that asks the engine */
	msec started;

	enum ede ede;
	enum failure_kind failure;
	bool unreached;
	bool own;	       /* a stage had no room */
	struct answer *answer; /* the result; owned */
	struct flight_trace trace;
	char why[PURSUIT_WHY_MAX]; /* names upstreams and causes */
	/* from here on, and why but for its end: not cleared by flight_new() before it is written */
	struct question question;
	struct view view;
};

struct flight_key {
	const struct question *question;
	uint32_t view;
	enum flight_kind kind;
	bool cd;
};

static void enter_stage(struct flight *f);

static bool
key_match(const struct map_node *node, const void *key)
{
	const struct flight *f = container_of(node, struct flight, node);
	const struct flight_key *k = key;

	return f->view.id == k->view && f->kind == k->kind && f->cd == k->cd &&
	       f->question.type == k->question->type && f->question.class == k->question->class &&
	       name_equal(&f->question.name, &k->question->name);
}

static uint64_t
key_hash(const struct map *map, const struct flight_key *k)
{
	uint8_t bytes[NAME_WIRE_MAX + 12];
	struct wcur w = wcur_make(bytes, sizeof(bytes));

	wcur_bytes(&w, k->question->name.wire, k->question->name.len);
	wcur_u16(&w, k->question->type);
	wcur_u16(&w, k->question->class);
	wcur_u32(&w, k->view);
	wcur_u8(&w, (uint8_t)k->kind);
	wcur_u8(&w, k->cd);
	return map_hash(map, bytes, wcur_len(&w));
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
stop(struct flight *f)
{
	pursuit_cancel(&f->pursuit);
	validation_cancel(&f->validation);
	recursion_cancel(&f->recursion);
	timer_stop(&f->start);
}

/* Raw flights trust nothing, and leave nothing behind. */
static void
keep(const struct flight *f)
{
	struct failure failure = { .kind = f->failure, .ede = f->ede };

	if (f->kind == FLIGHT_RAW)
		return;
	if (f->answer) {
		memory_keep_answer(f->resolver, &f->question, &f->view, f->cd, f->answer);
		return;
	}
	snprintf(failure.text, sizeof(failure.text), "%s", f->why);
	memory_keep_failure(f->resolver, &f->question, &f->view, f->cd, &failure);
}

/* The one terminal function: tells everyone who waits, keeps the answer, is gone. */
static void
finish(struct flight *f)
{
	struct resolver *r = f->resolver;
	const struct flight_result result = {
		.answer = f->answer,
		.ede = f->ede,
		.unreached = f->unreached,
		.refused = f->pursuit.refused,
		.failure = f->failure,
		.text = f->why,
		.trace = &f->trace,
	};

	stop(f);
	map_remove(&r->flights, &f->node);
	list_remove(&f->link);
	r->nraw -= f->kind == FLIGHT_RAW;
	f->trace.took = loop_now(r->loop) - f->started;
	/* First the cache, so that who is told and asks on finds it there. */
	keep(f);
	while (!list_empty(&f->waits)) {
		struct flight_wait *wait = container_of(f->waits.next, struct flight_wait, link);

		flight_leave(wait);
		wait->done(wait, &result);
	}
	answer_free(f->answer);
	free(f);
}

static void
succeed(struct flight *f, enum ede ede, const char *text)
{
	f->ede = ede;
	f->trace.security = f->answer->security;
	snprintf(f->why, sizeof(f->why), "%s", text);
	finish(f);
}

static void
fail(struct flight *f, enum ede ede, enum failure_kind failure)
{
	f->answer = answer_free(f->answer);
	f->ede = ede;
	f->failure = failure;
	finish(f);
}

static void
leave_stage(struct flight *f)
{
	stop(f);
	f->stage++;
	enter_stage(f);
}

/* --- stages ----------------------------------------------------------------------------------- */

/* A chain may be followed as long as the next name belongs to the view that was asked. */
static bool
same_view(void *arg, const struct name *target)
{
	struct flight *f = arg;

	return resolver_same_view(f->resolver, &f->view, target, f->question.type);
}

/* Is that what has to be done with the answer? */
static bool
in_mode(const struct flight *f, enum dnssec_mode mode)
{
	return f->kind == FLIGHT_CHECKED && !f->cd &&
	       exceptions_mode(f->resolver, &f->view, &f->question) == mode;
}

static int
accept_reply(void *arg, const struct ask_result *result, const char **why)
{
	struct flight *f = arg;
	int err = answer_from_reply(
	    result->wire, result->len, &f->question, same_view, f, &f->answer, why);

	if (err == 0 && in_mode(f, DNSSEC_TRUST) && (result->wire[3] & FLAG_AD))
		f->answer->security = SECURITY_TRUSTED;
	return err;
}

static void
on_pursuit(void *arg, enum pursuit_end end)
{
	struct flight *f = arg;

	switch (end) {
	case PURSUIT_ANSWERED:
		succeed(f, EDE_NONE, "");
		return;
	case PURSUIT_REFUSED:
		fail(f, EDE_OTHER, pursuit_failure(&f->pursuit));
		return;
	case PURSUIT_UNREACHED:
		leave_stage(f);
		return;
	}
}

static void
pursue(struct flight *f, msec until, msec end)
{
	f->pursuit = (struct pursuit){
		.resolver = f->resolver,
		.question = &f->question,
		.stage = &f->route.stages[f->stage],
		.trace = &f->trace,
		.why = f->why,
		.cd = f->cd || exceptions_find(f->resolver, &f->question.name),
		.ad = in_mode(f, DNSSEC_TRUST),
		.accept = accept_reply,
		.done = on_pursuit,
		.arg = f,
	};
	pursuit_start(&f->pursuit, until, end);
}

static void
on_validation(void *arg, enum validation_end end)
{
	struct flight *f = arg;

	switch (end) {
	case VALIDATION_DONE:
		f->answer = f->validation.answer;
		f->validation.answer = NULL;
		succeed(f, EDE_NONE, "");
		return;
	case VALIDATION_FAILED:
		fail(f, f->validation.ede, f->validation.failure);
		return;
	case VALIDATION_UNREACHED:
		leave_stage(f);
		return;
	}
}

static void
validate(struct flight *f, msec end)
{
	f->validation = (struct validation){
		.resolver = f->resolver,
		.question = &f->question,
		.view = &f->view,
		.trace = &f->trace,
		.why = f->why,
		.end = end,
		.done = on_validation,
		.arg = f,
	};
	if (validation_start(&f->validation) < 0) {
		pursuit_note(f->why, "validation", "no room for one more question");
		fail(f, EDE_OTHER, FAILURE_OWN);
	}
}

static void
on_recursion(void *arg, enum recursion_end end)
{
	struct flight *f = arg;

	switch (end) {
	case RECURSION_DONE:
		f->answer = f->recursion.answer;
		succeed(f, EDE_OTHER, REPLY_RECURSED);
		return;
	case RECURSION_BOGUS:
		fail(f, f->recursion.ede, FAILURE_BOGUS);
		return;
	case RECURSION_UNREACHED:
		f->own |= f->recursion.own;
		leave_stage(f);
		return;
	}
}

static void
recurse(struct flight *f, msec until)
{
	f->recursion = (struct recursion){
		.resolver = f->resolver,
		.question = &f->question,
		.trace = &f->trace,
		.why = f->why,
		.follow = same_view,
		.done = on_recursion,
		.arg = f,
	};
	recursion_start(&f->recursion, until - loop_now(f->resolver->loop));
}

/* Says why there is nobody to ask. */
static void
note_nobody(struct flight *f)
{
	const struct policy *policy = f->resolver->policy;
	const struct split_rule *rule = f->view.rule >= 0 ? &policy->rules[f->view.rule] : NULL;
	char cause[128] = "nobody may be asked";

	if (rule && rule->link && rule->nupstreams)
		snprintf(cause, sizeof(cause), "link %s is not there", rule->link);
	pursuit_note(f->why, f->view.why, cause);
}

/* Starts the stage f->stage, or ends the flight when there is none or no time. */
static void
enter_stage(struct flight *f)
{
	const msec now = loop_now(f->resolver->loop), end = f->started + FLIGHT_DEADLINE;
	bool more;
	msec until;

	while (f->kind == FLIGHT_RAW && f->stage < f->route.nstages &&
	       f->route.stages[f->stage].kind == STAGE_RECURSE)
		f->stage++;
	more = f->stage + 1 < f->route.nstages;
	if (f->stage >= f->route.nstages || now >= end) {
		f->unreached = f->route.nstages > 0;
		if (!f->why[0])
			note_nobody(f);
		fail(f, f->unreached ? EDE_NETWORK_ERROR : EDE_PROHIBITED,
		    f->unreached && !f->own ? FAILURE_LOST : FAILURE_OWN);
		return;
	}
	f->trace.stage = f->route.stages[f->stage].kind;
	until = f->stage == 0 && more ? now + FLIGHT_FIRST_STAGE : end;
	if (until > end)
		until = end;
	if (f->trace.stage == STAGE_RECURSE)
		recurse(f, until);
	else if (in_mode(f, DNSSEC_VALIDATE))
		validate(f, end);
	else
		pursue(f, until, end);
}

/* The pool has noted what it is worth; nobody waits. */
static void
on_probe(void *arg, const struct ask_result *result)
{
}

static void
send_probe(struct flight *f)
{
	const struct msg_ask how = { .rd = true, .cd = f->cd, .dnssec_ok = true, .udp_size = 1232 };
	struct ask *ignored;

	if (f->route.probe < 0)
		return;
	if (pool_ask(f->resolver->pool, (uint16_t)f->route.probe, &f->question, &how,
		POOL_ASK_PROBE, FLIGHT_DEADLINE, on_probe, NULL, &ignored) == 0)
		f->resolver->counters.probes++;
}

static void
on_start(void *arg)
{
	struct flight *f = arg;

	f->stage = 0;
	if (f->kind == FLIGHT_RAW &&
	    (!exceptions_may_prove(f->resolver, &f->view) || list_empty(&f->waits))) {
		fail(f, EDE_NOT_READY,
		    FAILURE_OWN); /* by a reload; or nobody is interested after it */
		return;
	}
	if (f->view.kind == VIEW_LOCAL) {
		if (answer_from_local(&f->question, &f->view.local, &f->answer) == 0)
			succeed(f, EDE_NONE, "");
		else
			fail(f, EDE_OTHER, FAILURE_OWN);
		return;
	}
	resolver_route(f->resolver, &f->view, &f->question, &f->route);
	/* The raw flight sends it, where one is started now. */
	if (!in_mode(f, DNSSEC_VALIDATE) || f->route.stages[0].kind == STAGE_RECURSE)
		send_probe(f);
	enter_stage(f);
}

/* --- joining ---------------------------------------------------------------------------------- */

static struct flight *
flight_new(struct resolver *r, const struct flight_key *key, const struct view *view)
{
	struct flight *f = malloc(sizeof(*f));

	if (!f)
		return NULL;
	memset(f, 0, offsetof(struct flight, why) + sizeof(f->why[0]));
	f->resolver = r;
	f->question = *key->question;
	f->view = *view;
	f->kind = key->kind;
	f->cd = key->cd;
	f->ede = EDE_NONE;
	f->started = loop_now(r->loop);
	f->trace.transport = "";
	list_init(&f->waits);
	timer_init(&f->start, r->loop, on_start, f);
	timer_start(&f->start, 0);
	map_insert(&r->flights, &f->node, key_hash(&r->flights, key));
	list_push_back(&r->flying, &f->link);
	r->nraw += key->kind == FLIGHT_RAW;
	r->counters.flights++;
	return f;
}

int
flight_join(struct resolver *resolver, const struct question *question, const struct view *view,
    enum flight_kind kind, bool cd, struct flight_wait *wait)
{
	const struct flight_key key = { question, view->id, kind, cd };
	struct map_node *node =
	    map_find(&resolver->flights, key_hash(&resolver->flights, &key), key_match, &key);
	struct flight *f;

	if (node) {
		f = container_of(node, struct flight, node);
		resolver->counters.flights_joined++;
	} else {
		if (kind == FLIGHT_RAW ? resolver->nraw >= MAX_RAW
				       : resolver->flights.count - resolver->nraw >= MAX_FLIGHTS)
			return -EBUSY;
		f = flight_new(resolver, &key, view);
		if (!f)
			return -ENOMEM;
	}
	wait->flight = f;
	list_push_back(&f->waits, &wait->link);
	return 0;
}

void
flight_leave(struct flight_wait *wait)
{
	if (!wait->flight)
		return;
	list_remove(&wait->link);
	wait->flight = NULL;
}

void
flight_end_all(struct resolver *resolver, const char *why)
{
	while (!list_empty(&resolver->flying)) {
		struct flight *f = container_of(resolver->flying.next, struct flight, link);

		snprintf(f->why, sizeof(f->why), "%s", why);
		fail(f, EDE_NOT_READY, FAILURE_OWN);
	}
}

/* Under new rules the name may belong to another view, or be answered here. */
static void
reroute(struct flight *f)
{
	struct resolver *r = f->resolver;
	struct flight_key key = { .question = &f->question, .kind = f->kind, .cd = f->cd };

	stop(f);
	map_remove(&r->flights, &f->node);
	policy_view(r->policy, &f->question, &r->netview, &f->view);
	key.view = f->view.id;
	map_insert(&r->flights, &f->node, key_hash(&r->flights, &key));
	timer_start(&f->start, 0);
}

void
flight_reroute_all(struct resolver *resolver)
{
	list_for_each (it, &resolver->flying)
		reroute(container_of(it, struct flight, link));
}
