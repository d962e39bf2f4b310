#include "tests/unit/upstream/fake.h"

static void
a_connection_is_there_before_there_is_a_question(void)
{
	struct world w;

	world_init(&w, 1);
	pool_connect(w.pool, 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 1);
	pool_connect(w.pool, 0);
	ready(w.opened[0]);
	pool_connect(w.pool, 0);
	pool_connect(w.pool, 7);
	CU_ASSERT_EQUAL(w.opened[0]->asked, 0);
	ask(&w, 0, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
a_question_waits_for_a_connection_made_ahead(void)
{
	struct world w;

	world_init(&w, 1);
	pool_connect(w.pool, 0);
	ask(&w, 0, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	ready(w.opened[0]);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
nobody_connects_ahead_to_one_that_is_lost(void)
{
	struct world w;

	world_init(&w, 1);
	pool_connect(w.pool, 0);
	gone(w.opened[0], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 1);
	pool_connect(w.pool, 0);
	CU_ASSERT_EQUAL(w.nopened, 1);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "a connection is there before there is a question",
	    a_connection_is_there_before_there_is_a_question },
	{ "a question waits for a connection made ahead",
	    a_question_waits_for_a_connection_made_ahead },
	{ "nobody connects ahead to one that is lost", nobody_connects_ahead_to_one_that_is_lost },
};

UNIT_MAIN("upstream/pool, ahead", cases)
