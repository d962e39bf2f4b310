#include "stubd/query/verdicts.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/engine/bogus.h"
#include "stubd/engine/engine.h"
#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/wire/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
trouble_text(enum trouble trouble)
{
	static const char *const texts[] = {
		[TROUBLE_NONE] = "none",
		[TROUBLE_STRIPPED] = "stripped-dnssec",
		[TROUBLE_CLOCK] = "wrong-clock",
		[TROUBLE_PORTAL] = "captive-portal",
	};

	return texts[trouble];
}

/* --- the state -------------------------------------------------------------------------------- */

/* What is sure stays: a portal explains missing records, and these do not explain a portal. */
static void __attribute__((format(printf, 3, 4)))
enter(struct resolver *r, enum trouble trouble, const char *fmt, ...)
{
	struct verdicts *v = &r->verdicts;
	va_list ap;

	if (v->trouble == trouble || v->trouble == TROUBLE_PORTAL)
		return;
	v->trouble = trouble;
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	if (!(v->told & 1u << trouble))
		log_warn("event=trouble kind=%s text=\"%s\"", trouble_text(trouble), v->text);
	v->told |= 1u << trouble;
	resolver_changed(r);
}

static void
leave(struct resolver *r)
{
	struct verdicts *v = &r->verdicts;

	if (!v->trouble)
		return;
	log_info("event=trouble kind=none was=%s", trouble_text(v->trouble));
	v->trouble = TROUBLE_NONE;
	v->text[0] = '\0';
	resolver_changed(r);
}

void
verdicts_new_epoch(struct resolver *resolver)
{
	memset(&resolver->verdicts, 0, sizeof(resolver->verdicts));
	resolver_changed(resolver);
}

/* --- the validator's verdicts ----------------------------------------------------------------- */

static const char *
time_here(const struct resolver *r, char text[WALLTIME_TEXT])
{
	return walltime_text(walltime_seconds(&r->walltime), text);
}

static void
enter_clock(struct resolver *r, const char *what)
{
	char here[WALLTIME_TEXT];

	enter(r, TROUBLE_CLOCK, "this machine's clock is wrong%s: by its time, %s, %s",
	    r->walltime.unsynchronised ? " and not synchronised" : "", time_here(r, here), what);
}

/* The validator takes keys that failed for bad, for a minute: in a while it is to look again. */
static void
look_again(struct resolver *r)
{
	const msec now = loop_now(r->loop);

	if (now < r->verdicts.again)
		return;
	if (r->verdicts.again)
		engine_forget(r->engine);
	r->verdicts.again = now + VERDICT_AGAIN;
}

/* The root's keys are what is wrong. */
static void
enter_root(struct resolver *r, enum trouble trouble)
{
	const struct verdicts *v = &r->verdicts;
	char from[WALLTIME_TEXT], until[WALLTIME_TEXT], what[VERDICT_TEXT / 2];

	look_again(r);
	if (trouble == TROUBLE_STRIPPED) {
		enter(r, trouble,
		    "DNSSEC records are removed on the way: the root's keys come without their "
		    "signatures, or not at all");
	} else if (v->root == TROUBLE_CLOCK) {
		snprintf(what, sizeof(what),
		    "the signatures of the root are not good, which are so from %s to %s",
		    walltime_text(v->from, from), walltime_text(v->until, until));
		enter_clock(r, what);
	} else {
		enter_clock(r, "the signatures of the root are expired or not yet valid");
	}
}

static enum trouble
kind_of(enum ede ede)
{
	switch (ede) {
	case EDE_SIGNATURE_EXPIRED:
	case EDE_SIGNATURE_NOT_YET_VALID:
		return TROUBLE_CLOCK;
	case EDE_DNSKEY_MISSING:
	case EDE_RRSIGS_MISSING:
	case EDE_NSEC_MISSING:
		return TROUBLE_STRIPPED;
	default:
		return TROUBLE_NONE;
	}
}

static void
last_labels(const struct name *name, unsigned n, struct name *out)
{
	const unsigned labels = name_labels(name);

	name_strip(name, labels > n ? labels - n : 0, out);
}

/* Are the zones of the row in more than one top-level domain? */
static bool
is_wide(const struct verdicts *v)
{
	struct name first, other;

	last_labels(&v->zones[0], 1, &first);
	for (unsigned i = 1; i < v->nrow; i++) {
		last_labels(&v->zones[i], 1, &other);
		if (!name_equal(&first, &other))
			return true;
	}
	return false;
}

/* Adds a zone; the row is of one kind. A full row without width gives up its last one. */
static void
add_to_row(struct verdicts *v, enum trouble kind, const struct name *name)
{
	struct name zone;

	last_labels(name, 2, &zone);
	if (v->row != kind)
		v->nrow = 0;
	v->row = kind;
	for (unsigned i = 0; i < v->nrow; i++) {
		if (name_equal(&v->zones[i], &zone))
			return;
	}
	if (v->nrow == VERDICT_ZONES)
		v->nrow--;
	v->zones[v->nrow++] = zone;
}

