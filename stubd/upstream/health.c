#include "stubd/upstream/health.h"

#include <string.h>

enum { SRTT_SHIFT = 3 }; /* 1/8, RFC 6298 section 2.3 */

void
health_init(struct health *health, struct standing *standing)
{
	health->standing = standing;
	health_reset(health);
}

void
health_answer(struct health *health, uint32_t rtt_us, msec now)
{
	struct standing *s = health->standing;

	if (!s->srtt_us)
		s->srtt_us = rtt_us;
	else
		s->srtt_us =
		    (uint32_t)((((uint64_t)s->srtt_us << SRTT_SHIFT) - s->srtt_us + rtt_us) >>
			       SRTT_SHIFT);
	if (!s->srtt_us)
		s->srtt_us = 1; /* 0 means unknown */
	s->failures = 0;
	s->lost = 0;
	s->down_until = 0;
	s->last_answer = now;
	health->backoff = 0;
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
	if (!s->lost)
		s->lost = now;
}

void
health_reset(struct health *health)
{
	memset(health->standing, 0, sizeof(*health->standing));
	health->backoff = 0;
}
