#include "stubd/query/validation.h"

#include "policy/config.h"
#include "stubd/base/rand.h"
#include "stubd/engine/bogus.h"
#include "stubd/engine/engine.h"
#include "stubd/net/loop.h"
#include "stubd/query/verdicts.h"
#include "stubd/wire/answer_same.h"
#include "stubd/wire/blocking.h"
#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void
validation_cancel(struct validation *v)
{
	flight_leave(&v->wait);
	if (v->ask)
		engine_cancel(v->ask);
	v->ask = NULL;
	if (v->resolver)
		timer_stop(&v->again);
	v->raw = answer_free(v->raw);
	v->answer = answer_free(v->answer);
	for (size_t i = 0; i < v->nparts; i++)
		answer_free(v->parts[i]);
	v->nparts = 0;
}

/* The one terminal function. */
static void
finish(struct validation *v, enum validation_end end, enum ede ede)
{
	struct answer *answer = v->answer;

	if (answer && v->raw) {
		blocking_pass_on(v->raw, &answer);
		answer->scope = v->raw->scope;
	}
	v->answer = NULL;
	if (answer && v->raw && label_pass_on(v->raw, &answer) < 0) {
		answer = answer_free(answer);
		v->failure = FAILURE_OWN;
		end = VALIDATION_FAILED;
		ede = EDE_OTHER;
	}
	validation_cancel(v);
	v->answer = answer;
	v->ede = ede;
	v->done(v->arg, end);
}

static void
fail(struct validation *v, enum ede ede, enum failure_kind failure, const char *why)
{
	v->failure = failure;
	pursuit_note(v->why, "validation", why);
	finish(v, VALIDATION_FAILED, ede);
}

static void
fail_bogus(struct validation *v, enum ede ede, const char *why)
{
	v->resolver->counters.bogus++;
	v->trace->security = SECURITY_BOGUS;
	/* What a provider makes up for a signed name cannot be proved. */
	if (v->raw && v->raw->blocked)
		pursuit_note(v->why, blocking_text(v->raw), "instead of the zone's own answer");
	fail(v, ede, FAILURE_BOGUS, why);
}

static bool
same_view(void *arg, const struct name *target)
{
	struct validation *v = arg;

	return resolver_same_view(v->resolver, v->view, target, v->question->type);
}

static void judge(struct validation *v);

/* All links were found good: one answer, cut where the raw one was. */
static void
join(struct validation *v, const struct name *target)
{
	bool keep = true;
	int err = 0;

	for (size_t i = 0; i < v->nparts; i++)
		keep = keep && v->parts[i]->keep;
	if (v->nparts == 1) {
		v->answer = v->parts[0];
		v->nparts = 0;
	} else {
		err = answer_join(v->parts, v->nparts, &v->answer);
	}
	if (err < 0) {
		fail(v, EDE_OTHER, FAILURE_SAID, "the chain of CNAMEs does not fit one answer");
		return;
	}
	answer_retype(v->answer, v->question->type);
	v->answer->cut = true;
	v->answer->keep = keep;
	v->answer->target = *target;
	finish(v, VALIDATION_DONE, EDE_NONE);
}

/* One link of a cut chain was found good (takes part). */
static void
on_link(struct validation *v, struct answer *part)
{
	struct name target;

	if (!answer_cname(part, &v->link, &target)) {
		answer_free(part);
		fail_bogus(v, EDE_BOGUS, "there is no such CNAME as the provider told of");
		return;
	}
	v->parts[v->nparts++] = part;
	if (same_view(v, &target) && v->nparts < ANSWER_CHAIN_MAX) {
		v->link = target;
		v->tries = 0;
		judge(v);
	} else {
		join(v, &target);
	}
}

/* The question to which the verdict's message is the answer: a DNAME that was asked for by its own
 * makes the link's CNAME, for a question of any other type. */
static void
told(const struct validation *v, struct question *out)
{
	*out = v->judging;
	if (!v->raw->cut || v->judging.type != TYPE_DNAME)
		return;
	out->name = v->link;
	out->type = TYPE_A;
}

static void
on_again(void *arg)
{
	judge(arg);
}

/* At random, so that those who were judged together are not the next time. */
static void
judge_again(struct validation *v)
{
	const unsigned most = VALIDATION_PAUSE << (v->tries < 8 ? v->tries : 8);

	timer_start(&v->again,
	    1 + rand_u16() % (most < VALIDATION_PAUSE_MOST ? most : VALIDATION_PAUSE_MOST));
}

