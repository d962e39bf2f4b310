#include "tests/unit/upstream/fake.h"

/* The fake kernel: by which address each network (third octet) is reached; 0: by none. */
static struct {
	uint8_t source;	  /* last octet of ours now; 0: no route */
	bool kept;	  /* the old address is still on the same interface */
	unsigned sources; /* how often it was asked */
} kernel;

static int
fake_source(const struct addr *to, const char *link, struct addr *out)
{
	CU_ASSERT_PTR_NULL(link);
	kernel.sources++;
	if (!kernel.source)
		return -ENETUNREACH;
	*out = (struct addr){ .family = to->family, .ip = { 10, 0, 0, kernel.source } };
	return 0;
}

static enum route_state
fake_state(const struct addr *to, const char *link, const struct addr *source)
{
	(void)to;
	(void)link;
	if (!kernel.source)
		return ROUTE_LOST;
	return source->ip[3] == kernel.source || kernel.kept ? ROUTE_LIVES : ROUTE_MOVED;
}

static const struct path_ops paths = { .source = fake_source, .state = fake_state };

static void
begin(struct world *w, size_t naddresses)
{
	kernel.source = 1;
	kernel.kept = false;
	kernel.sources = 0;
	world_init_on(w, naddresses, &paths);
}

static void
connections_are_closed_and_what_waits_on_them_is_asked_again(void)
{
	struct world w;

	begin(&w, 1);
	for (size_t i = 0; i < 3; i++)
		ask(&w, i, 0, 1000);
	ready(w.opened[0]);
	CU_ASSERT_EQUAL(w.opened[0]->nasks, 3);
	pool_new_epoch(w.pool);
	CU_ASSERT_TRUE(w.opened[0]->closed);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->nasks, 3);
	for (size_t i = 0; i < 3; i++)
		reply(w.opened[1]);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(w.answers[i].calls, 1);
		CU_ASSERT_EQUAL(w.answers[i].fail, ASK_OK);
	}
	world_clear(&w);
}

static void
openings_begin_anew_at_the_first_address(void)
{
	struct world w;

	begin(&w, 2);
	ask(&w, 0, 0, 1000);
	gone(w.opened[0], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	ready(w.opened[1]);
	reply(w.opened[1]);
	gone(w.opened[1], ASK_OK, "idle");
	ask(&w, 1, 0, 1000);
	CU_ASSERT_EQUAL(w.opened[2]->addr.ip[3], 2);
	pool_new_epoch(w.pool);
	CU_ASSERT_TRUE(w.opened[2]->closed);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	CU_ASSERT_EQUAL(w.opened[3]->addr.ip[3], 1);
	ready(w.opened[3]);
	reply(w.opened[3]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	world_clear(&w);
}

static void
standing_is_forgotten(void)
{
	struct world w;

	begin(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	gone(w.opened[0], ASK_TLS, "certificate has expired");
	ask(&w, 1, 0, 1000);
	gone(w.opened[1], ASK_TLS, "certificate has expired");
	pass(&w, 5);
	CU_ASSERT(pool_standing(w.pool)[0].down_until > 0);
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].down_until, 0);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].srtt_us, 0);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	world_clear(&w);
}

static void
asks_keep_the_deadline_they_had(void)
{
	struct world w;

	begin(&w, 1);
	ask(&w, 0, 0, 60);
	ready(w.opened[0]);
	pass(&w, 30);
	pool_new_epoch(w.pool);
	pass(&w, 100);
	CU_ASSERT_EQUAL(w.answers[0].calls, 1);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_TIMEOUT);
	world_clear(&w);
}

static void
an_upstream_that_left_the_table_still_answers_what_it_was_asked(void)
{
	struct world w;
	const struct upstream_spec *others[1];

	begin(&w, 1);
	others[0] = &w.other;
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, others, 1), 0);
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	gone(w.opened[1], ASK_OK, "retired");
	world_clear(&w);
}

static void
ways_that_nobody_used_are_nobodys_business(void)
{
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, 2);
	kernel.source = 2;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	kernel.source = 0;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	CU_ASSERT_EQUAL(kernel.sources, 0);
	world_clear(&w);
}

static void
a_way_that_moves_is_told_also_when_its_connection_is_gone(void)
{
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	gone(w.opened[0], ASK_OK, "idle");
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	kernel.source = 2;
	kernel.kept = true;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	kernel.kept = false;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_MOVED);
	CU_ASSERT_STRING_EQUAL(why, "no longer reached from 10.0.0.1");
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	world_clear(&w);
}

static void
a_way_that_is_lost_and_comes_back_is_told_twice(void)
{
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	kernel.source = 0;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LOST);
	CU_ASSERT_STRING_EQUAL(why, "no way to 192.0.2.1");
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	kernel.source = 1;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_MOVED);
	CU_ASSERT_STRING_EQUAL(why, "a way to 192.0.2.1 again");
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	world_clear(&w);
}

static void
a_connection_opened_before_anybody_looked_hides_nothing(void)
{
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	gone(w.opened[0], ASK_OK, "idle");
	kernel.source = 2;
	ask(&w, 1, 0, 1000);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_MOVED);
	world_clear(&w);
}

static void
ways_over_a_rules_link_do_not_count(void)
{
	const struct upstream_spec *specs[1];
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, 1);
	w.other.link = (char *)(uintptr_t) "tun0";
	specs[0] = &w.other;
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, specs, 1), 0);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	kernel.source = 0;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "connections are closed and what waits on them is asked again",
	    connections_are_closed_and_what_waits_on_them_is_asked_again },
	{ "openings begin anew, at the first address", openings_begin_anew_at_the_first_address },
	{ "standing is forgotten", standing_is_forgotten },
	{ "asks keep the deadline they had", asks_keep_the_deadline_they_had },
	{ "an upstream that left the table still answers what it was asked",
	    an_upstream_that_left_the_table_still_answers_what_it_was_asked },
	{ "ways that nobody used are nobody's business",
	    ways_that_nobody_used_are_nobodys_business },
	{ "a way that moves is told, also when its connection is gone",
	    a_way_that_moves_is_told_also_when_its_connection_is_gone },
	{ "a way that is lost and comes back is told twice",
	    a_way_that_is_lost_and_comes_back_is_told_twice },
	{ "a connection opened before anybody looked hides nothing",
	    a_connection_opened_before_anybody_looked_hides_nothing },
	{ "ways over a rule's link do not count", ways_over_a_rules_link_do_not_count },
};

int
main(void)
{
	return unit_run("pool_epoch", cases, sizeof(cases) / sizeof(*cases));
}
