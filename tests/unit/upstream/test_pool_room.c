#include "tests/unit/upstream/fake.h"

static void
who_waits_for_a_connection_takes_the_room_that_an_answer_leaves(void)
{
	struct world w;
	size_t i = 0;

	world_init(&w, 1);
	ask(&w, i++, 0, 1000);
	ready(w.opened[0]);
	while (i < ROOM + 2)
		ask(&w, i++, 0, 1000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, ROOM);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, ROOM);
	/* The one that is left goes on the new one, and a retired one takes nobody. */
	ready(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 1);
	for (size_t n = 0; n < ROOM; n++)
		reply(w.opened[0]);
	reply(w.opened[1]);
	for (size_t n = 0; n < i; n++)
		CU_ASSERT_EQUAL(w.answers[n].calls, 1);
	world_clear(&w);
}

static void
a_hedge_waits_for_its_own_connection_whatever_room_there_is(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	ask(&w, 1, 0, 1000);
	ask(&w, 2, POOL_ASK_FRESH, 1000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 1);
	ready(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 1);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "who waits for a connection takes the room that an answer leaves",
	    who_waits_for_a_connection_takes_the_room_that_an_answer_leaves },
	{ "a hedge waits for its own connection, whatever room there is",
	    a_hedge_waits_for_its_own_connection_whatever_room_there_is },
};

UNIT_MAIN("upstream/pool_room", cases)
