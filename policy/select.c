#include "policy/select.h"

#include "policy/config.h"

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
	if (s->down_until > now)
		return STATE_DOWN;
	if (s->down_until && s->failures)
		return STATE_UNPROVEN;
	return select_suspect(s, now) ? STATE_SUSPECT : STATE_GOOD;
}

static uint16_t
preferred(const struct preference *p, size_t i)
{
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

void
select_providers(const struct policy *policy, const struct draw *draw, struct preference *out)
{
	*out = (struct preference){ .n = policy->nproviders };
	if (policy->strategy == STRATEGY_ORDERED)
		return;
	out->other_operator = true;
	if (is_permutation(draw, policy->nproviders))
		out->order = draw->order;
}

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
	out->ncandidates = 0;
	for (int state = STATE_GOOD; state < STATES; state++) {
		for (size_t i = 0; i < preference->n; i++) {
			uint16_t x = preferred(preference, i);

			if (out->ncandidates == ROUTE_CANDIDATES_MAX)
				break;
			if (state_of(&standing[x], now) == (enum state)state)
				out->candidates[out->ncandidates++] = x;
		}
	}
	if (out->ncandidates == 0)
		return -1;
	if (preference->other_operator)
		move_other_up(policy, standing, now, out);
	return find_probe(preference, standing, now, out);
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
