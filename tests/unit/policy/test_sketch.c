#include "tests/unit/unit.h"

#include "policy/siphash.h"
#include "policy/sketch.h"

#include <stdio.h>
#include <string.h>

static const uint64_t one_secret[2] = { 0x1234, 0x5678 }, other_secret[2] = { 0x1234, 0x5679 };

static void
see(struct sketch *sketch, const uint64_t secret[2], unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		char name[32];
		const int n = snprintf(name, sizeof(name), "d%u.example", i);

		sketch_add(sketch, siphash(secret, name, (size_t)n));
	}
}

static uint64_t
count(const uint64_t secret[2], unsigned n)
{
	struct sketch sketch = { 0 };

	see(&sketch, secret, 0, n);
	return sketch_count(&sketch);
}

static void
nothing_is_counted_as_nothing_and_one_as_one(void)
{
	CU_ASSERT_EQUAL(count(one_secret, 0), 0);
	CU_ASSERT_EQUAL(count(one_secret, 1), 1);
	CU_ASSERT_EQUAL(count(other_secret, 1), 1);
}

static void
few_are_counted_nearly_exactly(void)
{
	for (uint64_t k = 0; k < 200; k++) {
		const uint64_t secret[2] = { k, ~k };

		CU_ASSERT_EQUAL(count(secret, 1), 1);
		CU_ASSERT(count(secret, 3) >= 2 && count(secret, 3) <= 4);
		CU_ASSERT(count(secret, 100) >= 88 && count(secret, 100) <= 112);
	}
}

/* Over many secrets: no bias, and the error that the header states. */
static void
accurate(unsigned n, unsigned secrets)
{
	double sum = 0, squares = 0, worst = 0;

	for (uint64_t k = 0; k < secrets; k++) {
		const uint64_t secret[2] = { k * 7919 + n, k };
		const double off = (double)count(secret, n) / n - 1;

		sum += off;
		squares += off * off;
		if (off * off > worst * worst)
			worst = off;
	}
	printf("\n    %u: mean %+.2f %%, mean square %.2f %%^2, worst %+.2f %%", n,
	    sum / secrets * 100, squares / secrets * 1e4, worst * 100);
	CU_ASSERT(sum / secrets < SKETCH_ERROR / 3 && sum / secrets > -SKETCH_ERROR / 3);
	CU_ASSERT(squares / secrets < 1.3 * 1.3 * SKETCH_ERROR * SKETCH_ERROR);
	CU_ASSERT(worst < 5 * SKETCH_ERROR && worst > -5 * SKETCH_ERROR);
}

static void
many_are_counted_within_the_stated_error(void)
{
	accurate(100, 400);
	accurate(3000, 200);
	accurate(10000, 200);
	accurate(100000, 40);
}

static void
seeing_again_changes_nothing(void)
{
	struct sketch sketch = { 0 }, before;

	see(&sketch, one_secret, 0, 10000);
	before = sketch;
	see(&sketch, one_secret, 2000, 10000);
	CU_ASSERT_EQUAL(memcmp(&sketch, &before, sizeof(sketch)), 0);
}

static void
two_secrets_make_different_sketches(void)
{
	struct sketch a = { 0 }, b = { 0 };

	see(&a, one_secret, 0, 1);
	see(&b, other_secret, 0, 1);
	CU_ASSERT_NOT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
}

static void
merged_is_as_if_one_had_seen_all(void)
{
	struct sketch a = { 0 }, b = { 0 }, all = { 0 };

	see(&a, one_secret, 0, 6000);
	see(&b, one_secret, 4000, 9000);
	see(&all, one_secret, 0, 9000);
	sketch_merge(&a, &b);
	CU_ASSERT_EQUAL(memcmp(&a, &all, sizeof(a)), 0);
}

static void
hashes_at_the_ends_of_the_range_are_no_trouble(void)
{
	struct sketch sketch = { 0 };

	sketch_add(&sketch, 0);
	sketch_add(&sketch, UINT64_MAX);
	CU_ASSERT_EQUAL(sketch.runs[0], 64 - SKETCH_BITS + 1);
	CU_ASSERT_EQUAL(sketch.runs[SKETCH_REGISTERS - 1], 1);
	CU_ASSERT_EQUAL(sketch_count(&sketch), 2);
}

static const struct unit_case cases[] = {
	{ "nothing is counted as nothing, and one as one",
	    nothing_is_counted_as_nothing_and_one_as_one },
	{ "few are counted nearly exactly", few_are_counted_nearly_exactly },
	{ "many are counted within the stated error", many_are_counted_within_the_stated_error },
	{ "seeing again changes nothing", seeing_again_changes_nothing },
	{ "two secrets make different sketches", two_secrets_make_different_sketches },
	{ "merged is as if one had seen all", merged_is_as_if_one_had_seen_all },
	{ "hashes at the ends of the range are no trouble",
	    hashes_at_the_ends_of_the_range_are_no_trouble },
};

UNIT_MAIN("policy/sketch", cases)
