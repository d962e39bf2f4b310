#include "stubd/base/walltime.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { BUILD = 1700000000, KEPT = 1750000000, NOW = 1800000000 };

static void
a_synchronised_clock_is_believed(void)
{
	struct walltime t = walltime_judge(true, 0, BUILD, KEPT);

	CU_ASSERT_FALSE(t.unsynchronised);
	CU_ASSERT_EQUAL(t.source, WALLTIME_CLOCK);
	CU_ASSERT_EQUAL(t.fixed, 0);
}

static void
another_is_used_as_it_is_while_it_is_the_latest(void)
{
	struct walltime t = walltime_judge(false, NOW, BUILD, KEPT);

	CU_ASSERT_TRUE(t.unsynchronised);
	CU_ASSERT_EQUAL(t.source, WALLTIME_CLOCK);
	CU_ASSERT_EQUAL(t.fixed, 0);
	CU_ASSERT_EQUAL(walltime_judge(false, KEPT, BUILD, KEPT).fixed, 0);
}

static void
else_the_later_of_build_and_last_good_time(void)
{
	struct walltime t = walltime_judge(false, 0, BUILD, KEPT);

	CU_ASSERT_TRUE(t.unsynchronised);
	CU_ASSERT_EQUAL(t.source, WALLTIME_KEPT);
	CU_ASSERT_EQUAL(t.fixed, KEPT);
	t = walltime_judge(false, BUILD - 1, BUILD, 0);
	CU_ASSERT_EQUAL(t.source, WALLTIME_BUILD);
	CU_ASSERT_EQUAL(t.fixed, BUILD);
	t = walltime_judge(false, KEPT, NOW, KEPT);
	CU_ASSERT_EQUAL(t.source, WALLTIME_BUILD);
	CU_ASSERT_EQUAL(t.fixed, NOW);
}

static void
the_note_says_what_time_is_used(void)
{
	const struct walltime good = { 0 },
			      kept = { .unsynchronised = true,
				      .source = WALLTIME_KEPT,
				      .fixed = KEPT },
			      own = { .unsynchronised = true };
	char text[WALLTIME_NOTE], when[WALLTIME_TEXT];

	CU_ASSERT_STRING_EQUAL(walltime_note(&good, text), "");
	CU_ASSERT_STRING_EQUAL(walltime_note(&kept, text),
	    "this machine's clock is not synchronised (2025-06-15 15:06 UTC)");
	walltime_text(time(NULL), when);
	CU_ASSERT_NSTRING_EQUAL(strchr(walltime_note(&own, text), '(') + 1, when, 10);
}

static void
times_beyond_reason_have_a_text(void)
{
	char text[WALLTIME_TEXT];

	CU_ASSERT_STRING_EQUAL(walltime_text(0, text), "1970-01-01 00:00 UTC");
	CU_ASSERT_TRUE(strlen(walltime_text(INT64_MAX, text)) < WALLTIME_TEXT);
	CU_ASSERT_TRUE(strlen(walltime_text(999999999999, text)) < WALLTIME_TEXT);
}

static void
a_file_gives_back_what_was_put_in(void)
{
	char bytes[WALLTIME_FILE];
	int64_t out = 0;
	size_t n = walltime_to_file(NOW, bytes);

	CU_ASSERT_EQUAL(n, 11);
	CU_ASSERT_EQUAL(walltime_from_file(bytes, n, &out), 0);
	CU_ASSERT_EQUAL(out, NOW);
}

static void
a_file_with_anything_else_is_refused(void)
{
	static const char *const bad[] = { "", "\n", "12", "1 2\n", "-5\n", "0x10\n", "12\n\n",
		"1234567890123\n", "99999999999999999999\n", "now\n" };
	int64_t out = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(walltime_from_file(bad[i], strlen(bad[i]), &out), -EINVAL);
	CU_ASSERT_EQUAL(out, 7);
}

static void
the_kernel_is_asked(void)
{
	int64_t now = 0;

	(void)walltime_read(&now);
	CU_ASSERT_TRUE(now >= BUILD);
}

static const struct unit_case cases[] = {
	{ "a synchronised clock is believed", a_synchronised_clock_is_believed },
	{ "another is used as it is while it is the latest",
	    another_is_used_as_it_is_while_it_is_the_latest },
	{ "else the later of build and last good time",
	    else_the_later_of_build_and_last_good_time },
	{ "the note says what time is used", the_note_says_what_time_is_used },
	{ "times beyond reason have a text", times_beyond_reason_have_a_text },
	{ "a file gives back what was put in", a_file_gives_back_what_was_put_in },
	{ "a file with anything else is refused", a_file_with_anything_else_is_refused },
	{ "the kernel is asked", the_kernel_is_asked },
};

int
main(void)
{
	return unit_run("walltime", cases, sizeof(cases) / sizeof(*cases));
}
