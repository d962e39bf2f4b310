/*
 * Questions that are lost with their connections.
 */
#include "tests/unit/upstream/fake.h"

static void
a_question_lost_with_its_connection_is_asked_once_more(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	ask(&w, 1, 0, 1000);
	gone(w.opened[0], ASK_RESET, "closed by the server");
	CU_ASSERT_EQUAL(w.answers[1].calls, 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 1);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	gone(w.opened[1], ASK_RESET, "closed by the server");
	CU_ASSERT_EQUAL(w.answers[1].calls, 1);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_RESET);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 1);
	world_clear(&w);
}

/* Each connection answers one question, then goes away. */
static void
while_others_are_answered_it_is_asked_again_several_times(void)
{
	struct transport *t;
	struct world w;
	size_t other = 1;

	world_init(&w, 1);
	ask(&w, 0, 0, 4000);
	for (unsigned lost = 0; lost <= POOL_REPEATS; lost++) {
		t = w.opened[w.nopened - 1];
		ready(t);
		CU_ASSERT_EQUAL_FATAL(w.answers[0].calls, 0);
		ask(&w, other, 0, 4000);
		CU_ASSERT_EQUAL_FATAL(t->nasks, 2);
		reply_to_second(t);
		CU_ASSERT_EQUAL(w.answers[other++].fail, ASK_OK);
		gone(t, ASK_RESET, "HTTP/2 stream refused");
	}
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_RESET);
	CU_ASSERT_EQUAL(w.nopened, POOL_REPEATS + 1);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "a question lost with its connection is asked once more",
	    a_question_lost_with_its_connection_is_asked_once_more },
	{ "while others are answered it is asked again several times",
	    while_others_are_answered_it_is_asked_again_several_times },
};

UNIT_MAIN("upstream/pool_repeats", cases)
