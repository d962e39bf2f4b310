#include "stubd/net/http_time.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { THEN = 784111777 }; /* the moment that RFC 9110 writes in all three forms */

/* -1: not a date. */
static int64_t
date(const char *text)
{
	int64_t out = -1;

	http_date(text, strlen(text), THEN, &out);
	return out;
}

static void
a_date_may_have_three_forms(void)
{
	CU_ASSERT_EQUAL(date("Sun, 06 Nov 1994 08:49:37 GMT"), THEN);
	CU_ASSERT_EQUAL(date("Sunday, 06-Nov-94 08:49:37 GMT"), THEN);
	CU_ASSERT_EQUAL(date("Sun Nov  6 08:49:37 1994"), THEN);
	CU_ASSERT_EQUAL(date("Wed Nov 16 08:49:37 1994"), THEN + 10 * 86400);
	CU_ASSERT_EQUAL(date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
	CU_ASSERT_EQUAL(date("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199);
	CU_ASSERT_EQUAL(date("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800);
}

/* What the C library makes of it, over four centuries. */
static void
every_day_is_the_calendars(void)
{
	for (int64_t day = -60000; day < 90000; day += 7) {
		const time_t at = (time_t)(day * 86400 + 12345);
		struct tm tm;
		char text[40];

		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		CU_ASSERT_EQUAL(date(text), at);
		strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
		CU_ASSERT_EQUAL(date(text), at);
	}
}

static void
a_year_of_two_digits_is_at_most_fifty_years_ahead(void)
{
	int64_t out = 0;
	const char *text = "Friday, 01-Jan-44 00:00:00 GMT";

	CU_ASSERT_EQUAL(http_date(text, strlen(text), THEN, &out), 0);
	CU_ASSERT_EQUAL(out, 2335219200); /* 2044 */
	text = "Monday, 01-Jan-45 00:00:00 GMT";
	CU_ASSERT_EQUAL(http_date(text, strlen(text), THEN, &out), 0);
	CU_ASSERT_EQUAL(out, -788918400); /* 1945 */
}

static void
everything_else_is_no_date(void)
{
	static const char *const wrong[] = { "", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
		"sun, 06 nov 1994 08:49:37 gmt", "Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Wed, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 0000 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov 06 08:49:37 94", "Sun Nov 6 08:49:37 1994", "12" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CU_ASSERT_EQUAL(date(wrong[i]), -1);
}

static uint32_t
after(const char *text)
{
	return http_retry_after(text, strlen(text), THEN);
}

static void
retry_after_is_seconds_or_a_date_and_at_most_a_minute(void)
{
	CU_ASSERT_EQUAL(after("5"), 5);
	CU_ASSERT_EQUAL(after("0"), 0);
	CU_ASSERT_EQUAL(after("60"), 60);
	CU_ASSERT_EQUAL(after("61"), 60);
	CU_ASSERT_EQUAL(after("99999999999999999999999999"), 60);
	CU_ASSERT_EQUAL(after(""), 0);
	CU_ASSERT_EQUAL(after("-5"), 0);
	CU_ASSERT_EQUAL(after("5 "), 0);
	CU_ASSERT_EQUAL(after("1.5"), 0);
	CU_ASSERT_EQUAL(after("Sun, 06 Nov 1994 08:49:49 GMT"), 12);
	CU_ASSERT_EQUAL(after("Sunday, 06-Nov-94 08:49:49 GMT"), 12);
	CU_ASSERT_EQUAL(after("Sun Nov  6 08:49:49 1994"), 12);
	CU_ASSERT_EQUAL(after("Mon, 06 Nov 1995 08:49:37 GMT"), 60);
	CU_ASSERT_EQUAL(after("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
	CU_ASSERT_EQUAL(after("Sun, 06 Nov 1994 08:49:36 GMT"), 0);
}

static const struct unit_case cases[] = {
	{ "a date may have three forms", a_date_may_have_three_forms },
	{ "every day is the calendar's", every_day_is_the_calendars },
	{ "a year of two digits is at most fifty years ahead",
	    a_year_of_two_digits_is_at_most_fifty_years_ahead },
	{ "everything else is no date", everything_else_is_no_date },
	{ "Retry-After is seconds or a date, and at most a minute",
	    retry_after_is_seconds_or_a_date_and_at_most_a_minute },
};

UNIT_MAIN("net/http_time", cases)
