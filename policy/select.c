#include "policy/select.h"

#include "policy/config.h"
#include "policy/siphash.h"
#include "policy/value.h"

#include <string.h>

enum state { STATE_GOOD, STATE_SUSPECT, STATE_UNPROVEN, STATE_DOWN, STATES };

bool
select_suspect(const struct standing *s, uint64_t now)
{
	uint64_t most = (uint64_t)s->srtt_us * 6 / 1000;

	if (most < SELECT_SILENCE_MIN)
		most = SELECT_SILENCE_MIN;
	if (most > SELECT_SILENCE_MAX)
		most = SELECT_SILENCE_MAX;
	return s->silent && s->silent + most <= now;
}

static enum state
state_of(const struct standing *s, uint64_t now)
{
	if (s->down_until > now || s->held_until > now)
		return STATE_DOWN;
	if ((s->down_until && s->failures) || s->held_until)
		return STATE_UNPROVEN;
	return select_suspect(s, now) ? STATE_SUSPECT : STATE_GOOD;
}

static uint16_t
preferred(const struct preference *p, size_t i)
{
	if (i < p->nmembers)
		return p->members[i];
	return p->order ? p->order[i] : (uint16_t)(p->first + i);
}

/* A draw that is not of this policy's providers is of no use: then as listed. */
static bool
is_permutation(const struct draw *draw, size_t n)
{
	uint64_t seen[POLICY_UPSTREAMS_MAX / 64] = { 0 };

	if (draw->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint16_t x = draw->order[i];

		if (x >= n || seen[x / 64] & (uint64_t)1 << x % 64)
			return false;
		seen[x / 64] |= (uint64_t)1 << x % 64;
	}
	return true;
}

size_t
select_members(const struct policy *policy, const struct draw *draw)
{
	size_t n = policy->strategy == STRATEGY_ONE ? 1 : policy->draw_size;

	if (policy->strategy == STRATEGY_ORDERED)
		return policy->nproviders;
	return n < draw->operators ? n : draw->operators;
}

/* --- strategies ------------------------------------------------------------------------------- */

static void
swap(uint16_t *a, uint16_t *b)
{
	const uint16_t x = *a;

	*a = *b;
	*b = x;
}

/* Takes a number below n out of a random one. */
static size_t
take(uint64_t *random, size_t n)
{
	const size_t x = *random % n;

	*random /= n;
	return x;
}

static void
spread(const struct choice *choice, struct preference *p)
{
	uint64_t random = choice->random;

	for (size_t i = p->nmembers; i > 1; i--)
		swap(&p->members[i - 1], &p->members[take(&random, i)]);
}

static uint64_t
weight(const struct choice *choice, uint16_t member)
{
	const struct name *domain = choice->domain;
	const char *name = choice->policy->upstreams[member]->name;
	uint8_t bytes[NAME_WIRE_MAX + LABEL_TEXT_MAX];
	const size_t n = strnlen(name, LABEL_TEXT_MAX);

	memcpy(bytes, domain->wire, domain->len);
	memcpy(bytes + domain->len, name, n);
	return siphash(choice->draw->secret, bytes, domain->len + n);
}

static void
shard(const struct choice *choice, struct preference *p)
{
	uint64_t weights[ROUTE_CANDIDATES_MAX];

	if (!choice->domain)
		return;
	for (size_t i = 0; i < p->nmembers; i++) {
		const uint16_t member = p->members[i];
		const uint64_t w = weight(choice, member);
		size_t at = i;

		for (; at > 0 && weights[at - 1] < w; at--) {
			weights[at] = weights[at - 1];
			p->members[at] = p->members[at - 1];
		}
		weights[at] = w;
		p->members[at] = member;
	}
}

/* us; 0: to be tried. */
static uint32_t
time_of(const struct choice *choice, uint16_t member)
{
	const struct standing *s = &choice->standing[member];

	if (state_of(s, choice->now) != STATE_GOOD || s->last_answer + SELECT_FORGET < choice->now)
		return 0;
	return s->srtt_us;
}

static void
fastest(const struct choice *choice, struct preference *p)
{
	uint64_t random = choice->random;

	if (p->nmembers < 2)
		return;
	/* The two go to the front; the others stay behind them in the order of the draw, nearly. */
	swap(&p->members[0], &p->members[take(&random, p->nmembers)]);
	swap(&p->members[1], &p->members[1 + take(&random, p->nmembers - 1)]);
	if (time_of(choice, p->members[1]) < time_of(choice, p->members[0]))
		swap(&p->members[0], &p->members[1]);
}

