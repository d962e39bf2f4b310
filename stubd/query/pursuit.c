#include "stubd/query/pursuit.h"

#include "policy/config.h"
#include "policy/select.h"
#include "stubd/base/text.h"
#include "stubd/net/loop.h"
#include "stubd/net/tls_time.h"
#include "stubd/query/ledger.h"
#include "stubd/wire/blocking.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ms that the pool is given more: what is outstanding ends with the pursuit. */
enum { BACKSTOP = 100 };

static void ask_next(struct pursuit *p);

void
pursuit_note(char why[PURSUIT_WHY_MAX], const char *name, const char *cause)
{
	const size_t at = strlen(why);
	const int n =
	    snprintf(why + at, PURSUIT_WHY_MAX - at, "%s%s: %s", at ? "; " : "", name, cause);

	if (n < 0 || (size_t)n >= PURSUIT_WHY_MAX - at)
		why[at] = '\0';
}

enum failure_kind
pursuit_failure(const struct pursuit *p)
{
	if (p->refused)
		return FAILURE_SAID;
	return p->own ? FAILURE_OWN : FAILURE_LOST;
}

void
pursuit_cancel(struct pursuit *p)
{
	for (size_t i = 0; i < p->asked; i++) {
		if (p->slots[i].ask)
			pool_cancel(p->slots[i].ask);
		p->slots[i].ask = NULL;
	}
	if (p->resolver)
		timer_stop(&p->pace);
}

/* The one terminal function. */
static void
finish(struct pursuit *p, enum pursuit_end end)
{
	pursuit_cancel(p);
	if (end == PURSUIT_UNREACHED)
		verdicts_unreached(p->resolver, p->stage, p->fails);
	p->done(p->arg, end);
}

static const struct upstream_spec *
candidate_spec(const struct pursuit *p, unsigned candidate)
{
	return pool_spec(p->resolver->pool, p->stage->candidates[candidate]);
}

/* An error from an upstream is an answer, and a slow zone is not theirs: neither may open the next
 * stage, or any web page could. */
static enum pursuit_end
end_without_answer(const struct pursuit *p)
{
	return p->refused || p->shut || p->slow ? PURSUIT_REFUSED : PURSUIT_UNREACHED;
}

static bool
outstanding(const struct pursuit *p)
{
	for (size_t i = 0; i < p->asked; i++) {
		if (p->slots[i].ask)
			return true;
	}
	return false;
}

static void
trace(struct pursuit *p, unsigned candidate, const struct ask_result *result)
{
	struct flight_trace *t = p->trace;

	text_copy(t->upstream, sizeof(t->upstream), candidate_spec(p, candidate)->name);
	t->transport = result->transport;
	t->address = result->address;
	t->connection_age = result->connection_age;
	t->rtt_us = result->rtt_us;
}

static const char *
rcode_said(uint8_t rcode)
{
	static const char *const said[16] = {
		[RCODE_FORMERR] = "answered FORMERR",
		[RCODE_SERVFAIL] = "answered SERVFAIL",
		[RCODE_NOTIMP] = "answered NOTIMP",
		[RCODE_REFUSED] = "answered REFUSED",
		[RCODE_YXDOMAIN] = "answered YXDOMAIN",
	};

	return said[rcode] ? said[rcode] : "answered with an error";
}

/* An upstream answered, with an error or with what cannot be used. One other upstream is asked
 * whether it sees the same; then that is the answer: a broken zone must not open the next stage, or
 * any web page could. */
static void
on_refusal(struct pursuit *p, unsigned candidate, const char *said)
{
	const bool again = p->refused && candidate == p->refuser;
	const bool confirmed = p->refused && !again;

	if (again) {
		/* On its second connection: no news, and no second opinion. */
		if (!outstanding(p))
			ask_next(p);
		return;
	}
	pursuit_note(p->why, candidate_spec(p, candidate)->name, said);
	p->refused = true;
	p->refuser = candidate;
	if (confirmed)
		finish(p, PURSUIT_REFUSED);
	else
		ask_next(p);
}

/* An error that says that the name is blocked is the answer: who chose that provider chose its filter,
 * and another one is not to learn of what was blocked. */
static void
on_blocked(struct pursuit *p, unsigned candidate)
{
	pursuit_note(p->why, candidate_spec(p, candidate)->name, "blocked by this provider");
	p->refused = true;
	finish(p, PURSUIT_REFUSED);
}

/* A reply that matched its question. */
static void
on_reply(struct pursuit *p, unsigned candidate, const struct ask_result *result)
{
	const uint8_t rcode = result->wire[3] & 0xf;
	const char *why = "";

	trace(p, candidate, result);
	p->blocked = EDE_NONE;
	if (p->stage->kind == STAGE_PROVIDERS) {
		verdicts_answered(p->resolver);
		p->blocked = blocking_find(result->wire, result->len, &p->question->name);
	}
	if (p->blocked != EDE_NONE)
		pool_note_blocked(p->resolver->pool, result->upstream);
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN && p->blocked != EDE_NONE)
		on_blocked(p, candidate);
	else if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		on_refusal(p, candidate, rcode_said(rcode));
	else if (p->accept(p->arg, result, &why) < 0)
		on_refusal(p, candidate, why && why[0] ? why : ask_fail_text(ASK_MALFORMED));
	else
		finish(p, PURSUIT_ANSWERED);
}

