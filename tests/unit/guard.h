/*
 * Runs a loop until the test stops it. A test that hangs fails after GUARD_PATIENCE instead.
 */
#ifndef UNIT_GUARD_H
#define UNIT_GUARD_H

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/unit.h"

enum { GUARD_PATIENCE = 10000 /* ms */ };

struct guard {
	struct loop *loop; /* borrowed */
	bool late;
};

static inline void
guard_late(void *arg)
{
	struct guard *guard = arg;

	guard->late = true;
	loop_stop(guard->loop);
}

static inline void
guard_run(struct loop *loop)
{
	struct guard guard = { .loop = loop };
	struct timer timer;

	timer_init(&timer, loop, guard_late, &guard);
	timer_start(&timer, GUARD_PATIENCE);
	loop_run(loop);
	timer_stop(&timer);
	CU_ASSERT_FALSE(guard.late);
}

#endif