void
select_providers(const struct choice *choice, struct preference *out)
{
	const struct policy *policy = choice->policy;
	size_t members = select_members(policy, choice->draw);

	*out = (struct preference){ .n = policy->nproviders };
	if (policy->strategy == STRATEGY_ORDERED)
		return;
	out->other_operator = true;
	if (is_permutation(choice->draw, policy->nproviders))
		out->order = choice->draw->order;
	else
		members = policy->draw_size < out->n ? policy->draw_size : out->n;
	if (policy->strategy == STRATEGY_ONE)
		return;
	for (size_t i = 0; i < members && i < ROUTE_CANDIDATES_MAX; i++)
		out->members[i] = out->order ? out->order[i] : (uint16_t)i;
	out->nmembers = members;
	if (policy->strategy == STRATEGY_SPREAD)
		spread(choice, out);
	else if (policy->strategy == STRATEGY_SHARD)
		shard(choice, out);
	else
		fastest(choice, out);
}

/* --- candidates ------------------------------------------------------------------------------- */

/* Two that do not tell their operator are of two operators. */
static bool
same_operator(const struct policy *policy, uint16_t a, uint16_t b)
{
	const char *x = policy->upstreams[a]->operator_name;
	const char *y = policy->upstreams[b]->operator_name;

	return x && y && strcmp(x, y) == 0;
}

/* Moves up the first candidate behind the first that is of another operator and in the state of the
 * second. */
static void
move_other_up(
    const struct policy *policy, const struct standing *standing, uint64_t now, struct stage *stage)
{
	uint16_t *c = stage->candidates;
	size_t at = 1;

	while (at < stage->ncandidates && same_operator(policy, c[0], c[at]))
		at++;
	if (at >= stage->ncandidates ||
	    state_of(&standing[c[at]], now) != state_of(&standing[c[1]], now))
		return;
	for (uint16_t other = c[at]; at >= 1; at--)
		c[at] = at > 1 ? c[at - 1] : other;
}

/* The first in preference that has to prove itself and is preferred to the one asked first. */
static int
find_probe(const struct preference *preference, const struct standing *standing, uint64_t now,
    const struct stage *stage)
{
	for (size_t i = 0; i < preference->n; i++) {
		uint16_t x = preferred(preference, i);

		if (x == stage->candidates[0])
			return -1;
		if (state_of(&standing[x], now) != STATE_DOWN)
			return x;
	}
	return -1;
}

int
select_candidates(const struct policy *policy, const struct preference *preference,
    const struct standing *standing, uint64_t now, struct stage *out)
{
	size_t seen = 0; /* nearly always all are good, and found by the first look */

	out->ncandidates = 0;
	for (int state = STATE_GOOD; state < STATES && seen < preference->n; state++) {
		for (size_t i = 0; i < preference->n && out->ncandidates < ROUTE_CANDIDATES_MAX;
		     i++) {
			uint16_t x = preferred(preference, i);

			if (state_of(&standing[x], now) != (enum state)state)
				continue;
			out->candidates[out->ncandidates++] = x;
			seen++;
		}
	}
	if (out->ncandidates == 0)
		return -1;
	if (preference->other_operator)
		move_other_up(policy, standing, now, out);
	return find_probe(preference, standing, now, out);
}

bool
select_alone(
    const struct stage *stage, uint16_t upstream, const struct standing *standing, uint64_t now)
{
	for (size_t i = 0; i < stage->ncandidates; i++) {
		const uint16_t other = stage->candidates[i];

		if (other != upstream && state_of(&standing[other], now) < STATE_UNPROVEN)
			return false;
	}
	return true;
}

bool
select_lost(const struct preference *preference, const struct standing *standing, uint64_t now)
{
	uint64_t first = now;

	for (size_t i = 0; i < preference->n; i++) {
		const struct standing *s = &standing[preferred(preference, i)];

		if (state_of(s, now) < STATE_UNPROVEN || !s->lost)
			return false;
		if (s->lost < first)
			first = s->lost;
	}
	return preference->n > 0 && now - first >= SELECT_LOST;
}

int
select_lost_probe(
    const struct preference *preference, const struct standing *standing, uint64_t now)
{
	for (size_t i = 0; i < preference->n; i++) {
		const uint16_t x = preferred(preference, i);
		const struct standing *s = &standing[x];

		if (s->probed && now - s->probed < SELECT_PROBE_EVERY)
			continue;
		if (i < SELECT_PROBED || state_of(s, now) == STATE_UNPROVEN)
			return x;
	}
	return -1;
}
