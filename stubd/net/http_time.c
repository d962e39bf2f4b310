#include "stubd/net/http_time.h"
#include "stubd/base/clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* What is left to read; once something was not as it should be, nothing is any more. */
struct text {
	const char *at;
	size_t n;
	bool bad;
};

struct date {
	unsigned year, month, day, hour, minute, second; /* month and day from 1 on */
};

static void
skip(struct text *t, const char *literal)
{
	const size_t n = strlen(literal);

	t->bad |= t->n < n || memcmp(t->at, literal, n) != 0;
	if (t->bad)
		return;
	t->at += n;
	t->n -= n;
}

static unsigned
number(struct text *t, size_t digits)
{
	unsigned x = 0;

	t->bad |= t->n < digits;
	for (size_t i = 0; i < digits && !t->bad; i++) {
		t->bad = t->at[i] < '0' || t->at[i] > '9';
		x = x * 10 + (unsigned)(t->at[i] - '0');
	}
	if (t->bad)
		return 0;
	t->at += digits;
	t->n -= digits;
	return x;
}

/* The index of the name that comes next. */
static unsigned
name(struct text *t, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct text after = *t;

		skip(&after, names[i]);
		if (after.bad)
			continue;
		*t = after;
		return i;
	}
	t->bad = true;
	return 0;
}

static void
weekday(struct text *t)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

	name(t, names, 7);
}

static void
whole_weekday(struct text *t)
{
	static const char *const names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
		"Friday", "Saturday" };

	name(t, names, 7);
}

static unsigned
month(struct text *t)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };

	return name(t, names, 12) + 1;
}

static void
time_of_day(struct text *t, struct date *d)
{
	d->hour = number(t, 2);
	skip(t, ":");
	d->minute = number(t, 2);
	skip(t, ":");
	d->second = number(t, 2);
}

/* What the two forms that name GMT have in common, behind the weekday. */
static void
date_in_gmt(struct text *t, struct date *d, const char *between, size_t year_digits)
{
	skip(t, ", ");
	d->day = number(t, 2);
	skip(t, between);
	d->month = month(t);
	skip(t, between);
	d->year = number(t, year_digits);
	skip(t, " ");
	time_of_day(t, d);
	skip(t, " GMT");
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static void
fixed_form(struct text *t, struct date *d)
{
	weekday(t);
	date_in_gmt(t, d, " ", 4);
}

/* Sunday, 06-Nov-94 08:49:37 GMT; the year is one of a century that the caller finds. */
static void
rfc850_form(struct text *t, struct date *d)
{
	whole_weekday(t);
	date_in_gmt(t, d, "-", 2);
}

/* Sun Nov  6 08:49:37 1994 */
static void
asctime_form(struct text *t, struct date *d)
{
	bool one_digit;

	weekday(t);
	skip(t, " ");
	d->month = month(t);
	skip(t, " ");
	one_digit = t->n && *t->at == ' ';
	if (one_digit)
		skip(t, " ");
	d->day = number(t, one_digit ? 1 : 2);
	skip(t, " ");
	time_of_day(t, d);
	skip(t, " ");
	d->year = number(t, 4);
}

static bool
is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool
exists(const struct date *d)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const unsigned most = days[d->month - 1] + (d->month == 2 && is_leap(d->year));

	/* 60: a leap second */
	return d->day >= 1 && d->day <= most && d->hour < 24 && d->minute < 60 && d->second <= 60;
}

static int64_t
seconds(const struct date *d)
{
	struct tm tm = {
		.tm_year = (int)d->year - 1900,
		.tm_mon = (int)d->month - 1,
		.tm_mday = (int)d->day,
		.tm_hour = (int)d->hour,
		.tm_min = (int)d->minute,
		.tm_sec = (int)d->second,
	};

	return timegm(&tm);
}

/* Of the years that end so, the latest that is not more than 50 years ahead. */
static unsigned
year_of(unsigned last_digits, int64_t now)
{
	const int64_t most = 1970 + now / 31556952 + 50;

	return (unsigned)(most - (most - last_digits) % 100);
}

int
http_date(const char *text, size_t n, int64_t now, int64_t *out)
{
	void (*const forms[])(
	    struct text *, struct date *) = { fixed_form, rfc850_form, asctime_form };

	for (size_t i = 0; i < 3; i++) {
		struct text t = { .at = text, .n = n };
		struct date d = { 0 };

		forms[i](&t, &d);
		if (t.bad || t.n)
			continue;
		if (forms[i] == rfc850_form)
			d.year = year_of(d.year, now);
		if (!d.year || !exists(&d))
			return -EINVAL;
		*out = seconds(&d);
		return 0;
	}
	return -EINVAL;
}

uint32_t
http_seconds(const char *text, size_t n, uint32_t most)
{
	uint64_t s = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		s = s * 10 + (uint64_t)(text[i] - '0');
		s = s < most ? s : most;
	}
	return (uint32_t)s;
}

uint32_t
http_retry_after(const char *text, size_t n, int64_t now)
{
	int64_t at;

	if (http_date(text, n, now, &at) < 0)
		return http_seconds(text, n, HTTP_RETRY_MOST);
	if (at <= now)
		return 0;
	return at - now < HTTP_RETRY_MOST ? (uint32_t)(at - now) : HTTP_RETRY_MOST;
}

static bool
is(const char *want, const void *name, size_t n)
{
	return n == strlen(want) && !memcmp(name, want, n);
}

void
http_times_take(struct http_times *t, const void *name, size_t nname, const char *value, size_t n,
    bool beside_error)
{
	if (!t->aged && is("age", name, nname)) {
		t->aged = true;
		t->age = http_seconds(value, n, HTTP_AGE_MOST);
	} else if (beside_error && !t->dated && is("date", name, nname)) {
		t->dated = http_date(value, n, (int64_t)clock_wall_s(), &t->date) == 0;
	} else if (!t->nretry && n <= HTTP_TIME_TEXT && is("retry-after", name, nname)) {
		memcpy(t->retry, value, n);
		t->nretry = n;
	}
}

uint32_t
http_times_retry(const struct http_times *t)
{
	if (!t->nretry)
		return 0;
	return http_retry_after(t->retry, t->nretry, t->dated ? t->date : (int64_t)clock_wall_s());
}
