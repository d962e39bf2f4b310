#include "stubd/upstream/health.h"
#include "tests/unit/unit.h"

#include <string.h>

static void
the_time_of_an_answer_is_smoothed_by_one_eighth(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	health_answer(&h, 8000, 100);
	CU_ASSERT_EQUAL(s.srtt_us, 8000);
	health_answer(&h, 16000, 200);
	CU_ASSERT_EQUAL(s.srtt_us, 9000);
	CU_ASSERT_EQUAL(s.last_answer, 200);
	health_answer(&h, UINT32_MAX, 300);
	CU_ASSERT(s.srtt_us > 500000000);
}

static void
each_failure_after_the_pause_doubles_it_up_to_the_most(void)
{
	struct standing s;
	struct health h;
	msec now = 1000, pause = HEALTH_FIRST;

	health_init(&h, &s);
	for (int i = 0; i < 12; i++) {
		health_fail(&h, ASK_TLS, now);
		CU_ASSERT_EQUAL(s.down_until, now + pause);
		now = s.down_until;
		pause = pause * 2 < HEALTH_MOST ? pause * 2 : HEALTH_MOST;
	}
	CU_ASSERT_EQUAL(s.failures, 12);
}

static void
failures_of_the_same_trouble_do_not_double_it(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	for (int i = 0; i < 50; i++)
		health_fail(&h, ASK_TIMEOUT, 1000);
	CU_ASSERT_EQUAL(s.down_until, 1000 + HEALTH_FIRST);
	CU_ASSERT_EQUAL(s.failures, 50);
}

static void
an_answer_ends_it(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	health_fail(&h, ASK_REFUSED, 1000);
	health_fail(&h, ASK_REFUSED, 5000);
	health_answer(&h, 100, 6000);
	CU_ASSERT_EQUAL(s.down_until, 0);
	CU_ASSERT_EQUAL(s.failures, 0);
	health_fail(&h, ASK_REFUSED, 7000);
	CU_ASSERT_EQUAL(s.down_until, 7000 + HEALTH_FIRST);
}

static void
only_several_soft_failures_in_a_row_count(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	for (int i = 1; i < HEALTH_SOFT_FAILS; i++)
		health_fail(&h, ASK_HTTP, 1000);
	CU_ASSERT_EQUAL(s.down_until, 0);
	health_answer(&h, 100, 1000);
	for (int i = 1; i < HEALTH_SOFT_FAILS; i++)
		health_fail(&h, ASK_MALFORMED, 1000);
	CU_ASSERT_EQUAL(s.down_until, 0);
	health_fail(&h, ASK_HTTP, 1000);
	CU_ASSERT_EQUAL(s.down_until, 1000 + HEALTH_FIRST);
}

static void
our_own_limits_are_not_held_against_it(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	health_fail(&h, ASK_FULL, 1000);
	CU_ASSERT_EQUAL(s.failures, 0);
	CU_ASSERT_EQUAL(s.down_until, 0);
}

/* Asks every 100 ms for ten minutes, and counts what was begun in the fullest minute. */
static void
a_lost_one_gets_no_more_than_8_handshakes_in_any_minute(void)
{
	enum { TIMES = 100 };
	msec begun[TIMES] = { 0 };
	struct standing s;
	struct health h;
	size_t n = 0;

	health_init(&h, &s);
	health_fail(&h, ASK_REFUSED, 1000);
	for (msec now = 1000; now < 601000; now += 100) {
		if (!health_may_try(&h, now))
			continue;
		health_shake(&h, now);
		health_fail(&h, ASK_REFUSED, now);
		CU_ASSERT_FATAL(n < TIMES);
		begun[n++] = now;
	}
	CU_ASSERT(n > 40);
	CU_ASSERT_EQUAL(begun[0], 1000);
	CU_ASSERT_EQUAL(begun[1], 1000 + HEALTH_TRY_EVERY);
	CU_ASSERT_EQUAL(begun[2], 1000 + 2 * HEALTH_TRY_EVERY);
	for (size_t i = 0; i + 8 < n; i++)
		CU_ASSERT(begun[i + 8] - begun[i] >= 60000);
	CU_ASSERT_FALSE(health_may_try(&h, begun[n - 1] + 1));
	health_answer(&h, 100, 601000);
	CU_ASSERT_TRUE(health_may_try(&h, 601000));
}

