#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/watch/wake.h"
#include "tests/unit/unit.h"

static void
sleep_is_what_one_clock_counts_and_the_other_does_not(void)
{
	CU_ASSERT_FALSE(wake_slept(0, 0));
	CU_ASSERT_FALSE(wake_slept(5000, 5001));
	CU_ASSERT_FALSE(wake_slept(5000, 5000 + WAKE_SLEPT_MIN - 1));
	CU_ASSERT_TRUE(wake_slept(5000, 5000 + WAKE_SLEPT_MIN));
	CU_ASSERT_TRUE(wake_slept(0, 3600000));
}

static void
on_wake(void *arg, bool slept)
{
	(void)slept;
	++*(unsigned *)arg;
}

static void
on_timeout(void *arg)
{
	loop_stop(arg);
}

static void
nothing_is_told_while_nothing_happens(void)
{
	struct loop *loop = loop_new();
	unsigned calls = 0;
	struct wake_watch *watch = wake_watch_new(loop, on_wake, &calls);
	struct timer end;

	CU_ASSERT_PTR_NOT_NULL_FATAL(watch);
	timer_init(&end, loop, on_timeout, loop);
	timer_start(&end, 20);
	loop_run(loop);
	CU_ASSERT_EQUAL(calls, 0);
	wake_watch_free(watch);
	loop_free(loop);
}

static const struct unit_case cases[] = {
	{ "sleep is what one clock counts and the other does not",
	    sleep_is_what_one_clock_counts_and_the_other_does_not },
	{ "nothing is told while nothing happens", nothing_is_told_while_nothing_happens },
};

int
main(void)
{
	return unit_run("wake", cases, sizeof(cases) / sizeof(*cases));
}
