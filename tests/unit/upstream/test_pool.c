#include "tests/unit/upstream/fake.h"

static void
questions_wait_for_one_connection_and_share_it(void)
{
	struct world w;

	world_init(&w, 1);
	for (size_t i = 0; i < 3; i++)
		ask(&w, i, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	ready(w.opened[0]);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 3);
	for (size_t i = 0; i < 3; i++)
		reply(w.opened[0]);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(w.answers[i].calls, 1);
		CU_ASSERT_EQUAL(w.answers[i].fail, ASK_OK);
		CU_ASSERT_EQUAL(w.answers[i].age, 0);
	}
	pass(&w, 5);
	ask(&w, 3, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	reply(w.opened[0]);
	CU_ASSERT(w.answers[3].age >= 5);
	CU_ASSERT(pool_standing(w.pool)[0].srtt_us > 0);
	world_clear(&w);
}

static void
a_failure_comes_once_later_and_is_remembered(void)
{
	struct world w;
	struct upstream_info info;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ask(&w, 1, 0, 1000);
	gone(w.opened[0], ASK_TLS, "certificate has expired");
	CU_ASSERT_EQUAL(w.answers[0].calls, 0);
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.answers[1].calls, 1);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TLS);
	CU_ASSERT_STRING_EQUAL(w.answers[0].text, "certificate has expired");
	pool_info(w.pool, 0, &info);
	CU_ASSERT_STRING_EQUAL(info.last_error, "fake 192.0.2.1:853: certificate has expired");
	CU_ASSERT_EQUAL(info.outstanding, 0);
	CU_ASSERT_EQUAL(info.stats.fails[ASK_TLS], 2);
	CU_ASSERT(pool_standing(w.pool)[0].down_until > loop_now(w.loop));
	world_clear(&w);
}

static void
the_next_address_is_tried_at_once_after_a_failure(void)
{
	struct world w;

	world_init(&w, 3);
	ask(&w, 0, 0, 1000);
	gone(w.opened[0], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[1]->addr.ip[3], 2);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.answers[0].address.ip[3], 2);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	/* and the address that worked is the first next time */
	gone(w.opened[1], ASK_OK, "idle");
	ask(&w, 1, 0, 1000);
	CU_ASSERT_EQUAL(w.opened[2]->addr.ip[3], 2);
	world_clear(&w);
}

static void
a_silent_address_is_overtaken_by_the_next(void)
{
	struct world w;

	world_init(&w, 3);
	ask(&w, 0, 0, 2000);
	pass(&w, 150);
	CU_ASSERT_EQUAL(w.nopened, 1);
	pass(&w, 150);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	pass(&w, 250);
	CU_ASSERT_EQUAL(w.nopened, 3); /* all of them beside each other */
	ready(w.opened[1]);
	CU_ASSERT_TRUE(w.opened[0]->closed);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
a_connection_that_never_stands_is_given_up(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 5000);
	ask(&w, 1, 0, 100);
	pass(&w, 200);
	CU_ASSERT_EQUAL(w.answers[1].calls, 1);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(w.answers[0].calls, 0);
	pass(&w, 2500);
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TIMEOUT);
	CU_ASSERT_STRING_EQUAL(w.answers[0].text, "no connection within 2.5 s");
	CU_ASSERT_TRUE(w.opened[0]->closed);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 1);
	world_clear(&w);
}

static void
a_hedge_gets_a_connection_of_its_own_which_is_used_from_then_on(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	ask(&w, 1, POOL_ASK_FRESH, 1000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 1);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	ask(&w, 2, 0, 1000);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 1);
	world_clear(&w);
}

static void
a_hedge_goes_where_the_upstream_was_heard_meanwhile(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 5000);
	ask(&w, 1, POOL_ASK_FRESH, 5000);
	ready(w.opened[0]);
	ready(w.opened[1]);
	reply(w.opened[0]);
	pass(&w, 20);
	w.opened[0]->heard = loop_now(w.loop);
	ask(&w, 2, POOL_ASK_FRESH, 5000);
	CU_ASSERT_EQUAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 1);
	world_clear(&w);
}

