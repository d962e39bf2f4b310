#include "stubd/upstream/times.h"
#include "tests/unit/unit.h"

#include <string.h>

static void
the_mean_is_smoothed_by_one_eighth(void)
{
	CU_ASSERT_EQUAL(times_smooth(0, 8000), 8000);
	CU_ASSERT_EQUAL(times_smooth(8000, 16000), 9000);
	CU_ASSERT_EQUAL(times_smooth(0, 0), 1);
	CU_ASSERT(times_smooth(8000, UINT32_MAX) > 500000000);
}

static void
none_has_no_quantile(void)
{
	const struct times t = { 0 };

	CU_ASSERT_EQUAL(times_quantile(&t, 50), 0);
	CU_ASSERT_EQUAL(times_quantile(&t, 99), 0);
}

/* Of one number alone every quantile is that number, within an eighth. */
static void
a_quantile_is_right_within_an_eighth(void)
{
	for (uint32_t us = TIMES_LEAST; us < 16000000; us += us / 50 + 1) {
		struct times t = { 0 };
		uint32_t told;

		times_add(&t, us);
		told = times_quantile(&t, 50);
		CU_ASSERT(told >= us - us / 8 && told <= us + us / 8);
		CU_ASSERT_EQUAL(times_quantile(&t, 99), told);
	}
}

static void
quantiles_tell_the_usual_from_the_worst(void)
{
	struct times t = { 0 };

	for (int i = 0; i < 490; i++)
		times_add(&t, 10000);
	for (int i = 0; i < 10; i++)
		times_add(&t, 900000);
	CU_ASSERT(times_quantile(&t, 50) < 12000);
	CU_ASSERT(times_quantile(&t, 98) < 12000);
	CU_ASSERT(times_quantile(&t, 99) > 800000);
}

static void
old_times_fade(void)
{
	struct times t = { 0 };

	for (int i = 0; i < 100000; i++)
		times_add(&t, 1000000);
	CU_ASSERT(t.n < TIMES_WEIGHT);
	for (int i = 0; i < 3 * TIMES_WEIGHT; i++)
		times_add(&t, 1000);
	CU_ASSERT(times_quantile(&t, 50) < 1200);
	for (int i = 0; i < 5 * TIMES_WEIGHT; i++)
		times_add(&t, 1000);
	CU_ASSERT(times_quantile(&t, 99) < 1200);
}

static void
what_is_out_of_range_is_counted_at_its_ends(void)
{
	struct times t = { 0 };

	times_add(&t, 0);
	CU_ASSERT(times_quantile(&t, 99) >= TIMES_LEAST && times_quantile(&t, 99) < 80);
	times_add(&t, UINT32_MAX);
	CU_ASSERT_EQUAL(t.buckets[TIMES_BUCKETS - 1], 1);
	CU_ASSERT(times_quantile(&t, 99) > 14000000);
}

static const struct unit_case cases[] = {
	{ "the mean is smoothed by one eighth", the_mean_is_smoothed_by_one_eighth },
	{ "none has no quantile", none_has_no_quantile },
	{ "a quantile is right within an eighth", a_quantile_is_right_within_an_eighth },
	{ "quantiles tell the usual from the worst", quantiles_tell_the_usual_from_the_worst },
	{ "old times fade", old_times_fade },
	{ "what is out of range is counted at its ends",
	    what_is_out_of_range_is_counted_at_its_ends },
};

UNIT_MAIN("upstream/times", cases)
