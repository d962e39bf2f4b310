#include "policy/url.h"
#include "tests/unit/upstream/fake.h"

/* Gives the upstream of world_init() DoH beside DoT, at the same addresses. */
static void
give_doh(struct world *w)
{
	struct url url = { .scheme = SCHEME_HTTPS, .port = 443, .path = "/dns-query" };
	const struct upstream_spec *specs[] = { &w->spec };

	if (w->spec.host)
		snprintf(url.host, sizeof(url.host), "%s", w->spec.host);
	CU_ASSERT_EQUAL(upstream_spec_add_other(&w->spec, &url), 0);
	CU_ASSERT_EQUAL(pool_set_upstreams(w->pool, specs, 1), 0);
	upstream_spec_clear(w->spec.other);
	free(w->spec.other);
	w->spec.other = NULL;
}

static void
the_other_transport_is_used_where_the_first_is_refused_until_the_next_epoch(void)
{
	struct world w;
	struct upstream_info info;

	world_init(&w, 2);
	give_doh(&w);
	ask(&w, 0, 0, 1000);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(w.opened[i]->addr.port, 853);
		gone(w.opened[i], ASK_REFUSED, "connection refused");
		pass(&w, 5);
		CU_ASSERT_EQUAL_FATAL(w.nopened, i + 2);
	}
	CU_ASSERT_EQUAL(w.opened[2]->addr.port, 443);
	ready(w.opened[2]);
	reply(w.opened[2]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(pool_standing(w.pool)[0].failures, 0);
	pool_info(w.pool, 0, &info);
	CU_ASSERT_EQUAL(info.way->scheme, SCHEME_HTTPS);
	/* remembered */
	gone(w.opened[2], ASK_OK, "idle");
	ask(&w, 1, 0, 1000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	CU_ASSERT_EQUAL(w.opened[3]->addr.port, 443);
	/* also when that fails, though then the first is tried again */
	gone(w.opened[3], ASK_RESET, "reset");
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.opened[4]->addr.port, 443);
	gone(w.opened[4], ASK_RESET, "reset");
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 6);
	CU_ASSERT_EQUAL(w.opened[5]->addr.port, 853);
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 7);
	CU_ASSERT_EQUAL(w.opened[6]->addr.port, 853);
	pool_info(w.pool, 0, &info);
	CU_ASSERT_EQUAL(info.way, info.spec);
	world_clear(&w);
}

static void
the_other_transport_is_tried_beside_a_silent_one(void)
{
	struct world w;

	world_init(&w, 1);
	give_doh(&w);
	ask(&w, 0, 0, 2000);
	pass(&w, 150);
	CU_ASSERT_EQUAL(w.nopened, 1);
	pass(&w, 150);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[1]->addr.port, 443);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_OK);
	world_clear(&w);
}

static void
a_hedge_tries_the_other_transport_before_other_addresses(void)
{
	struct world w;

	world_init(&w, 3);
	give_doh(&w);
	ask(&w, 0, 0, 2000);
	ready(w.opened[0]);
	ask(&w, 1, POOL_ASK_FRESH, 2000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.opened[1]->addr.port, 853);
	pass(&w, 300);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(w.opened[2]->addr.port, 443);
	world_clear(&w);
}

/* Fails its only opening, which makes it lost. */
static void
lose(struct world *w)
{
	size_t n = 0;

	ask(w, 0, 0, 3000);
	while (n < w->nopened) {
		gone(w->opened[n++], ASK_REFUSED, "connection refused");
		pass(w, 5);
	}
	CU_ASSERT_EQUAL(w->answers[0].fail, ASK_REFUSED);
}

static void
places_of_a_lost_upstream_are_tried_one_at_a_time_and_in_turn(void)
{
	struct world w;

	world_init(&w, 3);
	lose(&w);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	/* all who ask wait for one handshake, hedges too, however silent it is */
	ask(&w, 1, 0, 3000);
	ask(&w, 2, POOL_ASK_FRESH, 3000);
	pass(&w, 600);
	ask(&w, 3, POOL_ASK_FRESH, 3000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	CU_ASSERT_EQUAL(w.opened[3]->addr.ip[3], 2); /* turned, as without being lost */
	pass(&w, 2000);
	for (size_t i = 1; i <= 3; i++)
		CU_ASSERT_EQUAL(w.answers[i].calls, 1);
	CU_ASSERT_TRUE(w.opened[3]->closed);
	/* the next one begins with another place, and one that refuses makes room for the next */
	ask(&w, 4, 0, 3000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 5);
	CU_ASSERT_EQUAL(w.opened[4]->addr.ip[3], 3);
	gone(w.opened[4], ASK_REFUSED, "connection refused");
	pass(&w, 5);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 6);
	CU_ASSERT_EQUAL(w.opened[5]->addr.ip[3], 1);
	ready(w.opened[5]);
	reply(w.opened[5]);
	CU_ASSERT_EQUAL(w.answers[4].fail, ASK_OK);
	world_clear(&w);
}

