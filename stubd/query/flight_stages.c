/*
 * The stages of a flight: whom it asks, one after the other.
 */
#include "stubd/query/flight_impl.h"

#include "policy/config.h"
#include "stubd/net/loop.h"
#include "stubd/query/exceptions.h"
#include "stubd/wire/blocking.h"
#include "stubd/wire/label.h"

#include <errno.h>
#include <stdio.h>

static void enter_stage(struct flight *f);

/* Who waits may have an answer of old, which goes before the next stage. */
static void
tell_late(struct flight *f)
{
	struct list told;

	list_init(&told);
	while (!list_empty(&f->waits)) {
		struct flight_wait *wait = container_of(f->waits.next, struct flight_wait, link);

		list_remove(&wait->link);
		list_push_back(&told, &wait->link);
		if (wait->late)
			wait->late(wait);
	}
	while (!list_empty(&told)) {
		struct list *link = told.next;

		list_remove(link);
		list_push_back(&f->waits, link);
	}
}

static void
leave_stage(struct flight *f)
{
	flight_stop(f);
	f->stage++;
	if (f->stage < f->route.nstages)
		tell_late(f);
	enter_stage(f);
}

/* One raw flight asks all upstreams of the route, for the question and for its keys, so recursion cannot
 * have its turn between them: it has it behind them, unless it is the first. */
static void
gather_upstreams(struct route *route)
{
	for (unsigned i = 1; i + 1 < route->nstages; i++) {
		const struct stage stage = route->stages[i];

		if (stage.kind != STAGE_RECURSE)
			continue;
		route->stages[i] = route->stages[i + 1];
		route->stages[i + 1] = stage;
	}
}

/* The raw flight has asked all upstreams of the route already. */
static void
leave_upstreams(struct flight *f)
{
	while (
	    f->stage + 1 < f->route.nstages && f->route.stages[f->stage + 1].kind != STAGE_RECURSE)
		f->stage++;
	leave_stage(f);
}

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
	return f->kind == FLIGHT_CHECKED && !f->cd && f->mode == mode;
}

/* May an upstream's AD be believed? In plaintext anybody on the way could have set it, and the network is
 * nobody's choice; but who a split rule's servers are is the person's own word. */
static bool
is_trusted(const struct flight *f, const struct upstream_spec *way)
{
	return in_mode(f, DNSSEC_TRUST) &&
	       (f->view.kind == VIEW_SPLIT ||
		   (f->trace.stage != STAGE_NETWORK && way->scheme != SCHEME_DNS));
}

/* Who was told of no network may have answered for ours: nobody else's then. */
static void
not_told(struct flight *f)
{
	if (f->scoped)
		f->answer->scope = f->subnet.source;
}

/* For how much of the network the answer is, if its provider was told of one. */
static int
take_scope(struct flight *f, const struct ask_result *result, const char **why)
{
	int err;

	if (!f->scoped)
		return 0;
	if (result->way->ecs != ECS_PASS) {
		not_told(f);
		return 0;
	}
	err = subnet_scope(result->wire, result->len, &f->subnet, &f->answer->scope);
	if (err < 0)
		*why = "answered for another subnet";
	return err;
}

static int
accept_reply(void *arg, const struct ask_result *result, const char **why)
{
	struct flight *f = arg;
	int err = answer_from_reply(
	    result->wire, result->len, &f->question, same_view, f, &f->answer, why);

	if (err == 0 && take_scope(f, result, why) < 0) {
		f->answer = answer_free(f->answer);
		err = -EBADMSG;
	}
	if (err == 0 && is_trusted(f, result->way) && (result->wire[3] & FLAG_AD))
		f->answer->security = SECURITY_TRUSTED;
	if (err == 0 && f->trace.stage == STAGE_NETWORK &&
	    label_network(&f->answer, result->way) < 0) {
		f->answer = answer_free(f->answer);
		*why = "out of memory";
		err = -ENOMEM;
	}
	if (err == 0 && f->pursuit.blocked != EDE_NONE)
		blocking_blame(&f->answer, f->pursuit.blocked, f->trace.upstream);
	return err;
}

static void
on_pursuit(void *arg, enum pursuit_end end)
{
	struct flight *f = arg;

	switch (end) {
	case PURSUIT_ANSWERED:
		flight_succeed(f, EDE_NONE, "");
		return;
	case PURSUIT_REFUSED:
		flight_fail(f, f->pursuit.blocked != EDE_NONE ? f->pursuit.blocked : EDE_OTHER,
		    pursuit_failure(&f->pursuit));
		return;
	case PURSUIT_UNREACHED:
		leave_stage(f);
		return;
	}
}

/* What the ledger has to know of whatever is asked for the flight. */
static unsigned
ledger_flags(const struct flight *f)
{
	return f->ledger | (f->view.kind == VIEW_PROVIDERS ? LEDGER_PROVIDER : 0);
}

