#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include "stubd/watch/alarm.h"

struct scene {
	struct loop *loop;
	unsigned rang;
};

static void
on_alarm(void *arg)
{
	struct scene *s = arg;

	s->rang++;
	loop_stop(s->loop);
}

static void
on_timer(void *arg)
{
	struct scene *s = arg;

	loop_stop(s->loop);
}

static void
it_goes_off_at_the_time(void)
{
	struct scene s = { .loop = loop_new() };
	struct alarm *alarm = alarm_new(s.loop, on_alarm, &s);
	const int64_t at = alarm_now() + 1;

	CU_ASSERT_PTR_NOT_NULL_FATAL(alarm);
	alarm_set(alarm, at);
	guard_run(s.loop);
	CU_ASSERT_EQUAL(s.rang, 1);
	CU_ASSERT_TRUE(alarm_now() >= at);
	alarm_set(alarm, at - 1000); /* past */
	guard_run(s.loop);
	CU_ASSERT_EQUAL(s.rang, 2);
	alarm_free(alarm);
	loop_free(s.loop);
}

static void
it_goes_off_once_and_never_when_stopped(void)
{
	struct scene s = { .loop = loop_new() };
	struct alarm *alarm = alarm_new(s.loop, on_alarm, &s);
	struct timer timer;

	CU_ASSERT_PTR_NOT_NULL_FATAL(alarm);
	alarm_set(alarm, 1);
	guard_run(s.loop);
	alarm_set(alarm, 1);
	alarm_set(alarm, 0);
	timer_init(&timer, s.loop, on_timer, &s);
	timer_start(&timer, 20);
	guard_run(s.loop);
	CU_ASSERT_EQUAL(s.rang, 1);
	alarm_free(alarm);
	loop_free(s.loop);
}

static const struct unit_case cases[] = {
	{ "it goes off at the time, at once if that is past", it_goes_off_at_the_time },
	{ "it goes off once, and never when it was stopped",
	    it_goes_off_once_and_never_when_stopped },
};

UNIT_MAIN("watch/alarm", cases)
