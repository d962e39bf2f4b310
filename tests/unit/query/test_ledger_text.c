#include "tests/unit/unit.h"

#include "policy/sketch.h"
#include "policy/upstream_spec.h"
#include "stubd/query/ledger.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOMAINS = 300 };

static void
tell(struct ledger *ledger, char *provider, unsigned i, unsigned flags)
{
	const struct upstream_spec spec = { .name = provider };
	struct resolver resolver = { .ledger = ledger };
	struct question question = { .type = 1, .class = 1 };
	char name[32];

	snprintf(name, sizeof(name), "www.d%u.example", i);
	CU_ASSERT_EQUAL_FATAL(name_from_text(&question.name, name), 0);
	flags |= (unsigned)(question.name.len - 4) << LEDGER_DOMAIN;
	ledger_sent(&resolver, &spec, &question, flags | LEDGER_PROVIDER);
}

/* One with an account of everybody, begun at that time. */
static struct ledger *
filled(int64_t since)
{
	const struct question question = { .name = { 1, "" }, .type = 1, .class = 1 };
	struct ledger *ledger = ledger_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(ledger);
	ledger_keep(ledger, since);
	for (unsigned i = 0; i < DOMAINS; i++)
		tell(ledger, "alpha", i, LEDGER_CHAIN | LEDGER_FAILOVER);
	ledger_new_network(ledger);
	tell(ledger, "alpha", 0, POOL_ASK_FRESH);
	tell(ledger, "beta", 7, LEDGER_PREFETCH);
	ledger_recursed(ledger, &question, 0);
	return ledger;
}

static struct ledger *
again(struct ledger *ledger)
{
	struct ledger *back = NULL;
	char *text = ledger_to_text(ledger);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT(strlen(text) < LEDGER_TEXT_MAX);
	CU_ASSERT_EQUAL_FATAL(ledger_from_text(text, strlen(text), &back), 0);
	free(text);
	return back;
}

static void
what_was_told_is_read_back_as_of_earlier_networks(void)
{
	struct ledger *ledger = filled(1700000000), *back = again(ledger);
	struct ledger_row was, is;

	CU_ASSERT_EQUAL(ledger_since(back), 1700000000);
	CU_ASSERT_EQUAL_FATAL(ledger_count(back), 2);
	for (size_t i = 0; i < 2; i++) {
		ledger_read(ledger, i, &was);
		ledger_read(back, i, &is);
		CU_ASSERT_STRING_EQUAL(is.name, was.name);
		CU_ASSERT_EQUAL(memcmp(&is.total, &was.total, sizeof(is.total)), 0);
		CU_ASSERT_EQUAL(is.network.queries, 0);
	}
	ledger_read_recursion(back, &is);
	CU_ASSERT_EQUAL(is.total.queries, 1);
	ledger_read_network(back, &is);
	CU_ASSERT_EQUAL(is.total.queries, 0);
	ledger_free(ledger);
	ledger_free(back);
}

static void
a_domain_that_was_counted_is_not_counted_again(void)
{
	struct ledger *ledger = filled(1), *back = again(ledger);
	struct ledger_row was, is;

	ledger_read(back, 0, &was);
	for (unsigned i = 0; i < DOMAINS; i++)
		tell(back, "alpha", i, 0);
	ledger_read(back, 0, &is);
	CU_ASSERT_EQUAL(is.total.queries, was.total.queries + DOMAINS);
	CU_ASSERT_EQUAL(is.total.domains, was.total.domains);
	CU_ASSERT(is.total.domains > DOMAINS * 9 / 10 && is.total.domains < DOMAINS * 11 / 10);
	ledger_free(ledger);
	ledger_free(back);
}

static void
no_name_is_in_the_text(void)
{
	struct ledger *ledger = filled(1);
	char *text = ledger_to_text(ledger);

	CU_ASSERT_PTR_NULL(strstr(text, "example"));
	CU_ASSERT_PTR_NULL(strstr(text, "www"));
	free(text);
	ledger_free(ledger);
}

#define TOP "exposure 1\nsince 1\nsecret AAAAAAAAAAAAAAAAAAAAAA==\n"

static void
a_text_with_one_fault_counts_for_nothing(void)
{
	static const char *const bad[] = {
		"",
		"exposure 1\n",
		"exposure 2\nsince 1\nsecret AAAAAAAAAAAAAAAAAAAAAA==\n",
		"exposure 1\nsince -1\nsecret AAAAAAAAAAAAAAAAAAAAAA==\n",
		"exposure 1\nsince 1\nsecret AAAA\n",
		TOP "alpha 1 0 0 0 0 0 0 0 0 -",
		TOP "alpha 1 0 0 0 0 0 0 0 -\n",
		TOP "alpha 1 0 0 0 0 0 0 0 0 0 -\n",
		TOP "alpha 1 0 0 0 0 0 0 0 0 - -\n",
		TOP "alpha 1 0 0 0 0 0 0 0 x -\n",
		TOP "alpha  1 0 0 0 0 0 0 0 0 -\n",
		TOP "alpha 0 0 0 0 0 0 0 0 0 -\n",
		TOP "alpha 1 0 0 0 0 0 0 0 0 AAAA\n",
		TOP "alpha 1 0 0 0 0 0 0 0 0 -\nalpha 1 0 0 0 0 0 0 0 0 -\n",
		TOP "!nobody 1 0 0 0 0 0 0 0 0 -\n",
		TOP "alpha 1000000000000000000 0 0 0 0 0 0 0 0 -\n",
		TOP "\n",
	};
	struct ledger *ledger = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(ledger_from_text(bad[i], strlen(bad[i]), &ledger), -EBADMSG);
	CU_ASSERT_EQUAL(ledger_from_text(TOP "\0", sizeof(TOP), &ledger), -EBADMSG);
	CU_ASSERT_PTR_NULL(ledger);
	CU_ASSERT_EQUAL(ledger_from_text(TOP, strlen(TOP), &ledger), 0);
	ledger_free(ledger);
}

static void
a_register_that_no_hash_leads_to_is_a_fault(void)
{
	struct ledger *ledger = filled(1), *back = NULL;
	char *text = ledger_to_text(ledger);
	/* the sketch of the last line is cut out, and one of 1,024 octets 0x7f put in */
	char *at = strrchr(text, ' ') + 1, *end = strchr(at, '\n');

	for (char *p = at; p < end && *p != '='; p++)
		*p = "f39/"[(p - at) % 4];
	CU_ASSERT_EQUAL(ledger_from_text(text, strlen(text), &back), -EBADMSG);
	free(text);
	ledger_free(ledger);
}

static const struct unit_case cases[] = {
	{ "what was told is read back, as of earlier networks",
	    what_was_told_is_read_back_as_of_earlier_networks },
	{ "a domain that was counted is not counted again",
	    a_domain_that_was_counted_is_not_counted_again },
	{ "no name is in the text", no_name_is_in_the_text },
	{ "a text with one fault counts for nothing", a_text_with_one_fault_counts_for_nothing },
	{ "a register that no hash leads to is a fault",
	    a_register_that_no_hash_leads_to_is_a_fault },
};

UNIT_MAIN("query/ledger_text", cases)