static void
nobody_waits_for_a_lost_upstream_that_is_not_to_be_tried_yet(void)
{
	static const struct question question = { .name = { .len = 1 }, .type = TYPE_A };
	static const struct msg_ask how = { .rd = true };
	struct ask *out = NULL;
	struct world w;

	world_init(&w, 1);
	lose(&w);
	ask(&w, 1, 0, 3000); /* the first that asks may try at once */
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	gone(w.opened[1], ASK_TLS, "certificate has expired");
	pass(&w, 5);
	ask(&w, 2, 0, 3000);
	pass(&w, 5);
	CU_ASSERT_EQUAL(w.nopened, 2);
	CU_ASSERT_EQUAL(w.answers[2].calls, 1);
	CU_ASSERT_STRING_EQUAL(w.answers[2].text, "certificate has expired");
	CU_ASSERT_EQUAL(pool_ask(w.pool, 0, &question, &how, POOL_ASK_PROBE, 1000, on_answer,
			    &w.answers[3], &out),
	    -EAGAIN);
	CU_ASSERT_PTR_NULL(out);
	/* another network, another account */
	pool_new_epoch(w.pool);
	ask(&w, 4, 0, 3000);
	CU_ASSERT_EQUAL(w.nopened, 3);
	world_clear(&w);
}

static void
addresses_of_both_families_take_turns_ipv6_first(void)
{
	static const uint8_t order[] = { 3, 1, 4, 2 }; /* the last octets */
	const struct upstream_spec *specs[1];
	struct world w;

	world_init(&w, 4);
	specs[0] = &w.spec;
	for (size_t i = 2; i < 4; i++)
		w.spec.addresses[i] = (struct addr){
			.family = AF_INET6, .port = 853, .ip = { 0x20, 1, 0, (uint8_t)(i + 1) }
		};
	CU_ASSERT_EQUAL(pool_set_upstreams(w.pool, specs, 1), 0);
	ask(&w, 0, 0, 2000);
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL_FATAL(w.nopened, i + 1);
		CU_ASSERT_EQUAL(w.opened[i]->addr.ip[3], order[i]);
		gone(w.opened[i], ASK_REFUSED, "network is unreachable");
		pass(&w, 5);
	}
	CU_ASSERT_EQUAL(w.answers[0].fail, ASK_REFUSED);
	world_clear(&w);
}

static void
connections_are_closed_before_the_server_does_it(void)
{
	struct world w;

	world_init(&w, 1);
	ask(&w, 0, 0, 1000);
	ready(w.opened[0]);
	reply(w.opened[0]);
	CU_ASSERT_EQUAL(w.opened[0]->idle, 0);
	w.opened[0]->events->left_idle(w.opened[0]->arg, 10000);
	gone(w.opened[0], ASK_OK, "closed by the server");
	ask(&w, 1, 0, 1000);
	ready(w.opened[1]);
	reply(w.opened[1]);
	CU_ASSERT_EQUAL(w.opened[1]->idle, 8500);
	/* the least counts, also for the others that are open; and there is a least of it */
	ask(&w, 2, POOL_ASK_FRESH, 1000);
	ready(w.opened[2]);
	w.opened[1]->events->left_idle(w.opened[1]->arg, 20000);
	CU_ASSERT_EQUAL(w.opened[2]->idle, 8500);
	w.opened[1]->events->left_idle(w.opened[1]->arg, 0);
	CU_ASSERT_EQUAL(w.opened[2]->idle, 8500);
	w.opened[1]->events->left_idle(w.opened[1]->arg, 1);
	CU_ASSERT_EQUAL(w.opened[2]->idle, 500);
	/* another network, another limit */
	pool_new_epoch(w.pool);
	ask(&w, 3, 0, 1000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 4);
	ready(w.opened[3]);
	CU_ASSERT_EQUAL(w.opened[3]->idle, 0);
	world_clear(&w);
}

struct reach {
	int reached, unreached;
};

static void
on_reach(void *arg, uint16_t upstream, bool reached)
{
	struct reach *r = arg;

	CU_ASSERT_EQUAL(upstream, 0);
	if (reached)
		r->reached++;
	else
		r->unreached++;
}

static struct addr
found(uint8_t last)
{
	return (struct addr){ .family = AF_INET, .ip = { 198, 51, 100, last } };
}