static void
hedges_leave_two_connections(void)
{
	struct world w;

	world_init(&w, 1);
	for (size_t i = 0; i < 3; i++) {
		ask(&w, i, i ? POOL_ASK_FRESH : 0, 5000);
		CU_ASSERT_EQUAL_FATAL(w.nopened, i + 1);
		ready(w.opened[i]);
	}
	CU_ASSERT_TRUE(w.opened[0]->retired);
	CU_ASSERT_FALSE(w.opened[1]->retired);
	CU_ASSERT_FALSE(w.opened[2]->retired);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
one_probe_at_a_time(void)
{
	static const struct question question = { .name = { .len = 1 }, .type = TYPE_A };
	static const struct msg_ask how = { .rd = true };
	struct world w;
	struct ask *out = NULL;

	world_init(&w, 1);
	ask(&w, 0, POOL_ASK_PROBE, 1000);
	CU_ASSERT_EQUAL(pool_ask(w.pool, 0, &question, &how, POOL_ASK_PROBE, 1000, on_answer,
			    &w.answers[1], &out),
	    -EALREADY);
	ask(&w, 2, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	ask(&w, 3, POOL_ASK_PROBE, 1000);
	world_clear(&w);
}

static void
an_upstream_owes_a_sign_of_life_from_the_first_question_since_the_last(void)
{
	struct world w;
	msec asked;

	world_init(&w, 1);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, 0);
	ask(&w, 0, 0, 5000);
	/* a handshake is given time of its own */
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, loop_now(w.loop) + POOL_SHAKE);
	ready(w.opened[0]);
	asked = loop_now(w.loop);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, asked);
	pass(&w, 10);
	ask(&w, 1, 0, 5000);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, asked);
	w.opened[0]->heard = loop_now(w.loop);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, 0);
	pass(&w, 10);
	asked = loop_now(w.loop);
	pool_cancel(ask(&w, 2, 0, 5000)); /* is owed also when nobody waits */
	pass(&w, 10);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, asked);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, 0);
	ask(&w, 3, 0, 5000);
	/* a new network owes nothing; what waited is given a handshake's time again */
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].silent, loop_now(w.loop) + POOL_SHAKE);
	world_clear(&w);
}

static void
a_connection_may_fall_silent_while_another_lives(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 5000);
	ready(w.opened[0]);
	ask(&w, 1, POOL_ASK_FRESH, 5000);
	pass(&w, 10);
	ready(w.opened[1]);
	w.opened[1]->heard = loop_now(w.loop);
	gone(w.opened[0], ASK_TIMEOUT, "no answer for 1.5 s");
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	pass(&w, 10);
	ask(&w, 2, 0, 5000);
	gone(w.opened[1], ASK_TIMEOUT, "no answer for 1.5 s");
	CU_ASSERT(pool_standing(w.pool)[0].failures > 0);
	world_clear(&w);
}

static void
hedges_share_a_fresh_connection_and_connections_are_bounded(void)
{
	struct world w;
	size_t i = 0;

	world_init(&w, 1);
	ask(&w, i++, 0, 1000);
	ask(&w, i++, POOL_ASK_FRESH, 1000);
	ask(&w, i++, POOL_ASK_FRESH, 1000);
	CU_ASSERT_EQUAL(w.nopened, 2);
	ready(w.opened[0]);
	ready(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 2);
	/* Full connections make new ones, up to the limit; then there is no room. */
	while (w.nopened < POOL_CONNECTIONS || w.opened[w.nopened - 1]->nasks < ROOM) {
		ask(&w, i++, 0, 1000);
		if (!w.opened[w.nopened - 1]->ready)
			ready(w.opened[w.nopened - 1]);
		CU_ASSERT_FATAL(i < ASKS_MAX);
	}
	CU_ASSERT_EQUAL(i, POOL_CONNECTIONS * ROOM);
	ask(&w, i, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, POOL_CONNECTIONS);
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[i].calls, 1);
	CU_ASSERT_EQUAL(w.answers[i].fail, ASK_FULL);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	world_clear(&w);
}

static void
questions_that_wait_for_a_connection_are_bounded(void)
{
	struct world w;
	size_t full = 0;

	world_init(&w, 1);
	for (size_t i = 0; i < POOL_WAITING + 50; i++)
		ask(&w, i, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	pass(&w, 5);
	for (size_t i = 0; i < POOL_WAITING + 50; i++)
		full += w.answers[i].calls == 1 && w.answers[i].fail == ASK_FULL;
	CU_ASSERT_EQUAL(full, 50);
	world_clear(&w);
}

static void
a_cancelled_question_is_never_told(void)
{
	struct world w;
	struct ask *waiting, *on;

	world_init(&w, 1);
	waiting = ask(&w, 0, 0, 100);
	on = ask(&w, 1, 0, 100);
	pool_cancel(waiting);
	ready(w.opened[0]);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 1);
	pool_cancel(on);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 0);
	on = ask(&w, 2, 0, 100);
	w.answers[2].cancel = ask(&w, 3, 0, 100); /* in the other's callback */
	reply(w.opened[0]);
	pass(&w, 150);
	CU_ASSERT_EQUAL(w.answers[0].calls + w.answers[1].calls + w.answers[3].calls, 0);
	CU_ASSERT_EQUAL(w.answers[2].calls, 1);
	world_clear(&w);
}

