#include "stubd/upstream/health.h"
#include "stubd/upstream/times.h"

#include <string.h>

void
health_init(struct health *health, struct standing *standing)
{
	health->standing = standing;
	health->no_shakes = false;
	health_reset(health);
}

void
health_answer(struct health *health, uint32_t rtt_us, msec now)
{
	struct standing *s = health->standing;

	s->srtt_us = times_smooth(s->srtt_us, rtt_us);
	s->failures = 0;
	s->lost = 0;
	s->down_until = 0;
	s->last_answer = now;
	if (s->held_until <= now) /* what was asked before is answered, and that ends nothing */
		s->held_until = 0;
	health->backoff = 0;
	health->shaken = health->booked = 0;
}

static bool
is_soft(enum ask_fail fail)
{
	return fail == ASK_HTTP || fail == ASK_MALFORMED;
}

void
health_fail(struct health *health, enum ask_fail fail, msec now)
{
	struct standing *s = health->standing;

	if (fail == ASK_OK || fail == ASK_FULL)
		return;
	if (s->failures < UINT32_MAX)
		s->failures++;
	if (now < s->down_until || (is_soft(fail) && s->failures < HEALTH_SOFT_FAILS))
		return;
	health->backoff = health->backoff ? health->backoff * 2 : HEALTH_FIRST;
	if (health->backoff > HEALTH_MOST)
		health->backoff = HEALTH_MOST;
	s->down_until = now + health->backoff;
	health->fail = fail;
	if (!s->lost)
		s->lost = now;
}

void
health_hold(struct health *health, msec hold, msec now)
{
	struct standing *s = health->standing;
	const msec until = now + (hold < HEALTH_HOLD_MOST ? hold : HEALTH_HOLD_MOST);

	if (until > s->held_until)
		s->held_until = until;
}

bool
health_let(struct health *health, bool anyway, msec now)
{
	if (health->standing->held_until <= now)
		return true;
	if (!anyway || (health->let && now < health->let + HEALTH_TRY_EVERY))
		return false;
	health->let = now;
	return true;
}

bool
health_is_lost(const struct health *health)
{
	const struct standing *s = health->standing;

	return !health->no_shakes && s->down_until && s->failures;
}

bool
health_may_shake(const struct health *health, msec now)
{
	return !health_is_lost(health) ||
	       health->booked <= now + (msec)(HEALTH_SHAKES - 1) * HEALTH_SHAKE_PACE;
}

bool
health_may_try(const struct health *health, msec now)
{
	const bool soon = health->shaken && now < health->shaken + HEALTH_TRY_EVERY;

	return !health_is_lost(health) || (!soon && health_may_shake(health, now));
}

void
health_shake(struct health *health, msec now)
{
	if (!health_is_lost(health))
		return;
	health->shaken = now;
	if (health->booked < now)
		health->booked = now;
	health->booked += HEALTH_SHAKE_PACE;
}

void
health_reset(struct health *health)
{
	memset(health->standing, 0, sizeof(*health->standing));
	health->backoff = 0;
	health->shaken = health->booked = health->let = 0;
	health->fail = ASK_OK;
}