/* A limit of ours, which is nobody's fault. */
static bool
is_own(enum ask_fail fail)
{
	return fail == ASK_FULL || fail == ASK_LOCAL;
}

/* Does that say nothing of whether the upstream can be reached? */
static bool
is_not_the_network(enum ask_fail fail)
{
	return is_own(fail) || fail == ASK_HTTP || fail == ASK_MALFORMED;
}

static enum verdict_fail
kind_of_failure(const struct ask_result *result)
{
	if (result->fail == ASK_REFUSED)
		return VERDICT_REFUSED;
	if (result->fail != ASK_TLS)
		return VERDICT_OTHER;
	return tls_time_is_blamed(result->text) ? VERDICT_OUTDATED : VERDICT_IMPOSTOR;
}

static void
on_ask(void *arg, const struct ask_result *result)
{
	struct pursuit_slot *slot = arg;
	struct pursuit *p = slot->pursuit;
	const unsigned candidate = slot->candidate;
	const char *why = result->text;

	slot->ask = NULL;
	if (result->fail == ASK_OK) {
		on_reply(p, candidate, result);
		return;
	}
	pursuit_note(p->why, candidate_spec(p, candidate)->name,
	    why && why[0] ? why : ask_fail_text(result->fail));
	p->fails |= kind_of_failure(result);
	p->shut |= is_not_the_network(result->fail);
	p->own |= is_own(result->fail);
	/* The failure of an ask that was overtaken already is no reason to ask one more. */
	if (candidate + 1 == p->next)
		ask_next(p);
	else if (!outstanding(p))
		ask_next(p);
}

static int
ask(struct pursuit *p, unsigned candidate, unsigned flags)
{
	struct msg_ask how = {
		.rd = true, .cd = p->cd, .ad = p->ad, .dnssec_ok = true, .udp_size = 1232
	};
	const msec now = loop_now(p->resolver->loop);
	const uint16_t upstream = p->stage->candidates[candidate];
	struct pursuit_slot *slot = &p->slots[p->asked];
	int err;

	if (p->asked >= PURSUIT_ASKS_MAX || now >= p->until)
		return -EBUSY;
	if (p->subnet) {
		how.has_subnet = true;
		how.subnet = *p->subnet;
	}
	slot->pursuit = p;
	slot->ask = NULL;
	slot->candidate = candidate;
	if (pool_is_held(p->resolver->pool, upstream) &&
	    select_alone(p->stage, upstream, pool_standing(p->resolver->pool), now))
		flags |= POOL_ASK_ANYWAY;
	err = pool_ask(p->resolver->pool, upstream, p->question, &how, flags | p->ledger,
	    p->end - now + BACKSTOP, on_ask, slot, &slot->ask);
	p->shut |= err == -ENOMEM;
	p->own |= err == -ENOMEM;
	p->asked += err == 0;
	p->trace->asks += err == 0;
	return err;
}

/* ms after which the step is due, counted from when the current candidate was asked. */
static msec
due(const struct pursuit *p, enum pursuit_step step)
{
	const uint16_t upstream = p->stage->candidates[p->next - 1];
	const struct upstream_spec *spec = candidate_spec(p, p->next - 1);
	const msec patience = spec->timeout ? spec->timeout : PURSUIT_FAILOVER;
	const struct standing *s = pool_usual(p->resolver->pool, upstream);
	/* A connection that rested may be gone without a word; one that was in use a moment ago
	 * rarely is, and then it is the name that is slow. */
	const bool rested = s->last_answer && s->last_answer + PURSUIT_QUIET <= p->began;
	const msec least =
	    rested && step == PURSUIT_TO_HEDGE ? PURSUIT_HEDGE_QUIET : PURSUIT_HEDGE_MIN;
	msec delay = s->srtt_us * 3 / 1000;

	if (delay < least)
		delay = least;
	if (step == PURSUIT_TO_LOOK)
		delay = delay * 2 > PURSUIT_SILENCE ? delay * 2 : PURSUIT_SILENCE;
	return step == PURSUIT_TO_FAIL_OVER || delay > patience ? patience : delay;
}

/* Looks again at that time, or when all is over. */
static void
set_pace(struct pursuit *p, msec at)
{
	const msec now = loop_now(p->resolver->loop);

	if (at > p->until)
		at = p->until;
	timer_start(&p->pace, at > now ? at - now : 0);
}

static void
wait_for(struct pursuit *p, enum pursuit_step step)
{
	p->step = step;
	set_pace(p, p->began + due(p, step));
}

