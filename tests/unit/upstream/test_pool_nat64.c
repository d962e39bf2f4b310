#include "tests/unit/upstream/fake.h"

#include "policy/dns64.h"

/* The fake kernel: which families have a route. */
static struct {
	bool v4, v6;
} kernel;

static int
fake_source(const struct addr *to, const char *link, struct addr *out)
{
	(void)link;
	if (to->family == AF_INET ? !kernel.v4 : !kernel.v6)
		return -ENETUNREACH;
	*out = (struct addr){ .family = to->family, .ip = { 0x20, 1, 0x0d, 0xb8, to->family } };
	return 0;
}

static enum route_state
fake_state(const struct addr *to, const char *link, const struct addr *source)
{
	struct addr now;

	if (fake_source(to, link, &now) < 0)
		return ROUTE_LOST;
	return addr_same_host(&now, source) ? ROUTE_LIVES : ROUTE_MOVED;
}

static const struct path_ops paths = { .source = fake_source, .state = fake_state };

static void
begin(struct world *w, bool v4, bool v6)
{
	kernel.v4 = v4;
	kernel.v6 = v6;
	world_init_on(w, 1, &paths);
}

static void
set_prefix(struct world *w, const char *text)
{
	struct prefix prefix;
	struct why why;

	CU_ASSERT_EQUAL_FATAL(dns64_from_text(&prefix, text, &why), 0);
	pool_set_nat64(w->pool, &prefix);
}

/* Where the i-th connection was opened to. */
static const char *
opened(const struct world *w, size_t i)
{
	static char text[ADDR_TEXT_MAX];

	CU_ASSERT_FATAL(i < w->nopened);
	return addr_to_text(&w->opened[i]->addr, text);
}

static void
an_address_without_a_route_is_reached_in_the_prefix(void)
{
	struct world w;

	begin(&w, false, true);
	set_prefix(&w, "64:ff9b::/96");
	CU_ASSERT_TRUE(pool_has_way(w.pool, 0));
	ask(&w, 0, 0, 1000);
	CU_ASSERT_STRING_EQUAL(opened(&w, 0), "[64:ff9b::c000:201]:853");
	ready(w.opened[0]);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.answers[0].address.family, AF_INET6);
	world_clear(&w);
}

static void
an_address_with_a_route_is_reached_there(void)
{
	struct world w;

	begin(&w, true, true);
	set_prefix(&w, "64:ff9b::/96");
	ask(&w, 0, 0, 1000);
	CU_ASSERT_STRING_EQUAL(opened(&w, 0), "192.0.2.1:853");
	world_clear(&w);
}

static void
without_a_prefix_there_is_no_way(void)
{
	struct world w;

	begin(&w, false, true);
	CU_ASSERT_FALSE(pool_has_way(w.pool, 0));
	set_prefix(&w, "64:ff9b::/96");
	pool_set_nat64(w.pool, NULL);
	CU_ASSERT_FALSE(pool_has_way(w.pool, 0));
	ask(&w, 0, 0, 1000);
	CU_ASSERT_STRING_EQUAL(opened(&w, 0), "192.0.2.1:853");
	world_clear(&w);
}

/* Opens one connection to a server there, over that link. */
static void
open_to(struct world *w, const char *address, const char *link, const char *wanted)
{
	const struct upstream_spec *specs[1] = { &w->other };

	CU_ASSERT_EQUAL(addr_from_text(&w->other.addresses[0], address, 443), 0);
	w->other.link = (char *)(uintptr_t)link;
	w->other.naddresses = 1;
	CU_ASSERT_EQUAL(pool_set_upstreams(w->pool, specs, 1), 0);
	set_prefix(w, "2001:db8:64::/96");
	ask(w, w->nopened, 0, 1000);
	CU_ASSERT_STRING_EQUAL(opened(w, w->nopened - 1), wanted);
}

static void
private_addresses_and_those_over_a_rules_link_are_left_alone(void)
{
	static const char *const special[] = { "10.1.2.3:443", "127.0.0.1:443", "192.168.1.1:443",
		"100.64.0.1:443", "169.254.1.1:443" };
	struct world w;

	begin(&w, false, true);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		open_to(&w, special[i], NULL, special[i]);
	open_to(&w, "192.0.2.7:443", "tun0", "192.0.2.7:443");
	open_to(&w, "192.0.2.7:443", NULL, "[2001:db8:64::c000:207]:443");
	world_clear(&w);
}

static void
a_way_through_it_lives_when_ipv4_comes_and_ends_with_it(void)
{
	struct world w;
	char why[POOL_WHY_MAX];

	begin(&w, false, true);
	set_prefix(&w, "64:ff9b::/96");
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	kernel.v4 = true;
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LIVES);
	ask(&w, 1, 0, 1000);
	CU_ASSERT_EQUAL(w.nopened, 1);
	kernel.v4 = false;
	pool_set_nat64(w.pool, NULL);
	CU_ASSERT_EQUAL(pool_paths(w.pool, why), ROUTE_LOST);
	world_clear(&w);
}

static void
who_was_out_of_reach_is_tried_at_once(void)
{
	struct world w;

	begin(&w, false, true);
	ask(&w, 0, 0, 1000);
	gone(w.opened[0], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	ask(&w, 1, 0, 1000);
	gone(w.opened[1], ASK_REFUSED, "network is unreachable");
	pass(&w, 5);
	CU_ASSERT(pool_standing(w.pool)[0].down_until > 0);
	set_prefix(&w, "64:ff9b::/96");
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].down_until, 0);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "an address without a route is reached in the prefix",
	    an_address_without_a_route_is_reached_in_the_prefix },
	{ "an address with a route is reached there", an_address_with_a_route_is_reached_there },
	{ "without a prefix there is no way", without_a_prefix_there_is_no_way },
	{ "private addresses, and those over a rule's link, are left alone",
	    private_addresses_and_those_over_a_rules_link_are_left_alone },
	{ "a way through it lives when IPv4 comes, and ends with it",
	    a_way_through_it_lives_when_ipv4_comes_and_ends_with_it },
	{ "who was out of reach is tried at once", who_was_out_of_reach_is_tried_at_once },
};

UNIT_MAIN("upstream/pool_nat64", cases)