static void
a_question_may_be_slow_alone_without_harm_to_the_upstream(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1700);
	ready(w.opened[0]);
	pass(&w, 100);
	w.opened[0]->heard = loop_now(w.loop); /* something else came */
	pass(&w, 1700);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	ask(&w, 1, 0, 1700);
	pass(&w, 1800);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 1);
	world_clear(&w);
}

static void
equal_upstreams_keep_connections_and_standing_and_others_finish(void)
{
	struct world w;
	const struct upstream_spec *both[] = { &w.other, &w.spec }, *only[] = { &w.other };

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	ask(&w, 1, 0, 1000);
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, both, 2), 0);
	CU_ASSERT_EQUAL(pool_count(w.pool), 2);
	CU_ASSERT_FALSE(w.opened[0]->retired);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].srtt_us, 0);
	CU_ASSERT(pool_standing(w.pool)[1].srtt_us > 0);
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, only, 1), 0);
	CU_ASSERT_TRUE(w.opened[0]->retired);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	gone(w.opened[0], ASK_OK, "retired");
	world_clear(&w);
}

static void
a_question_on_an_upstream_that_left_while_it_waited_is_answered(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, NULL, 0), 0);
	ready(w.opened[0]);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	gone(w.opened[0], ASK_OK, "retired");
	world_clear(&w);
}

static void
an_upstream_that_is_not_in_the_table_is_not_asked(void)
{
	static const struct question question = { .name = { .len = 1 }, .type = TYPE_A };
	static const struct msg_ask how = { .rd = true };
	struct world w;
	struct ask *out = NULL;

	world_init(&w, 1);
	CU_ASSERT_EQUAL(
	    pool_ask(w.pool, 1, &question, &how, 0, 1000, on_answer, &w.answers[0], &out), -ENOENT);
	CU_ASSERT_PTR_NULL(out);
	world_clear(&w);
}

static void
freeing_the_pool_tells_nobody(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	ask(&w, 1, 0, 1000);
	ask(&w, 2, POOL_ASK_FRESH, 1000);
	world_clear(&w);
	CU_ASSERT_EQUAL(w.answers[0].calls + w.answers[1].calls + w.answers[2].calls, 0);
}

static const struct unit_case cases[] = {
	{ "questions wait for one connection and share it",
	    questions_wait_for_one_connection_and_share_it },
	{ "a failure comes once, later, and is remembered",
	    a_failure_comes_once_later_and_is_remembered },
	{ "the next address is tried at once after a failure",
	    the_next_address_is_tried_at_once_after_a_failure },
	{ "a silent address is overtaken by the next", a_silent_address_is_overtaken_by_the_next },
	{ "a connection that never stands is given up",
	    a_connection_that_never_stands_is_given_up },
	{ "a hedge gets a connection of its own, which is used from then on",
	    a_hedge_gets_a_connection_of_its_own_which_is_used_from_then_on },
	{ "a hedge goes where the upstream was heard meanwhile",
	    a_hedge_goes_where_the_upstream_was_heard_meanwhile },
	{ "hedges leave two connections", hedges_leave_two_connections },
	{ "one probe at a time", one_probe_at_a_time },
	{ "an upstream owes a sign of life from the first question since the last",
	    an_upstream_owes_a_sign_of_life_from_the_first_question_since_the_last },
	{ "a connection may fall silent while another lives",
	    a_connection_may_fall_silent_while_another_lives },
	{ "hedges share a fresh connection, and connections are bounded",
	    hedges_share_a_fresh_connection_and_connections_are_bounded },
	{ "questions that wait for a connection are bounded",
	    questions_that_wait_for_a_connection_are_bounded },
	{ "a cancelled question is never told", a_cancelled_question_is_never_told },
	{ "a question may be slow alone without harm to the upstream",
	    a_question_may_be_slow_alone_without_harm_to_the_upstream },
	{ "equal upstreams keep connections and standing, and others finish",
	    equal_upstreams_keep_connections_and_standing_and_others_finish },
	{ "a question on an upstream that left while it waited is answered",
	    a_question_on_an_upstream_that_left_while_it_waited_is_answered },
	{ "an upstream that is not in the table is not asked",
	    an_upstream_that_is_not_in_the_table_is_not_asked },
	{ "freeing the pool tells nobody", freeing_the_pool_tells_nobody },
};

UNIT_MAIN("upstream/pool", cases)