static void
a_lost_upstream_is_tried_first_where_it_was_found_with_the_port_of_its_transport(void)
{
	const struct addr at[] = { found(1), found(2) };
	struct reach reach = { 0 };
	struct addr out[POOL_FOUND];
	struct world w;

	world_init(&w, 1);
	w.spec.host = (char *)(uintptr_t) "dns.example";
	give_doh(&w);
	pool_watch_reach(w.pool, on_reach, &reach);
	lose(&w);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 2);
	CU_ASSERT_EQUAL(reach.unreached, 1);
	pool_set_found(w.pool, 0, at, 2);
	CU_ASSERT_EQUAL(pool_found(w.pool, 0, out), 2);
	CU_ASSERT_EQUAL(out[0].port, 853);
	ask(&w, 1, 0, 3000);
	CU_ASSERT_EQUAL_FATAL(w.nopened, 3);
	CU_ASSERT_EQUAL(w.opened[2]->addr.ip[0], 198);
	CU_ASSERT_EQUAL(w.opened[2]->addr.ip[3], 1);
	CU_ASSERT_EQUAL(w.opened[2]->addr.port, 853);
	ready(w.opened[2]);
	reply(w.opened[2]);
	CU_ASSERT_EQUAL(w.answers[1].fail, ASK_OK);
	CU_ASSERT_EQUAL(reach.reached, 1);
	/* the next epoch begins with what is written, and has the others beside it, of both transports */
	pool_new_epoch(w.pool);
	CU_ASSERT_EQUAL(pool_found(w.pool, 0, out), 2);
	ask(&w, 2, 0, 3000);
	for (size_t i = 3; i < 3 + 6; i++) {
		CU_ASSERT_EQUAL_FATAL(w.nopened, i + 1);
		gone(w.opened[i], ASK_REFUSED, "connection refused");
		pass(&w, 5);
	}
	CU_ASSERT_EQUAL(w.opened[3]->addr.ip[0], 192);
	CU_ASSERT_EQUAL(w.opened[4]->addr.ip[0], 198);
	CU_ASSERT_EQUAL(w.opened[5]->addr.port, 443);
	CU_ASSERT_EQUAL(w.opened[5]->addr.ip[0], 192);
	CU_ASSERT_EQUAL(w.opened[8]->addr.port, 443);
	CU_ASSERT_EQUAL(w.opened[8]->addr.ip[3], 2);
	CU_ASSERT_EQUAL(w.answers[2].fail, ASK_REFUSED);
	world_clear(&w);
}

static void
found_addresses_have_a_fixed_number_of_places_and_none_twice(void)
{
	struct addr at[] = { found(1), found(2), found(3), found(4), found(5) };
	struct addr out[POOL_FOUND];
	struct world w;

	world_init(&w, 1);
	pool_set_found(w.pool, 0, at, 5);
	CU_ASSERT_EQUAL(pool_found(w.pool, 0, out), POOL_FOUND);
	pool_set_found(w.pool, 0, at + 3, 2);
	CU_ASSERT_EQUAL(pool_found(w.pool, 0, out), POOL_FOUND);
	CU_ASSERT_EQUAL(out[0].ip[3], 5); /* in place of one that is found no more */
	CU_ASSERT_EQUAL(out[3].ip[3], 4); /* where it was */
	/* what is written needs no second place */
	at[0] = w.spec.addresses[0];
	at[1] = at[2] = found(5);
	pool_set_found(w.pool, 0, at, 3);
	CU_ASSERT_EQUAL(pool_found(w.pool, 0, out), POOL_FOUND);
	for (size_t i = 0; i < POOL_FOUND; i++)
		CU_ASSERT_EQUAL(out[i].ip[0], 198);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "a lost upstream is tried first where it was found, with the port of its transport",
	    a_lost_upstream_is_tried_first_where_it_was_found_with_the_port_of_its_transport },
	{ "found addresses have a fixed number of places, and none twice",
	    found_addresses_have_a_fixed_number_of_places_and_none_twice },
	{ "the other transport is used where the first is refused, until the next epoch",
	    the_other_transport_is_used_where_the_first_is_refused_until_the_next_epoch },
	{ "the other transport is tried beside a silent one",
	    the_other_transport_is_tried_beside_a_silent_one },
	{ "a hedge tries the other transport before other addresses",
	    a_hedge_tries_the_other_transport_before_other_addresses },
	{ "connections are closed before the server does it",
	    connections_are_closed_before_the_server_does_it },
	{ "places of a lost upstream are tried one at a time and in turn",
	    places_of_a_lost_upstream_are_tried_one_at_a_time_and_in_turn },
	{ "nobody waits for a lost upstream that is not to be tried yet",
	    nobody_waits_for_a_lost_upstream_that_is_not_to_be_tried_yet },
	{ "addresses of both families take turns, IPv6 first",
	    addresses_of_both_families_take_turns_ipv6_first },
};

UNIT_MAIN("upstream/pool_place", cases)
