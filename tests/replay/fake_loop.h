/*
 * A loop whose clock moves on command. It takes the place of net/loop, net/timer and base/clock: the
 * code under test cannot tell. There are no file descriptors and no signals here.
 *
 * A turn fires the timers that are due, in the order of their times and then of their starting, and
 * runs the deferred calls. A timer of 0 ms fires in the next turn, never in the one that started it.
 */
#ifndef REPLAY_FAKE_LOOP_H
#define REPLAY_FAKE_LOOP_H

#include "stubd/base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct loop;

enum { FAKE_TURNS_MAX = 100000 }; /* turns at one moment; more is a loop that spins */

/* Turns until nothing is left to do at this moment. Returns 0, or -ELOOP after FAKE_TURNS_MAX. */
int fake_loop_settle(struct loop *loop);

/* Lets ms go by, settling at every moment at which something is due. Returns like the above. */
int fake_loop_pass(struct loop *loop, msec ms);

/* Timers that run and calls that wait. */
size_t fake_loop_pending(const struct loop *loop);

/* As loop_gather() was told. */
bool fake_loop_gathers(const struct loop *loop);

#endif
