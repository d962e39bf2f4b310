/*
 * How one upstream is doing, as policy sees it (struct standing), and for how long it is left in
 * peace after failures: HEALTH_FIRST ms, doubled each time up to HEALTH_MOST, until it answers.
 *
 * A hard failure says that the party cannot be reached or is not who it should be. A soft one says
 * that one question went wrong; somebody could choose questions to that end, so only
 * HEALTH_SOFT_FAILS in a row, without an answer between them, count as one hard failure.
 *
 * One that has failed and not answered since is *lost*, also when its back-off has ended. While it is,
 * somebody who asks may begin a try every HEALTH_TRY_EVERY ms, and handshakes are counted: HEALTH_SHAKES
 * at once, one more each HEALTH_SHAKE_PACE ms (a generic cell rate, so that one time is the whole
 * account), which is 8 in any 60 s.
 *
 * One that asks to be left in peace is *held* for so long, HEALTH_HOLD_MOST at the most: it is not asked.
 * Where nobody else works it is, one question every HEALTH_TRY_EVERY ms. Then it has to prove itself
 * as if it had been down.
 */
#ifndef UPSTREAM_HEALTH_H
#define UPSTREAM_HEALTH_H

#include "policy/decide.h"
#include "stubd/base/clock.h"
#include "stubd/upstream/transport.h"

enum {
	HEALTH_FIRST = 1000, /* ms */
	HEALTH_MOST = 300000,
	HEALTH_SOFT_FAILS = 3,
	HEALTH_TRY_EVERY = 2000, /* ms */
	HEALTH_SHAKES = 3,
	HEALTH_SHAKE_PACE = 12000, /* ms */
	HEALTH_HOLD_MOST = 60000,  /* ms */
};

struct health {
	struct standing *standing; /* borrowed */
	bool no_shakes;		   /* it takes no handshake to reach it: it is never lost */
	msec backoff;		   /* the last one; 0: none */
	msec shaken;	    /* the last handshake that was begun while it was lost; 0: none */
	msec booked;	    /* when all of those are paid for */
	msec let;	    /* the last question that was let through while it was held; 0: none */
	enum ask_fail fail; /* of the last back-off */
};

void health_init(struct health *health, struct standing *standing);

/* It answered after rtt_us. */
void health_answer(struct health *health, uint32_t rtt_us, msec now);

/* It failed. Failures while it is down already belong to the same trouble and do not double. */
void health_fail(struct health *health, enum ask_fail fail, msec now);

/* It asks to be left in peace for so many ms. */
void health_hold(struct health *health, msec hold, msec now);

/* May it be asked, though it may be held? anyway: nobody else works. One that is asked so is counted. */
bool health_let(struct health *health, bool anyway, msec now);

/* Has it failed, and not answered since? */
bool health_is_lost(const struct health *health);

/* May one more handshake be begun with it? Always with one that is not lost. */
bool health_may_shake(const struct health *health, msec now);

/* May a question begin a try, which is one handshake or some, one after another? */
bool health_may_try(const struct health *health, msec now);

/* A handshake is begun. */
void health_shake(struct health *health, msec now);

/* Everything is forgotten. */
void health_reset(struct health *health);

#endif
