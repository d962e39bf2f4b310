/*
 * How one upstream is doing, as policy sees it (struct standing), and for how long it is left in
 * peace after failures: HEALTH_FIRST ms, doubled each time up to HEALTH_MOST, until it answers.
 *
 * A hard failure says that the party cannot be reached or is not who it should be. A soft one says
 * that one question went wrong; somebody could choose questions to that end, so only
 * HEALTH_SOFT_FAILS in a row, without an answer between them, count as one hard failure.
 */
#ifndef UPSTREAM_HEALTH_H
#define UPSTREAM_HEALTH_H

#include "policy/decide.h"
#include "stubd/base/clock.h"
#include "stubd/upstream/transport.h"

enum { HEALTH_FIRST = 1000, HEALTH_MOST = 300000, HEALTH_SOFT_FAILS = 3 };

struct health {
	struct standing *standing; /* borrowed */
	msec backoff;		   /* the last one; 0: none */
};

void health_init(struct health *health, struct standing *standing);

/* It answered after rtt_us. */
void health_answer(struct health *health, uint32_t rtt_us, msec now);

/* It failed. Failures while it is down already belong to the same trouble and do not double. */
void health_fail(struct health *health, enum ask_fail fail, msec now);

/* Everything is forgotten. */
void health_reset(struct health *health);

#endif
