#include "stubd/cache/failures.h"

#include "stubd/cache/cache.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>
#include <string.h>

static void
keep(struct failures *f, const char *name, uint32_t view, msec now, enum failure_kind kind)
{
	struct question q = packet_question(name, TYPE_A);
	const struct cache_key key = { .question = &q, .view = view };
	struct failure failure = { .kind = kind, .ede = EDE_OTHER };

	snprintf(failure.text, sizeof(failure.text), "%s failed", name);
	failures_keep(f, &key, false, now, &failure);
}

static bool
fails(struct failures *f, const char *name, uint32_t view, msec now)
{
	struct question q = packet_question(name, TYPE_A);
	const struct cache_key key = { .question = &q, .view = view };
	struct failure failure;

	if (!failures_find(f, &key, false, now, &failure))
		return false;
	CU_ASSERT_EQUAL(memcmp(failure.text, name, strlen(name)), 0);
	CU_ASSERT_EQUAL(failure.ede, EDE_OTHER);
	return true;
}

static void
keeps_questions_apart(void)
{
	struct failures *f = failures_new();
	struct question q = packet_question("a.example", TYPE_AAAA);
	const struct cache_key key = { .question = &q, .view = 0 };
	struct failure failure;

	keep(f, "a.example", 0, 0, FAILURE_SAID);
	CU_ASSERT(fails(f, "a.example", 0, 999));
	CU_ASSERT(!fails(f, "a.example", 1, 999));
	CU_ASSERT(!fails(f, "b.example", 0, 999));
	CU_ASSERT(!fails(f, "a.example", 0, 1000));
	CU_ASSERT(!failures_find(f, &key, false, 0, &failure));
	q.type = TYPE_A;
	CU_ASSERT(failures_find(f, &key, false, 0, &failure));
	CU_ASSERT(!failures_find(f, &key, true, 0, &failure));
	failures_forget(f, &key, true);
	CU_ASSERT_EQUAL(failures_count(f), 1);
	failures_forget(f, &key, false);
	CU_ASSERT_EQUAL(failures_count(f), 0);
	f = failures_free(f);
}

/* ms that a failure at that time is kept for */
static msec
kept_for(struct failures *f, enum failure_kind kind, msec now)
{
	msec term = 0;

	keep(f, "a.example", 0, now, kind);
	while (fails(f, "a.example", 0, now + term))
		term += 500;
	return term;
}

static void
doubles_what_is_said(void)
{
	struct failures *f = failures_new();
	msec now = 0;

	for (msec term = FAILURE_FIRST; term < FAILURE_MOST; term *= 2) {
		CU_ASSERT_EQUAL(kept_for(f, FAILURE_SAID, now), term);
		now += term;
	}
	CU_ASSERT_EQUAL(kept_for(f, FAILURE_SAID, now), FAILURE_MOST);
	now += FAILURE_MOST;
	CU_ASSERT_EQUAL(kept_for(f, FAILURE_SAID, now), FAILURE_MOST);
	/* the next time is long after */
	CU_ASSERT_EQUAL(
	    kept_for(f, FAILURE_SAID, now + FAILURE_MOST + FAILURE_MOST), FAILURE_FIRST);
	f = failures_free(f);
}

static void
bounds_each_kind(void)
{
	struct failures *f = failures_new();
	msec now = 0;

	for (int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(kept_for(f, FAILURE_LOST, now), FAILURE_FIRST);
		now += FAILURE_FIRST;
	}
	CU_ASSERT_EQUAL(kept_for(f, FAILURE_SAID, now), FAILURE_FIRST);
	for (int i = 0; i < 10; i++) {
		msec term = kept_for(f, FAILURE_BOGUS, now);

		CU_ASSERT(term <= FAILURE_BOGUS_MOST);
		now += term;
	}
	CU_ASSERT_EQUAL(kept_for(f, FAILURE_BOGUS, now), FAILURE_BOGUS_MOST);
	failures_flush(f, NULL, true);
	CU_ASSERT_EQUAL(kept_for(f, FAILURE_OWN, now), 0);
	CU_ASSERT_EQUAL(failures_count(f), 0);
	f = failures_free(f);
}

static void
is_bounded(void)
{
	struct failures *f = failures_new();
	char name[32];

	for (unsigned i = 0; i < FAILURES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "%u.example", i);
		keep(f, name, 0, 0, FAILURE_SAID);
	}
	CU_ASSERT_EQUAL(failures_count(f), FAILURES_MAX);
	CU_ASSERT(!fails(f, "9.example", 0, 0));
	CU_ASSERT(fails(f, "10.example", 0, 0));
	CU_ASSERT(fails(f, name, 0, 0));
	f = failures_free(f);
}

static void
flushes_exactly(void)
{
	struct failures *f = failures_new();
	struct name a = packet_make_name("a.example");

	keep(f, "a.example", 0, 0, FAILURE_SAID);
	keep(f, "b.a.example", 7, 0, FAILURE_SAID);
	keep(f, "xa.example", 0, 0, FAILURE_SAID);
	CU_ASSERT_EQUAL(failures_flush(f, &a, false), 1);
	CU_ASSERT_EQUAL(failures_flush(f, &a, true), 1);
	CU_ASSERT(fails(f, "xa.example", 0, 0));
	CU_ASSERT_EQUAL(failures_flush(f, NULL, false), 1);
	f = failures_free(f);
}

static const struct unit_case cases[] = {
	{ "a failure is that of a question, a view and CD", keeps_questions_apart },
	{ "what upstreams say is kept twice as long each time", doubles_what_is_said },
	{ "that nobody answered is kept for a second, bogus for a minute at most",
	    bounds_each_kind },
	{ "when there are too many the oldest goes", is_bounded },
	{ "flushing removes and counts exactly what it should", flushes_exactly },
};

UNIT_MAIN("cache/failures", cases)