/* The candidate before the next was asked, and has its time to answer. */
static void
was_asked(struct pursuit *p, msec at)
{
	p->began = at;
	wait_for(p, candidate_spec(p, p->next - 1)->scheme == SCHEME_DNS ? PURSUIT_TO_FAIL_OVER
									 : PURSUIT_TO_HEDGE);
}

/* Over the link of a rule nobody waits for a network. */
static bool
may_be_away(const struct pursuit *p)
{
	return p->next > 0 && !candidate_spec(p, p->next - 1)->link;
}

/* Asks the next candidate that can be asked; without one, waits for those outstanding or ends. */
static void
ask_next(struct pursuit *p)
{
	int err = -ENOENT;

	timer_stop(&p->pace);
	while (p->next < p->stage->ncandidates && err < 0) {
		if (p->next > 0) {
			p->trace->failovers++;
			p->resolver->counters.failovers++;
		}
		err = ask(p, p->next, p->next > 0 ? LEDGER_FAILOVER : 0);
		p->next++;
	}
	if (err == 0) {
		was_asked(p, loop_now(p->resolver->loop));
	} else if (!outstanding(p)) {
		finish(p, end_without_answer(p));
	} else {
		set_pace(p, p->until);
	}
}

/* True when one of those candidates has given a sign of life since it was asked: then it is the
 * question that is slow. */
static bool
is_slow(const struct pursuit *p, unsigned first)
{
	for (size_t i = 0; i < p->asked; i++) {
		const struct pursuit_slot *slot = &p->slots[i];

		if (slot->ask && slot->candidate >= first && pool_ask_alive(slot->ask))
			return true;
	}
	return false;
}

/* The end: what is still outstanding will not be waited for. */
static void
give_up(struct pursuit *p)
{
	for (size_t i = 0; i < p->asked; i++) {
		if (p->slots[i].ask)
			pursuit_note(p->why, candidate_spec(p, p->slots[i].candidate)->name,
			    "no answer in time");
	}
	p->fails |= VERDICT_OTHER;
	finish(p, end_without_answer(p));
}

/* The time is over, unless it is the zone that takes its time. */
static void
on_until(struct pursuit *p)
{
	const msec now = loop_now(p->resolver->loop);
	const msec away = may_be_away(p) ? pool_away(p->resolver->pool) : 0;

	p->slow |= is_slow(p, 0);
	if (away && now < p->end) {
		/* Until then the next stage would lead nowhere, either. */
		p->until = now + away + PURSUIT_FAILOVER;
		if (p->until > p->end)
			p->until = p->end;
		set_pace(p, p->until);
	} else if (p->slow && now < p->end) {
		p->until = p->end;
		set_pace(p, p->end);
	} else {
		give_up(p);
	}
}

/* Has nothing at all come from the current candidate since it was asked? */
static bool
is_silent(const struct pursuit *p)
{
	const uint16_t upstream = p->stage->candidates[p->next - 1];
	const msec since = pool_standing_of(p->resolver->pool, upstream)->silent;

	return since && since <= p->began;
}

/* The same upstream once more, on another connection. What it waits for on one that is alive is not
 * had sooner on another. */
static void
hedge(struct pursuit *p)
{
	if (is_slow(p, p->next - 1) || ask(p, p->next - 1, POOL_ASK_FRESH) < 0)
		return;
	p->trace->hedges++;
	p->resolver->counters.hedges++;
}

static void
on_pace(void *arg)
{
	struct pursuit *p = arg;
	const bool more = p->next < p->stage->ncandidates;
	const msec since = may_be_away(p) ? pool_way_since(p->resolver->pool) : 0;

	if (loop_now(p->resolver->loop) >= p->until) {
		on_until(p);
	} else if (p->next == 0) {
		ask_next(p);
	} else if (since > p->began) {
		was_asked(p, since); /* its time begins with the way */
	} else if (p->step == PURSUIT_TO_HEDGE) {
		wait_for(p, PURSUIT_TO_LOOK);
		hedge(p);
	} else if (more && (p->step == PURSUIT_TO_FAIL_OVER || is_silent(p))) {
		ask_next(p);
	} else if (p->step == PURSUIT_TO_LOOK) {
		wait_for(p, PURSUIT_TO_FAIL_OVER);
	} else {
		set_pace(p, p->until);
	}
}

void
pursuit_start(struct pursuit *p, msec until, msec end)
{
	p->asked = p->next = 0;
	p->refused = p->shut = p->own = p->slow = false;
	p->fails = 0;
	p->blocked = EDE_NONE;
	p->until = until;
	p->end = end;
	timer_init(&p->pace, p->resolver->loop, on_pace, p);
	if (p->stage->ncandidates && ask(p, 0, 0) == 0) {
		p->next = 1;
		was_asked(p, loop_now(p->resolver->loop));
	} else {
		timer_start(&p->pace, 0); /* the end may not come in here */
	}
}