/* Gives what was judged without a time the time it has: at most as long as its signature holds. */
static void
restore_ttl(const struct validation *v, struct answer *part)
{
	const uint32_t now = (uint32_t)walltime_seconds(&v->resolver->walltime);
	uint32_t ttl = v->ttl, from, until;

	if (answer_signed_for(part, &from, &until) && (int32_t)(until - now) < (int32_t)ttl)
		ttl = (int32_t)(until - now) > 0 ? until - now : 0;
	answer_set_ttls(part, ttl);
	part->keep = v->keep && ttl > 0;
}

/* Is it the verdict on our answer, and not on the one for another network? Frees part if not. */
static bool
is_ours(struct validation *v, struct answer *part)
{
	if (!v->scoped)
		return true;
	if (v->raw->cut ? answer_is_of(part, v->raw) : answer_is_same(part, v->raw)) {
		restore_ttl(v, part);
		return true;
	}
	answer_free(part);
	return false;
}

static bool
has_message(const struct engine_result *result)
{
	return !result->error && result->wire &&
	       (result->rcode == RCODE_NOERROR || result->rcode == RCODE_NXDOMAIN);
}

static void
on_verdict(void *arg, const struct engine_result *result)
{
	struct validation *v = arg;
	char text[VERDICT_TEXT];
	const char *why = text;
	struct question asked;
	enum ede ede;
	struct answer *part;

	v->ask = NULL;
	told(v, &asked);
	bogus_text(result->why, text, sizeof(text));
	if (result->error == -EAGAIN) {
		pursuit_note(v->why, "validation", why);
		finish(v, VALIDATION_UNREACHED, EDE_NETWORK_ERROR);
	} else if (!result->error && result->security == SECURITY_BOGUS) {
		ede = verdicts_bogus(v->resolver, v->question, result->why, text);
		fail_bogus(v, ede, text);
	} else if (!has_message(result)) {
		verdicts_missing(v->resolver);
		fail(v, EDE_INDETERMINATE, FAILURE_LOST, why[0] ? why : "no verdict");
	} else if (answer_from_reply(result->wire, result->len, &asked, same_view, v, &part, &why) <
		   0) {
		fail(v, EDE_INVALID_DATA, FAILURE_SAID, why);
	} else if (!is_ours(v, part)) {
		judge_again(v);
	} else {
		verdicts_proved(v->resolver);
		part->security = result->security;
		if (v->raw->cut) {
			on_link(v, part);
		} else {
			v->answer = part;
			finish(v, VALIDATION_DONE, EDE_NONE);
		}
	}
}

static void
judge(struct validation *v)
{
	const msec now = loop_now(v->resolver->loop);

	if (v->scoped && v->tries++ >= VALIDATION_TRIES) {
		fail(v, EDE_INDETERMINATE, FAILURE_OWN, "too many subnets ask for it at a time");
		return;
	}
	if (v->raw->cut) {
		v->judging.type = TYPE_CNAME;
		v->judging.name = v->link;
		if (answer_dname(v->raw, &v->link, &v->judging.name))
			v->judging.type = TYPE_DNAME;
	}
	if (now >= v->end || engine_validate(v->resolver->engine, &v->judging, v->raw, v->end - now,
				 on_verdict, v, &v->ask) < 0)
		fail(v, EDE_INDETERMINATE, FAILURE_OWN, "no room or time for one more question");
}

static void
on_raw(struct flight_wait *wait, const struct flight_result *result)
{
	struct validation *v = container_of(wait, struct validation, wait);

	*v->trace = *result->trace;
	snprintf(v->why, PURSUIT_WHY_MAX, "%s", result->text);
	if (!result->answer) {
		v->failure = result->failure;
		finish(
		    v, result->unreached ? VALIDATION_UNREACHED : VALIDATION_FAILED, result->ede);
		return;
	}
	v->raw = answer_copy(result->answer);
	if (!v->raw) {
		fail(v, EDE_OTHER, FAILURE_OWN, "out of memory");
		return;
	}
	v->resolver->counters.validations++;
	v->scoped = v->resolver->policy->ecs_pass && v->view->kind == VIEW_PROVIDERS;
	if (v->scoped) {
		v->ttl = v->raw->ttl;
		v->keep = v->raw->keep;
		answer_set_ttls(v->raw, 0);
	}
	judge(v);
}

static void
on_raw_late(struct flight_wait *wait)
{
	struct validation *v = container_of(wait, struct validation, wait);

	v->late(v->arg);
}

int
validation_start(struct validation *v)
{
	list_init(&v->wait.link);
	timer_init(&v->again, v->resolver->loop, on_again, v);
	v->wait.done = on_raw;
	v->wait.late = on_raw_late;
	v->wait.ledger = v->ledger;
	v->judging = *v->question;
	v->link = v->question->name;
	return flight_join(v->resolver, v->question, v->view, FLIGHT_RAW, true, &v->wait);
}
