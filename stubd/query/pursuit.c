#include "stubd/query/pursuit.h"

#include "policy/config.h"
#include "stubd/net/loop.h"

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

void
pursuit_cancel(struct pursuit *p)
{
	for (size_t i = 0; i < PURSUIT_ASKS_MAX; i++) {
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
	p->done(p->arg, end);
}

static const struct upstream_spec *
candidate_spec(const struct pursuit *p, unsigned candidate)
{
	return p->resolver->policy->upstreams[p->stage->candidates[candidate]];
}

/* An error from an upstream is an answer, a slow zone is not theirs, and our own limits are no
 * fault of theirs: none of these may open the next stage, or any web page could. */
static enum pursuit_end
end_without_answer(const struct pursuit *p)
{
	return p->refused || p->full || p->slow ? PURSUIT_REFUSED : PURSUIT_UNREACHED;
}

static bool
outstanding(const struct pursuit *p)
{
	for (size_t i = 0; i < PURSUIT_ASKS_MAX; i++) {
		if (p->slots[i].ask)
			return true;
	}
	return false;
}

static void
trace(struct pursuit *p, unsigned candidate, const struct ask_result *result)
{
	struct flight_trace *t = p->trace;

	snprintf(t->upstream, sizeof(t->upstream), "%s", candidate_spec(p, candidate)->name);
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

/* A reply that matched its question. */
static void
on_reply(struct pursuit *p, unsigned candidate, const struct ask_result *result)
{
	const uint8_t rcode = result->wire[3] & 0xf;
	const char *why = "";

	trace(p, candidate, result);
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		on_refusal(p, candidate, rcode_said(rcode));
	else if (p->accept(p->arg, result, &why) < 0)
		on_refusal(p, candidate, why && why[0] ? why : ask_fail_text(ASK_MALFORMED));
	else
		finish(p, PURSUIT_ANSWERED);
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
	p->full |= result->fail == ASK_FULL;
	/* The failure of an ask that was overtaken already is no reason to ask one more. */
	if (candidate + 1 == p->next)
		ask_next(p);
	else if (!outstanding(p))
		ask_next(p);
}

static int
ask(struct pursuit *p, unsigned candidate, unsigned flags)
{
	const struct msg_ask how = { .rd = true, .cd = p->cd, .dnssec_ok = true, .udp_size = 1232 };
	const msec now = loop_now(p->resolver->loop);
	struct pursuit_slot *slot = NULL;
	int err;

	for (size_t i = 0; i < PURSUIT_ASKS_MAX && !slot; i++) {
		if (!p->slots[i].ask)
			slot = &p->slots[i];
	}
	if (!slot || p->asked >= PURSUIT_ASKS_MAX || now >= p->until)
		return -EBUSY;
	slot->pursuit = p;
	slot->candidate = candidate;
	p->asked++;
	p->trace->asks++;
	err = pool_ask(p->resolver->pool, p->stage->candidates[candidate], p->question, &how, flags,
	    p->end - now + BACKSTOP, on_ask, slot, &slot->ask);
	p->full |= err == -ENOMEM;
	return err;
}

/* ms of silence before the next candidate. */
static msec
patience(const struct pursuit *p)
{
	const struct upstream_spec *spec = candidate_spec(p, p->next - 1);

	return spec->timeout ? spec->timeout : PURSUIT_FAILOVER;
}

/* ms of silence before a fresh connection to the same upstream is tried. */
static msec
hedge_delay(const struct pursuit *p)
{
	const uint16_t upstream = p->stage->candidates[p->next - 1];
	const msec delay = pool_standing(p->resolver->pool)[upstream].srtt_us * 3 / 1000;

	return delay < PURSUIT_HEDGE_MIN ? PURSUIT_HEDGE_MIN : delay;
}

/* Looks again after so many ms of silence, or when the time is over. */
static void
set_pace(struct pursuit *p, msec delay)
{
	const msec left = p->until - loop_now(p->resolver->loop);

	timer_start(&p->pace, delay < left ? delay : left);
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
		err = ask(p, p->next++, 0);
	}
	if (err == 0) {
		p->hedged = candidate_spec(p, p->next - 1)->scheme == SCHEME_DNS ||
			    hedge_delay(p) >= patience(p);
		set_pace(p, p->hedged ? patience(p) : hedge_delay(p));
	} else if (!outstanding(p)) {
		finish(p, end_without_answer(p));
	} else {
		set_pace(p, p->until - loop_now(p->resolver->loop));
	}
}

/* True when an upstream that was asked has given a sign of life since: the question is slow. */
static bool
is_slow(const struct pursuit *p)
{
	for (size_t i = 0; i < PURSUIT_ASKS_MAX; i++) {
		if (p->slots[i].ask && pool_ask_alive(p->slots[i].ask))
			return true;
	}
	return false;
}

/* The end: what is still outstanding will not be waited for. */
static void
give_up(struct pursuit *p)
{
	for (size_t i = 0; i < PURSUIT_ASKS_MAX; i++) {
		if (p->slots[i].ask)
			pursuit_note(p->why, candidate_spec(p, p->slots[i].candidate)->name,
			    "no answer in time");
	}
	finish(p, end_without_answer(p));
}

/* The time is over, unless it is the zone that takes its time. */
static void
on_until(struct pursuit *p)
{
	const msec now = loop_now(p->resolver->loop);

	p->slow |= is_slow(p);
	if (p->slow && now < p->end) {
		p->until = p->end;
		set_pace(p, p->end - now);
	} else {
		give_up(p);
	}
}

/* Silence: a fresh connection first, then the next candidate. */
static void
on_pace(void *arg)
{
	struct pursuit *p = arg;
	const msec now = loop_now(p->resolver->loop);

	if (now >= p->until) {
		on_until(p);
	} else if (p->next == 0 || (p->hedged && p->next < p->stage->ncandidates)) {
		ask_next(p);
	} else if (!p->hedged) {
		p->hedged = true;
		set_pace(p, patience(p) - hedge_delay(p));
		if (ask(p, p->next - 1, POOL_ASK_FRESH) == 0) {
			p->trace->hedges++;
			p->resolver->counters.hedges++;
		}
	} else {
		set_pace(p, p->until - now);
	}
}

void
pursuit_start(struct pursuit *p, msec until, msec end)
{
	memset(p->slots, 0, sizeof(p->slots));
	p->asked = p->next = 0;
	p->hedged = p->refused = p->full = p->slow = false;
	p->until = until;
	p->end = end;
	timer_init(&p->pace, p->resolver->loop, on_pace, p);
	timer_start(&p->pace, 0);
}