static void
judge_row(struct resolver *r, enum trouble kind)
{
	const struct verdicts *v = &r->verdicts;

	if (v->nrow < VERDICT_ZONES || !is_wide(v))
		return;
	if (kind == TROUBLE_STRIPPED)
		enter(r, kind,
		    "DNSSEC records are removed on the way: they are missing in unrelated zones, "
		    "one after another");
	else
		enter_clock(r,
		    "the signatures of unrelated zones, one after another, are expired or not yet "
		    "valid");
}

/* libunbound's words when the keys that everything rests on fail. */
static bool
is_of_the_root(const char *reason)
{
	return strstr(reason, "for trust anchor . ") || strstr(reason, "for trust anchor .,");
}

enum ede
verdicts_bogus(struct resolver *resolver, const struct question *question, const char *reason,
    char text[VERDICT_TEXT])
{
	struct verdicts *v = &resolver->verdicts;
	const enum ede ede = bogus_ede(reason);
	const enum trouble kind = kind_of(ede);
	char note[WALLTIME_NOTE];
	size_t n;

	bogus_text(reason, text, VERDICT_TEXT - WALLTIME_NOTE);
	n = strlen(text);
	walltime_note(&resolver->walltime, note);
	if (kind == TROUBLE_CLOCK && note[0])
		snprintf(text + n, VERDICT_TEXT - n, "; %s", note);
	if (v->root) {
		enter_root(resolver, v->root);
	} else if (kind && is_of_the_root(reason)) {
		enter_root(resolver, kind);
	} else if (kind) {
		add_to_row(v, kind, &question->name);
		judge_row(resolver, kind);
	}
	return ede;
}

void
verdicts_missing(struct resolver *resolver)
{
	if (resolver->verdicts.root)
		enter_root(resolver, resolver->verdicts.root);
}

void
verdicts_proved(struct resolver *resolver)
{
	struct verdicts *v = &resolver->verdicts;

	v->nrow = 0;
	v->again = 0;
	v->root = TROUBLE_NONE;
	leave(resolver);
}

void
verdicts_root(struct resolver *resolver, const struct answer *answer, bool refused)
{
	struct verdicts *v = &resolver->verdicts;
	const uint32_t now = (uint32_t)walltime_seconds(&resolver->walltime);
	uint32_t from, until;

	if (!answer && !refused)
		return; /* lost on its way: nothing is known */
	if (!answer || !answer_signed_for(answer, &from, &until)) {
		v->root = TROUBLE_STRIPPED;
		return;
	}
	v->from = from;
	v->until = until;
	v->root =
	    (int32_t)(now - from) < 0 || (int32_t)(until - now) < 0 ? TROUBLE_CLOCK : TROUBLE_NONE;
}

/* --- providers -------------------------------------------------------------------------------- */

void
verdicts_answered(struct resolver *resolver)
{
	resolver->verdicts.answered = true;
	if (resolver->verdicts.trouble == TROUBLE_PORTAL)
		leave(resolver);
}

/* Are the candidates more than one party's? One may have gone out of business alone. */
static bool
are_several(const struct resolver *r, const struct stage *stage)
{
	struct upstream_spec *const *specs = r->policy->upstreams;
	const struct addr *first = &specs[stage->candidates[0]]->addresses[0];

	for (unsigned i = 1; i < stage->ncandidates; i++) {
		if (!addr_same_host(first, &specs[stage->candidates[i]]->addresses[0]))
			return true;
	}
	return false;
}

void
verdicts_unreached(struct resolver *resolver, const struct stage *stage, unsigned fails)
{
	if (stage->kind != STAGE_PROVIDERS || !stage->ncandidates || resolver->verdicts.answered ||
	    !fails || fails & VERDICT_OTHER)
		return;
	if (fails == VERDICT_OUTDATED &&
	    (resolver->walltime.unsynchronised || are_several(resolver, stage)))
		enter_clock(
		    resolver, "the certificates of all providers are expired or not yet valid");
	else if (!(fails & VERDICT_OUTDATED) && are_several(resolver, stage) &&
		 pool_has_way(resolver->pool, stage->candidates[0]))
		enter(resolver, TROUBLE_PORTAL,
		    "%s: this is a captive portal where one has to log in, or a network that lets "
		    "nobody reach them",
		    fails & VERDICT_IMPOSTOR
			? "somebody else answers in the place of the providers"
			: "every provider refuses the connection, though the network is up");
}

/* --- texts ------------------------------------------------------------------------------------ */

/* Could the trouble be the reason for such a failure? */
static bool
is_touched(enum ede ede)
{
	return ede == EDE_NETWORK_ERROR || (ede >= EDE_INDETERMINATE && ede <= EDE_NSEC_MISSING);
}

const char *
verdicts_explain(
    const struct resolver *resolver, enum ede ede, const char *why, char text[VERDICT_TEXT])
{
	static const char *const causes[] = {
		[TROUBLE_STRIPPED] = "DNSSEC records are removed on the way",
		[TROUBLE_CLOCK] = "this machine's clock is wrong",
		[TROUBLE_PORTAL] = "a captive portal, or one who keeps from the providers",
	};
	const enum trouble trouble = resolver->verdicts.trouble;
	const bool touched = trouble && is_touched(ede);

	snprintf(
	    text, VERDICT_TEXT, "%s%s%s", touched ? causes[trouble] : "", touched ? ": " : "", why);
	return text;
}
