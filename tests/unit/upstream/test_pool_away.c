#include "stubd/upstream/record.h"
#include "tests/unit/upstream/fake.h"

#include <string.h>

/* The fake kernel: by which address of ours (last octet) each family is reached; 0: no route. */
static struct {
	uint8_t v4, v6;
} kernel;

static uint8_t
way(const struct addr *to)
{
	return to->family == AF_INET ? kernel.v4 : kernel.v6;
}

static int
fake_source(const struct addr *to, const char *link, struct addr *out)
{
	(void)link;
	if (!way(to))
		return -ENETUNREACH;
	*out = (struct addr){ .family = to->family, .ip = { 10, 0, 0, way(to) } };
	return 0;
}

static enum route_state
fake_state(const struct addr *to, const char *link, const struct addr *source)
{
	(void)link;
	if (!way(to))
		return ROUTE_LOST;
	return source->ip[3] == way(to) ? ROUTE_LIVES : ROUTE_MOVED;
}

static const struct path_ops paths = { .source = fake_source, .state = fake_state };

/* An upstream that was reached, and answered. */
static void
begin(struct world *w)
{
	kernel.v4 = 1;
	kernel.v6 = 0;
	world_init_on(w, 1, &paths);
	ask(w, 0, 0, 9000);
	ready(w->opened[0]);
	reply(w->opened[0]);
}

static enum route_state
look(struct world *w)
{
	char why[POOL_WHY_MAX];

	return pool_paths(w->pool, why);
}

static void
lose(struct world *w)
{
	kernel.v4 = kernel.v6 = 0;
	CU_ASSERT_EQUAL(look(w), ROUTE_LOST);
	pool_new_epoch(w->pool);
}

static void
come_back(struct world *w)
{
	kernel.v4 = 2;
	CU_ASSERT_EQUAL(look(w), ROUTE_MOVED);
	pool_new_epoch(w->pool);
}

static void
what_was_on_its_way_and_what_comes_meanwhile_is_asked_on_the_next_way(void)
{
	struct upstream_info info;
	struct world w;

	begin(&w);
	ask(&w, 1, 0, 9000);
	CU_ASSERT_EQUAL(pool_away(w.pool), 0);
	lose(&w);
	CU_ASSERT_TRUE(w.opened[0]->closed);
	ask(&w, 2, 0, 9000);
	pass(&w, 100);
	CU_ASSERT(pool_away(w.pool) > 0 && pool_away(w.pool) < POOL_AWAY);
	CU_ASSERT_EQUAL(w.nopened, 1);
	come_back(&w);
	CU_ASSERT_EQUAL(pool_away(w.pool), 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	CU_ASSERT_EQUAL_FATAL(w.opened[1]->nasks, 2);
	reply(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[1].calls + w.answers[2].calls, 2);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.answers[2].fail, ASK_OK);
	pool_info(w.pool, 0, &info);
	CU_ASSERT_EQUAL(info.standing.failures, 0);
	world_clear(&w);
}

static void
beyond_the_wait_it_is_tried_and_fails_and_so_does_what_comes_later_at_once(void)
{
	struct world w;

	begin(&w);
	ask(&w, 1, 0, 9000);
	lose(&w);
	pass(&w, POOL_AWAY + 10);
	CU_ASSERT_EQUAL(pool_away(w.pool), 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	gone(w.opened[1], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[1].calls, 1);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_REFUSED);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 1);
	pool_try_all(w.pool);
	ask(&w, 2, 0, 9000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	gone(w.opened[2], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[2].fail, ASK_REFUSED);
	come_back(&w);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	world_clear(&w);
}

static void
a_machine_that_never_had_a_way_does_not_wait(void)
{
	struct world w;

	kernel.v4 = kernel.v6 = 0;
	world_init_on(&w, 1, &paths);
	ask(&w, 0, 0, 9000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 1);
	gone(w.opened[0], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_REFUSED);
	world_clear(&w);
}

