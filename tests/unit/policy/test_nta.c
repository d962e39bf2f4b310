#include "tests/unit/unit.h"

#include "policy/nta.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1000000, HOUR = 3600 };

static struct name
name(const char *text)
{
	struct name out;

	CU_ASSERT_EQUAL_FATAL(name_from_text(&out, text), 0);
	return out;
}

static int
add(struct nta_table *table, const char *text, int64_t until)
{
	const struct name own = name(text);

	return nta_add(table, &own, until, NOW);
}

static int64_t
covered_until(const struct nta_table *table, const char *text)
{
	const struct name own = name(text);
	const struct nta *entry = nta_find(table, &own);

	return entry ? entry->until : 0;
}

static void
a_name_covers_all_below_it_and_the_longest_counts(void)
{
	static struct nta_table table;

	CU_ASSERT_EQUAL(add(&table, "example", NOW + 10), 0);
	CU_ASSERT_EQUAL(add(&table, "Broken.Example", NOW + 20), 0);
	CU_ASSERT_EQUAL(covered_until(&table, "example"), NOW + 10);
	CU_ASSERT_EQUAL(covered_until(&table, "a.example"), NOW + 10);
	CU_ASSERT_EQUAL(covered_until(&table, "www.broken.EXAMPLE"), NOW + 20);
	CU_ASSERT_EQUAL(covered_until(&table, "xexample"), 0);
	CU_ASSERT_EQUAL(covered_until(&table, "."), 0);
}

static void
they_end_in_order(void)
{
	static struct nta_table table;
	struct nta over;

	add(&table, "c", NOW + 30);
	add(&table, "a", NOW + 10);
	add(&table, "b", NOW + 20);
	add(&table, "a", NOW + 25); /* another end, no second entry */
	CU_ASSERT_EQUAL(table.n, 3);
	CU_ASSERT_FALSE(nta_take_over(&table, NOW + 19, &over));
	CU_ASSERT_TRUE(nta_take_over(&table, NOW + 25, &over));
	CU_ASSERT_EQUAL(over.until, NOW + 20);
	CU_ASSERT_TRUE(nta_take_over(&table, NOW + 25, &over));
	CU_ASSERT_EQUAL(over.until, NOW + 25);
	CU_ASSERT_FALSE(nta_take_over(&table, NOW + 25, &over));
	CU_ASSERT_EQUAL(table.n, 1);
}

static void
limits_are_kept(void)
{
	static struct nta_table table;
	char text[16];

	CU_ASSERT_EQUAL(add(&table, ".", NOW + 1), -EINVAL);
	CU_ASSERT_EQUAL(add(&table, "a", NOW), -ERANGE);
	CU_ASSERT_EQUAL(add(&table, "a", NOW + NTA_TIME_MAX + 1), -ERANGE);
	CU_ASSERT_EQUAL(table.n, 0);
	for (int i = 0; i < NTA_MAX; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		CU_ASSERT_EQUAL(add(&table, text, NOW + NTA_TIME_MAX), 0);
	}
	CU_ASSERT_EQUAL(add(&table, "a", NOW + 1), -ENOSPC);
	CU_ASSERT_EQUAL(add(&table, "n7", NOW + 1), 0);
	CU_ASSERT_EQUAL(table.n, NTA_MAX);
}

static void
a_clock_that_was_ahead_does_not_make_them_last(void)
{
	static struct nta_table table;
	const int64_t earlier = NOW - 10 * HOUR;

	add(&table, "a", NOW + HOUR);
	add(&table, "b", NOW + NTA_TIME_MAX);
	CU_ASSERT_EQUAL(nta_shorten(&table, NOW), 0);
	CU_ASSERT_EQUAL(nta_shorten(&table, earlier), 1);
	CU_ASSERT_EQUAL(covered_until(&table, "a"), NOW + HOUR);
	CU_ASSERT_EQUAL(covered_until(&table, "b"), earlier + NTA_TIME_MAX);
}

static void
note(void *arg, unsigned line, const char *what)
{
	char *lines = arg;

	sprintf(lines + strlen(lines), "%u ", line);
	CU_ASSERT_STRING_NOT_EQUAL(what, "");
}

static void
text_is_read_as_it_was_written(void)
{
	static struct nta_table table, again;
	char wrong[64] = "", *text;

	add(&table, "a b.example", NOW + 5);
	add(&table, "bogus.example", NOW + HOUR);
	text = nta_write(&table);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	nta_read(&again, text, strlen(text), NOW, note, wrong);
	free(text);
	CU_ASSERT_STRING_EQUAL(wrong, "");
	CU_ASSERT_EQUAL(again.n, 2);
	CU_ASSERT_EQUAL(memcmp(&table, &again, sizeof(table)), 0);
}

static void
malformed_lines_are_named_and_skipped(void)
{
	static const char text[] = "; a comment\n\nfine.example 1000050\nno-time.example\n"
				   "a..b 1000050\nlate.example soon\nlate.example 1000050 x\n"
				   ". 1000050\nover.example 999999\nneg.example -5\n"
				   "huge.example 99999999999999999999\nlong.example 9999999999\n"
				   "cut.example 1000060";
	static struct nta_table table;
	char wrong[64] = "";

	nta_read(&table, text, sizeof(text) - 1, NOW, note, wrong);
	CU_ASSERT_STRING_EQUAL(wrong, "4 5 6 7 8 10 11 ");
	CU_ASSERT_EQUAL(table.n, 3);
	CU_ASSERT_EQUAL(covered_until(&table, "fine.example"), NOW + 50);
	CU_ASSERT_EQUAL(covered_until(&table, "cut.example"), NOW + 60);
	CU_ASSERT_EQUAL(covered_until(&table, "long.example"), NOW + NTA_TIME_MAX);
}

static const struct unit_case cases[] = {
	{ "a name covers all below it, and the longest counts",
	    a_name_covers_all_below_it_and_the_longest_counts },
	{ "they end in the order of their times", they_end_in_order },
	{ "the root, too long a time and one too many are refused", limits_are_kept },
	{ "a clock that was ahead does not make them last",
	    a_clock_that_was_ahead_does_not_make_them_last },
	{ "text is read as it was written", text_is_read_as_it_was_written },
	{ "malformed lines are named and skipped", malformed_lines_are_named_and_skipped },
};

UNIT_MAIN("policy/nta", cases)