static void
one_try_may_be_several_handshakes_within_the_same_account(void)
{
	struct standing s;
	struct health h;
	int n = 0;

	health_init(&h, &s);
	for (int i = 0; i < 20; i++)
		health_shake(&h, 1000);
	CU_ASSERT_TRUE(health_may_shake(&h, 1000)); /* it is not lost */
	health_fail(&h, ASK_REFUSED, 1000);
	for (; health_may_shake(&h, 1000); n++)
		health_shake(&h, 1000);
	CU_ASSERT_EQUAL(n, HEALTH_SHAKES);
	health_reset(&h);
	health_fail(&h, ASK_REFUSED, 1000);
	CU_ASSERT_TRUE(health_may_try(&h, 1000));
}

static void
one_that_asks_for_peace_gets_it_for_a_minute_at_most(void)
{
	struct standing s;
	struct health h;

	health_init(&h, &s);
	CU_ASSERT_TRUE(health_let(&h, false, 1000));
	health_hold(&h, 5000, 1000);
	CU_ASSERT_FALSE(health_let(&h, false, 5999));
	health_answer(&h, 100, 2000); /* to a question of before */
	CU_ASSERT_FALSE(health_let(&h, false, 5999));
	CU_ASSERT_TRUE(health_let(&h, false, 6000));
	CU_ASSERT_EQUAL(s.held_until, 6000); /* it is not proved yet */
	health_answer(&h, 100, 6001);
	CU_ASSERT_EQUAL(s.held_until, 0);
	health_hold(&h, 10 * HEALTH_HOLD_MOST, 7000);
	health_hold(&h, 1000, 8000); /* a shorter word does not shorten it */
	CU_ASSERT_EQUAL(s.held_until, 7000 + HEALTH_HOLD_MOST);
	health_reset(&h);
	CU_ASSERT_TRUE(health_let(&h, false, 9000));
}

static void
where_nobody_else_works_one_question_every_2_s_is_let_through(void)
{
	struct standing s;
	struct health h;
	int n = 0;

	health_init(&h, &s);
	health_hold(&h, 60000, 1000);
	for (msec now = 1000; now < 61000; now += 100)
		n += health_let(&h, true, now);
	CU_ASSERT_EQUAL(n, 30);
}

static const struct unit_case cases[] = {
	{ "the time of an answer is smoothed by one eighth",
	    the_time_of_an_answer_is_smoothed_by_one_eighth },
	{ "each failure after the pause doubles it up to the most",
	    each_failure_after_the_pause_doubles_it_up_to_the_most },
	{ "failures of the same trouble do not double it",
	    failures_of_the_same_trouble_do_not_double_it },
	{ "an answer ends it", an_answer_ends_it },
	{ "only several soft failures in a row count", only_several_soft_failures_in_a_row_count },
	{ "a lost one gets no more than 8 handshakes in any minute",
	    a_lost_one_gets_no_more_than_8_handshakes_in_any_minute },
	{ "one try may be several handshakes, within the same account",
	    one_try_may_be_several_handshakes_within_the_same_account },
	{ "one that asks for peace gets it, for a minute at most",
	    one_that_asks_for_peace_gets_it_for_a_minute_at_most },
	{ "where nobody else works, one question every 2 s is let through",
	    where_nobody_else_works_one_question_every_2_s_is_let_through },
	{ "our own limits are not held against it", our_own_limits_are_not_held_against_it },
};

UNIT_MAIN("upstream/health", cases)
