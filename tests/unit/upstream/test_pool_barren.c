#include "policy/url.h"
#include "stubd/upstream/pool_impl.h"
#include "tests/unit/upstream/fake.h"

/* One upstream by DoT, and by DoH if it is to have two ways. */
static void
begin(struct world *w, bool two)
{
	const struct url url = { .scheme = SCHEME_HTTPS, .port = 443, .path = "/dns-query" };
	const struct upstream_spec *specs[] = { &w->spec };

	world_init(w, 1);
	if (!two)
		return;
	CU_ASSERT_EQUAL(upstream_spec_add_other(&w->spec, &url), 0);
	CU_ASSERT_EQUAL(pool_set_upstreams(w->pool, specs, 1), 0);
	upstream_spec_clear(w->spec.other);
	free(w->spec.other);
	w->spec.other = NULL;
}

/* The connection that was opened last becomes ready, and breaks on its first question. */
static void
be_barren(struct world *w, enum ask_fail fail)
{
	struct transport *t = w->opened[w->nopened - 1];

	ready(t);
	CU_ASSERT_EQUAL(t->nasks, 1);
	gone(t, fail, fail == ASK_RESET ? "connection reset" : "no answer for 1.5 s");
	pass(w, 5);
}

static uint16_t
port(const struct world *w)
{
	return w->opened[w->nopened - 1]->addr.port;
}

static void
a_way_that_resets_twice_in_a_row_is_left_and_the_question_goes_by_the_other(void)
{
	struct upstream_info info;
	struct world w;

	begin(&w, true);
	ask(&w, 0, 0, 3000);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(port(&w), 853);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(w.answers[0].calls, 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(port(&w), 443);
	/* nor is the first one tried beside it, however long it takes */
	pass(&w, 600);
	CU_ASSERT_EQUAL(w.nopened, 3);
	ready(w.opened[2]);
	reply(w.opened[2]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	pool_info(w.pool, 0, &info);
	CU_ASSERT_EQUAL(info.way->scheme, SCHEME_HTTPS);
	/* remembered, until the next epoch */
	gone(w.opened[2], ASK_OK, "idle");
	ask(&w, 1, 0, 3000);
	CU_ASSERT_EQUAL(port(&w), 443);
	pass(&w, 600);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 5);
	CU_ASSERT_EQUAL(port(&w), 853);
	world_clear(&w);
}

static void
silence_counts_as_well_also_of_a_hedges_connection(void)
{
	struct world w;

	begin(&w, true);
	ask(&w, 0, 0, 4000);
	ready(w.opened[0]);
	ask(&w, 1, POOL_ASK_FRESH, 4000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	gone(w.opened[0], ASK_TIMEOUT, "no answer for 1.5 s");
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TIMEOUT); /* the other one may still answer */
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	gone(w.opened[1], ASK_TIMEOUT, "no answer for 1.5 s");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[1].calls, 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(port(&w), 443);
	ready(w.opened[2]);
	reply(w.opened[2]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	world_clear(&w);
}

/* Somebody else has answered meanwhile: the connections still tell. */
static void
silence_counts_when_nobody_waits_any_more(void)
{
	struct world w;

	begin(&w, true);
	for (size_t i = 0; i < 2; i++) {
		struct ask *a = ask(&w, i, 0, 4000);

		CU_ASSERT_EQUAL_FATAL(w.nopened, i + 1);
		CU_ASSERT_EQUAL(port(&w), 853);
		ready(w.opened[i]);
		pool_cancel(a);
		gone(w.opened[i], ASK_TIMEOUT, "no answer for 1.5 s");
		pass(&w, 2100); /* it counts as lost: one try every 2 s */
	}
	ask(&w, 2, 0, 4000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(port(&w), 443);
	world_clear(&w);
}

static void
an_answer_between_them_or_an_error_is_a_sign_that_it_is_not_blocked(void)
{
	struct world w;

	begin(&w, true);
	ask(&w, 0, 0, 3000);
	be_barren(&w, ASK_RESET);
	ready(w.opened[1]);
	fail_one(w.opened[1], ASK_MALFORMED, "another name");
	gone(w.opened[1], ASK_RESET, "connection reset");
	ask(&w, 1, 0, 3000);
	CU_ASSERT_EQUAL(port(&w), 853);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(port(&w), 853);
	/* one that was used before and dies is not barren */
	ready(w.opened[3]);
	reply(w.opened[3]);
	ask(&w, 2, 0, 3000);
	gone(w.opened[3], ASK_RESET, "connection reset");
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 5);
	CU_ASSERT_EQUAL(port(&w), 853);
	/* nor is one that nobody asked anything */
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(w.answers[2].fail, ASK_RESET); /* it was lost twice */
	world_clear(&w);
}

static void
where_the_other_way_cannot_be_had_either_both_are_tried_again(void)
{
	struct world w;

	begin(&w, true);
	ask(&w, 0, 0, 3000);
	be_barren(&w, ASK_RESET);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(port(&w), 443);
	gone(w.opened[2], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.nopened, 3); /* that was all of it */
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_REFUSED);
	ask(&w, 1, 0, 3000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	gone(w.opened[3], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 5);
	CU_ASSERT_EQUAL(w.opened[3]->addr.port + w.opened[4]->addr.port, 443 + 853);
	world_clear(&w);
}

static void
both_ways_barren_are_left_for_each_other_and_a_question_moves_once(void)
{
	struct world w;

	begin(&w, true);
	ask(&w, 0, 0, 3000);
	be_barren(&w, ASK_RESET);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(port(&w), 443);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_RESET);
	CU_ASSERT_EQUAL(w.nopened, 3);
	world_clear(&w);
}

static void
who_has_one_way_only_keeps_it(void)
{
	struct world w;

	begin(&w, false);
	ask(&w, 0, 0, 3000);
	be_barren(&w, ASK_RESET);
	be_barren(&w, ASK_RESET);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_RESET);
	ask(&w, 1, 0, 3000);
	CU_ASSERT_EQUAL(port(&w), 853);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "a way that resets twice in a row is left, and the question goes by the other",
	    a_way_that_resets_twice_in_a_row_is_left_and_the_question_goes_by_the_other },
	{ "silence counts as well, also of a hedge's connection",
	    silence_counts_as_well_also_of_a_hedges_connection },
	{ "silence counts when nobody waits any more", silence_counts_when_nobody_waits_any_more },
	{ "an answer between them, or an error, is a sign that it is not blocked",
	    an_answer_between_them_or_an_error_is_a_sign_that_it_is_not_blocked },
	{ "where the other way cannot be had either, both are tried again",
	    where_the_other_way_cannot_be_had_either_both_are_tried_again },
	{ "both ways barren are left for each other, and a question moves once",
	    both_ways_barren_are_left_for_each_other_and_a_question_moves_once },
	{ "who has one way only keeps it", who_has_one_way_only_keeps_it },
};

UNIT_MAIN("upstream/pool_barren", cases)
