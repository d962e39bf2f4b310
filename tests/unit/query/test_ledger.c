#include "tests/unit/unit.h"

#include "policy/registrable.h"
#include "policy/upstream_spec.h"
#include "stubd/query/ledger.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
	struct resolver resolver;
	struct registrable_list *suffixes;
};

static void
desk_open(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	CU_ASSERT_EQUAL_FATAL(registrable_open(NULL, &desk->suffixes), 0);
	desk->resolver.ledger = ledger_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(desk->resolver.ledger);
}

static void
desk_close(struct desk *desk)
{
	desk->resolver.ledger = ledger_free(desk->resolver.ledger);
	registrable_free(desk->suffixes);
}

static void
tell(struct desk *desk, char *provider, const char *name, unsigned flags)
{
	const struct upstream_spec spec = { .name = provider };
	struct question question = { .type = 1, .class = 1 };

	CU_ASSERT_EQUAL_FATAL(name_from_text(&question.name, name), 0);
	flags |= (unsigned)registrable_octets(desk->suffixes, &question.name) << LEDGER_DOMAIN;
	ledger_sent(&desk->resolver, &spec, &question, flags);
}

static void
columns_are_of_two_sorts(void)
{
	struct ledger_row row;
	struct desk desk;

	desk_open(&desk);
	tell(&desk, "a", "www.example.com", LEDGER_PROVIDER);
	tell(&desk, "a", "example.com", LEDGER_PROVIDER | LEDGER_CHAIN | LEDGER_FAILOVER);
	/* A hedge that was lost with its connection is a repetition. */
	tell(&desk, "a", "b.example.com",
	    LEDGER_PROVIDER | LEDGER_PREFETCH | POOL_ASK_FRESH | POOL_ASK_AGAIN);
	tell(&desk, "a", "c.example.com", LEDGER_PROVIDER | LEDGER_STALE | POOL_ASK_PROBE);
	tell(&desk, "a", "wiki.corp.example", 0);
	CU_ASSERT_EQUAL(ledger_count(desk.resolver.ledger), 1);
	ledger_read(desk.resolver.ledger, 0, &row);
	CU_ASSERT_STRING_EQUAL(row.name, "a");
	CU_ASSERT_EQUAL(row.network.queries, 4);
	CU_ASSERT_EQUAL(row.network.failovers, 1);
	CU_ASSERT_EQUAL(row.network.hedges, 0);
	CU_ASSERT_EQUAL(row.network.repeats, 1);
	CU_ASSERT_EQUAL(row.network.probes, 1);
	CU_ASSERT_EQUAL(row.network.chain, 1);
	CU_ASSERT_EQUAL(row.network.prefetches, 1);
	CU_ASSERT_EQUAL(row.network.stale, 1);
	CU_ASSERT_EQUAL(row.network.domains, 1);
	desk_close(&desk);
}

static void
domains_are_registrable_ones_and_suffixes_are_none(void)
{
	struct ledger_row row;
	struct desk desk;

	desk_open(&desk);
	tell(&desk, "a", ".", LEDGER_PROVIDER);
	tell(&desk, "a", "com", LEDGER_PROVIDER);
	tell(&desk, "a", "co.uk", LEDGER_PROVIDER);
	ledger_read(desk.resolver.ledger, 0, &row);
	CU_ASSERT_EQUAL(row.network.domains, 0);
	tell(&desk, "a", "www.example.co.uk", LEDGER_PROVIDER);
	tell(&desk, "a", "mail.example.co.uk", LEDGER_PROVIDER);
	ledger_read(desk.resolver.ledger, 0, &row);
	CU_ASSERT_EQUAL(row.network.domains, 1);
	CU_ASSERT_EQUAL(row.network.queries, 5);
	desk_close(&desk);
}

static void
a_new_network_begins_at_nothing_and_the_total_goes_on(void)
{
	struct ledger_row row;
	struct desk desk;

	desk_open(&desk);
	for (unsigned i = 0; i < 5; i++) {
		tell(&desk, "a", "www.example.com", LEDGER_PROVIDER);
		ledger_new_network(desk.resolver.ledger);
	}
	tell(&desk, "a", "www.example.com", LEDGER_PROVIDER);
	ledger_read(desk.resolver.ledger, 0, &row);
	CU_ASSERT_EQUAL(row.network.queries, 1);
	CU_ASSERT_EQUAL(row.total.queries, 6);
	CU_ASSERT_EQUAL(row.total.domains, 1);
	desk_close(&desk);
}

static void
more_parties_than_accounts_share_the_last(void)
{
	const unsigned more = LEDGER_PARTIES_MAX + 40;
	struct ledger_row row;
	struct desk desk;
	uint64_t sum = 0;

	desk_open(&desk);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < more; i++) {
			char name[16];

			snprintf(name, sizeof(name), "p%u", i);
			tell(&desk, name, "www.example.com", LEDGER_PROVIDER);
		}
	}
	CU_ASSERT_EQUAL_FATAL(ledger_count(desk.resolver.ledger), LEDGER_PARTIES_MAX);
	for (size_t i = 0; i < LEDGER_PARTIES_MAX; i++) {
		ledger_read(desk.resolver.ledger, i, &row);
		sum += row.total.queries;
	}
	CU_ASSERT_STRING_EQUAL(row.name, LEDGER_OTHERS);
	CU_ASSERT_EQUAL(row.total.queries, 2 * 41);
	CU_ASSERT_EQUAL(sum, 2 * (uint64_t)more);
	desk_close(&desk);
}

static void
the_network_s_resolvers_share_one_account(void)
{
	const struct upstream_spec spec[] = { { .name = "network 192.0.2.53", .network = true },
		{ .name = "network 192.0.2.54", .network = true } };
	struct question question = { .type = 1, .class = 1 };
	/* example.com */
	const unsigned flags = LEDGER_PROVIDER | 13 << LEDGER_DOMAIN;
	struct ledger_row row;
	struct desk desk;

	desk_open(&desk);
	CU_ASSERT_EQUAL(name_from_text(&question.name, "www.example.com"), 0);
	ledger_sent(&desk.resolver, &spec[0], &question, flags);
	ledger_new_network(desk.resolver.ledger);
	ledger_sent(&desk.resolver, &spec[1], &question, flags | LEDGER_FAILOVER);
	CU_ASSERT_EQUAL(ledger_count(desk.resolver.ledger), 0);
	ledger_read_network(desk.resolver.ledger, &row);
	CU_ASSERT_EQUAL(row.network.queries, 1);
	CU_ASSERT_EQUAL(row.network.failovers, 1);
	CU_ASSERT_EQUAL(row.total.queries, 2);
	CU_ASSERT_EQUAL(row.total.domains, 1);
	desk_close(&desk);
}

static const struct unit_case cases[] = {
	{ "columns are of two sorts", columns_are_of_two_sorts },
	{ "domains are registrable ones, and suffixes are none",
	    domains_are_registrable_ones_and_suffixes_are_none },
	{ "a new network begins at nothing, and the total goes on",
	    a_new_network_begins_at_nothing_and_the_total_goes_on },
	{ "more parties than accounts share the last", more_parties_than_accounts_share_the_last },
	{ "the network's resolvers share one account", the_network_s_resolvers_share_one_account },
};

UNIT_MAIN("query/ledger", cases)