static void
pursue(struct flight *f, msec until, msec end)
{
	struct pursuit *p = &f->pursuit;

	p->resolver = f->resolver;
	p->question = &f->question;
	p->stage = &f->route.stages[f->stage];
	p->trace = &f->trace;
	p->why = f->why;
	p->cd = f->cd || exceptions_find(f->resolver, &f->question.name);
	p->ad = in_mode(f, DNSSEC_TRUST) && f->trace.stage != STAGE_NETWORK;
	p->ledger = ledger_flags(f);
	p->subnet = f->scoped ? &f->subnet : NULL;
	p->accept = accept_reply;
	p->done = on_pursuit;
	p->arg = f;
	pursuit_start(p, until, end);
}

static void
on_validation(void *arg, enum validation_end end)
{
	struct flight *f = arg;

	switch (end) {
	case VALIDATION_DONE:
		f->answer = f->validation.answer;
		f->validation.answer = NULL;
		flight_succeed(f, EDE_NONE, "");
		return;
	case VALIDATION_FAILED:
		flight_fail(f, f->validation.ede, f->validation.failure);
		return;
	case VALIDATION_UNREACHED:
		leave_upstreams(f);
		return;
	}
}

static void
on_validation_late(void *arg)
{
	tell_late(arg);
}

static void
validate(struct flight *f, msec end)
{
	f->validation = (struct validation){
		.resolver = f->resolver,
		.question = &f->question,
		.view = &f->view,
		.ledger = f->ledger,
		.trace = &f->trace,
		.why = f->why,
		.end = end,
		.late = on_validation_late,
		.done = on_validation,
		.arg = f,
	};
	if (validation_start(&f->validation) < 0) {
		pursuit_note(f->why, "validation", "no room for one more question");
		flight_fail(f, EDE_OTHER, FAILURE_OWN);
	}
}

static void
on_recursion(void *arg, enum recursion_end end)
{
	struct flight *f = arg;

	switch (end) {
	case RECURSION_DONE:
		f->answer = f->recursion.answer;
		not_told(f);
		flight_succeed(f, EDE_OTHER, REPLY_RECURSED);
		return;
	case RECURSION_BOGUS:
		flight_fail(f, f->recursion.ede, FAILURE_BOGUS);
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
		.ledger = f->ledger,
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
	else if (!rule && network_may_be_asked(policy))
		snprintf(cause, sizeof(cause), "the network names no resolver");
	pursuit_note(f->why, f->view.why, cause);
}

static void
on_designation(void *arg)
{
	enter_stage(arg);
}

/* Before the first question to the network's servers it is found out which of them can be asked
 * encrypted. Not for names of time servers under another privacy: by a clock that nobody has set no
 * certificate would be good. */
static bool
has_to_wait(struct flight *f)
{
	const struct stage *stage = &f->route.stages[f->stage];

	return stage->kind == STAGE_NETWORK &&
	       f->resolver->policy->privacy == PRIVACY_OPPORTUNISTIC &&
	       designations_wait(f->resolver->designations,
		   stage->candidates[0] - f->resolver->policy->nupstreams, &f->designation,
		   on_designation, f);
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
		flight_fail(f,
		    f->view.kind == VIEW_SPLIT && !f->unreached ? EDE_PROHIBITED
								: EDE_NETWORK_ERROR,
		    f->unreached && !f->own && !pool_away(f->resolver->pool) ? FAILURE_LOST
									     : FAILURE_OWN);
		return;
	}
	f->trace.stage = f->route.stages[f->stage].kind;
	until = !more ? end : f->stage == 0 ? now + FLIGHT_FIRST_STAGE : now + (end - now) / 2;
	if (until > end)
		until = end;
	if (f->trace.stage == STAGE_RECURSE)
		recurse(f, until);
	else if (in_mode(f, DNSSEC_VALIDATE))
		validate(f, end);
	else if (!has_to_wait(f))
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
		POOL_ASK_PROBE | ledger_flags(f), FLIGHT_DEADLINE, on_probe, NULL, &ignored) == 0)
		f->resolver->counters.probes++;
}

void
flight_on_start(void *arg)
{
	struct flight *f = arg;

	f->stage = 0;
	if (f->kind == FLIGHT_RAW &&
	    (!exceptions_may_prove(f->resolver, &f->view) || list_empty(&f->waits))) {
		flight_fail(f, EDE_NOT_READY,
		    FAILURE_OWN); /* by a reload; or nobody is interested after it */
		return;
	}
	if (f->view.kind == VIEW_LOCAL) {
		if (answer_from_local(&f->question, &f->view.local, &f->answer) == 0)
			flight_succeed(f, EDE_NONE, "");
		else
			flight_fail(f, EDE_OTHER, FAILURE_OWN);
		return;
	}
	f->mode = exceptions_mode(f->resolver, &f->view, &f->question);
	resolver_route(
	    f->resolver, &f->view, &f->question.name, ledger_domain(f->ledger), &f->route);
	if (f->kind == FLIGHT_RAW || in_mode(f, DNSSEC_VALIDATE))
		gather_upstreams(&f->route);
	/* The raw flight sends it, where one is started now. */
	if (!in_mode(f, DNSSEC_VALIDATE) || f->route.stages[0].kind == STAGE_RECURSE)
		send_probe(f);
	enter_stage(f);
}
