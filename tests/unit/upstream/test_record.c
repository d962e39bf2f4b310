#include "stubd/upstream/record.h"
#include "tests/unit/upstream/fake.h"

static void
the_same_trouble_is_counted_in_one_row(void)
{
	struct record r = { 0 };

	record_trouble(&r, TROUBLE_ASKING, ASK_HTTP, "HTTP status 500", 10);
	record_trouble(&r, TROUBLE_ASKING, ASK_HTTP, "HTTP status 500", 20);
	record_trouble(&r, TROUBLE_ASKING, ASK_HTTP, "HTTP status 503", 30);
	record_trouble(&r, TROUBLE_CONNECTING, ASK_REFUSED, NULL, 40);
	CU_ASSERT_EQUAL_FATAL(r.ntroubles, 3);
	CU_ASSERT_EQUAL(r.troubles[0].times, 2);
	CU_ASSERT_EQUAL(r.troubles[0].last, 20);
	CU_ASSERT_STRING_EQUAL(r.troubles[2].text, "refused");
	CU_ASSERT_EQUAL(r.other, 0);
}

static void
a_server_that_fails_in_ever_new_ways_gets_no_more_room(void)
{
	struct record r = { 0 };
	char text[200];
	uint32_t sum = 0;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	record_trouble(&r, TROUBLE_CONNECTED, ASK_RESET, text, 1);
	CU_ASSERT_EQUAL(strlen(r.troubles[0].text), RECORD_TEXT_MAX - 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "HTTP status %u", i);
		record_trouble(&r, TROUBLE_ASKING, ASK_HTTP, text, 10 + i);
	}
	CU_ASSERT_EQUAL(r.ntroubles, RECORD_TROUBLES);
	for (size_t i = 0; i < RECORD_TROUBLES; i++) {
		CU_ASSERT(r.troubles[i].last >= 1010 - RECORD_TROUBLES);
		sum += r.troubles[i].times;
	}
	CU_ASSERT_EQUAL(sum + r.other, 1001);
}

static const struct record *
record_of(const struct world *w)
{
	struct upstream_info info;

	pool_info(w->pool, 0, &info);
	return info.record;
}

static void
handshakes_answers_and_failures_are_recorded_where_they_happen_until_the_next_epoch(void)
{
	struct world w;
	const struct record *r;

	world_init(&w, 1);
	CU_ASSERT_PTR_NULL(record_of(&w));
	ask(&w, 0, 0, 1000);
	gone(w.opened[0], ASK_TLS, "certificate has expired");
	pass(&w, 5);
	CU_ASSERT_PTR_NOT_NULL_FATAL(record_of(&w));
	CU_ASSERT_EQUAL(record_of(&w)->used, 0); /* no question was written */
	ask(&w, 1, 0, 1000);
	ready(w.opened[1]);
	reply(w.opened[1]);
	ask(&w, 2, 0, 1000);
	fail_one(w.opened[1], ASK_HTTP, "HTTP status 500");
	gone(w.opened[1], ASK_TIMEOUT, "no answer for 1.5 s");
	r = record_of(&w);
	CU_ASSERT_EQUAL(r->handshake.n, 1);
	CU_ASSERT_EQUAL(r->handshake.smooth_us, 1000);
	CU_ASSERT_EQUAL(r->query.n, 1);
	CU_ASSERT_NOT_EQUAL(r->used, 0);
	CU_ASSERT_EQUAL_FATAL(r->ntroubles, 3);
	CU_ASSERT_EQUAL(r->troubles[0].when, TROUBLE_CONNECTING);
	CU_ASSERT_EQUAL(r->troubles[0].kind, ASK_TLS);
	CU_ASSERT_STRING_EQUAL(r->troubles[0].text, "certificate has expired");
	CU_ASSERT_EQUAL(r->troubles[1].when, TROUBLE_ASKING);
	CU_ASSERT_EQUAL(r->troubles[1].kind, ASK_HTTP);
	CU_ASSERT_EQUAL(r->troubles[2].when, TROUBLE_CONNECTED);
	pool_new_epoch(w.pool);
	CU_ASSERT_PTR_NULL(record_of(&w));
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "the same trouble is counted in one row", the_same_trouble_is_counted_in_one_row },
	{ "a server that fails in ever new ways gets no more room",
	    a_server_that_fails_in_ever_new_ways_gets_no_more_room },
	{ "handshakes, answers and failures are recorded where they happen, until the next epoch",
	    handshakes_answers_and_failures_are_recorded_where_they_happen_until_the_next_epoch },
};

UNIT_MAIN("upstream/record", cases)