static void
a_connection_that_fails_before_anybody_looked_waits_too(void)
{
	struct upstream_info info;
	struct world w;

	begin(&w);
	gone(w.opened[0], ASK_OK, "idle");
	ask(&w, 1, 0, 9000);
	kernel.v4 = 0;
	gone(w.opened[1], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[1].calls, 0);
	pool_info(w.pool, 0, &info);
	CU_ASSERT_EQUAL(info.standing.failures, 0);
	CU_ASSERT_TRUE(!info.record || !info.record->ntroubles);
	kernel.v4 = 1; /* the same way: no epoch */
	CU_ASSERT_EQUAL(look(&w), ROUTE_LIVES);
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	ready(w.opened[2]);
	reply(w.opened[2]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	world_clear(&w);
}

static void
a_connection_that_breaks_meanwhile_leaves_its_questions_waiting(void)
{
	struct world w;

	begin(&w);
	ask(&w, 1, 0, 9000);
	kernel.v4 = 0;
	gone(w.opened[0], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[1].calls, 0);
	CU_ASSERT_EQUAL(look(&w), ROUTE_LOST);
	pool_new_epoch(w.pool);
	come_back(&w);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	world_clear(&w);
}

static void
a_machine_that_wakes_without_its_network_waits(void)
{
	struct world w;

	begin(&w);
	ask(&w, 1, 0, 9000);
	kernel.v4 = 0;
	pool_new_epoch(w.pool);
	CU_ASSERT(pool_away(w.pool) > 0);
	come_back(&w);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	world_clear(&w);
}

/* A network and an upstream of both families; the upstream is asked. */
static void
begin_with_both(struct world *w)
{
	kernel.v4 = kernel.v6 = 1;
	world_init_on(w, 2, &paths);
	w->other.addresses[1] = (struct addr){ .family = AF_INET6, .port = 853, .ip = { 0x20, 1 } };
	CU_ASSERT_EQUAL(
	    pool_set_upstreams(w->pool, (const struct upstream_spec *[]){ &w->other }, 1), 0);
	ask(w, 0, 0, 9000);
}

static void
the_next_network_may_have_the_other_family_alone(void)
{
	struct world w;

	begin_with_both(&w);
	CU_ASSERT_EQUAL(w.opened[0]->addr.family, AF_INET6);
	ready(w.opened[0]);
	lose(&w);
	CU_ASSERT_EQUAL(w.nopened, 1);
	come_back(&w);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
who_has_another_way_does_not_wait(void)
{
	struct world w;

	begin_with_both(&w);
	ready(w.opened[0]);
	kernel.v6 = 0;
	CU_ASSERT_EQUAL(look(&w), ROUTE_LOST);
	CU_ASSERT_EQUAL(pool_away(w.pool), 0);
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(w.nopened, 2);
	world_clear(&w);
}

static void
over_a_missing_link_nobody_waits(void)
{
	const struct upstream_spec *specs[2];
	static const struct question question = {
		.name = { .len = 1, .wire = { 0 } }, .type = TYPE_A, .class = CLASS_IN
	};
	static const struct msg_ask how = { .rd = true };
	struct ask *out;
	struct world w;

	begin(&w);
	w.other.link = (char *)(uintptr_t) "tun0";
	specs[0] = &w.spec;
	specs[1] = &w.other;
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, specs, 2), 0);
	lose(&w);
	CU_ASSERT(pool_away(w.pool) > 0);
	CU_ASSERT_EQUAL(
	    pool_ask(w.pool, 1, &question, &how, 0, 9000, on_answer, &w.answers[1], &out), 0);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	gone(w.opened[1], ASK_REFUSED, "no such device");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_REFUSED);
	world_clear(&w);
}

static void
what_waits_is_cancelled_and_keeps_its_deadline(void)
{
	struct world w;

	begin(&w);
	lose(&w);
	pool_cancel(ask(&w, 1, 0, 9000));
	ask(&w, 2, 0, 50);
	pass(&w, 100);
	CU_ASSERT_EQUAL(w.answers[1].calls, 0);
	CU_ASSERT_EQUAL(w.answers[2].fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	ask(&w, 3, 0, 9000);
	world_clear(&w); /* with one that waits */
	CU_ASSERT_EQUAL(w.answers[3].calls, 0);
}

static void
an_upstream_that_left_the_table_meanwhile_is_tried_once_and_gone(void)
{
	const struct upstream_spec *specs[1];
	struct world w;

	begin(&w);
	lose(&w);
	ask(&w, 1, 0, 9000);
	specs[0] = &w.other;
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, specs, 1), 0);
	come_back(&w);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	CU_ASSERT_TRUE(w.opened[1]->retired);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	gone(w.opened[1], ASK_OK, "retired");
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "what was on its way and what comes meanwhile is asked on the next way",
	    what_was_on_its_way_and_what_comes_meanwhile_is_asked_on_the_next_way },
	{ "beyond the wait it is tried and fails, and so does what comes later, at once",
	    beyond_the_wait_it_is_tried_and_fails_and_so_does_what_comes_later_at_once },
	{ "a machine that never had a way does not wait",
	    a_machine_that_never_had_a_way_does_not_wait },
	{ "a connection that fails before anybody looked waits, too",
	    a_connection_that_fails_before_anybody_looked_waits_too },
	{ "a connection that breaks meanwhile leaves its questions waiting",
	    a_connection_that_breaks_meanwhile_leaves_its_questions_waiting },
	{ "a machine that wakes without its network waits",
	    a_machine_that_wakes_without_its_network_waits },
	{ "the next network may have the other family alone",
	    the_next_network_may_have_the_other_family_alone },
	{ "who has another way does not wait", who_has_another_way_does_not_wait },
	{ "over a missing link nobody waits", over_a_missing_link_nobody_waits },
	{ "what waits is cancelled, and keeps its deadline",
	    what_waits_is_cancelled_and_keeps_its_deadline },
	{ "an upstream that left the table meanwhile is tried once and gone",
	    an_upstream_that_left_the_table_meanwhile_is_tried_once_and_gone },
};

int
main(void)
{
	return unit_run("pool_away", cases, sizeof(cases) / sizeof(*cases));
}
