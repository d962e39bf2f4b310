#include "policy/select.h"
#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#define LIST                                                                                   \
	"\"custom\": [ { \"name\": \"a\", \"url\": \"tls://192.0.2.1\" }, { \"name\": \"b\", " \
	"\"url\": \"tls://192.0.2.2\" }, { \"name\": \"c\", \"url\": \"tls://192.0.2.3\" }, "  \
	"{ \"name\": \"d\", \"url\": \"tls://192.0.2.4\" } ]"
#define ONE "\"providers\": { \"catalogue\": null, " LIST " }"
#define ORDERED "\"providers\": { \"catalogue\": null, \"strategy\": \"ordered\", " LIST " }"

enum { NOW = 100000 };

static const struct standing down = { .failures = 3, .down_until = NOW + 1 };
static const struct standing unproven = { .failures = 3, .down_until = NOW };

static uint64_t dice;
static struct netview network; /* no resolvers of its own, unless a case says so */

/* Routes www.example; returns "stage:candidates stage ... ?probe". */
static const char *
route(const struct policy *p, const struct standing *standing, const struct draw *draw)
{
	static char text[256];
	const struct question q = ask("www.example", TYPE_A);
	struct view v = view_of(p, "www.example", TYPE_A);
	struct route r;

	text[0] = '\0';
	policy_route(p, &v, &q.name, NULL, &network, standing, draw, NOW, dice, &r);
	for (unsigned s = 0; s < r.nstages; s++) {
		strcat(text, s ? " " : "");
		strcat(text, stage_kind_text(r.stages[s].kind));
		if (r.stages[s].ncandidates)
			strcat(text, ":");
		for (unsigned c = 0; c < r.stages[s].ncandidates; c++)
			strcat(text, p->upstreams[r.stages[s].candidates[c]]->name);
	}
	if (r.probe >= 0) {
		strcat(text, " ?");
		strcat(text, p->upstreams[r.probe]->name);
	}
	return text;
}

static const uint16_t drawn[] = { 2, 0, 3, 1 };
static const struct draw draw = { .n = 4, .order = drawn, .operators = 4 };
static const struct draw no_draw = { .n = 0 };

static void
one_follows_the_draw_and_ordered_the_list(void)
{
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ONE " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cadb recurse");
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abcd recurse");
	policy_free(p);
	p = load("{ " ORDERED " }");
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:abcd recurse");
	policy_free(p);
}

static void
a_draw_of_other_providers_is_not_used(void)
{
	static const uint16_t foreign[] = { 2, 7, 3, 1 }, twice[] = { 2, 2, 3, 1 };
	const struct draw bad[] = { { .n = 4, .order = foreign }, { .n = 4, .order = twice },
		{ .n = 3, .order = drawn } };
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ONE " }");

	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_STRING_EQUAL(route(p, s, &bad[i]), "providers:abcd recurse");
	policy_free(p);
}

static void
those_that_are_down_go_last_while_another_lives(void)
{
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ONE " }");

	s[2] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:adbc recurse");
	s[0] = s[1] = s[3] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cadb recurse");
	policy_free(p);
}

static void
a_suspect_comes_after_the_good_and_is_sent_a_copy(void)
{
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ONE " }");

	s[2].silent = NOW - SELECT_SILENCE_MIN + 1;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cadb recurse");
	s[2].silent = NOW + 1;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cadb recurse");
	s[2].silent = NOW - SELECT_SILENCE_MIN;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:adbc recurse ?c");
	s[0] = unproven;
	s[1] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:dcab recurse ?c");
	/* one that is far away is given more time, up to the most */
	s[2].srtt_us = 120000;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cdab recurse");
	s[2].silent = NOW - 720;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:dcab recurse ?c");
	s[2].srtt_us = 2000000;
	CU_ASSERT_FALSE(select_suspect(&s[2], NOW));
	s[2].silent = NOW - SELECT_SILENCE_MAX;
	CU_ASSERT_TRUE(select_suspect(&s[2], NOW));
	policy_free(p);
}

static void
a_failure_or_two_is_no_reason(void)
{
	struct standing s[4] = { { .failures = 2 } };
	struct policy *p = load("{ " ORDERED " }");

	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abcd recurse");
	policy_free(p);
}

static void
the_preferred_one_has_to_prove_itself_before_it_comes_first(void)
{
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ORDERED " }");

	s[0] = unproven;
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:bcda recurse ?a");
	/* It answered: the pool forgets the failures. */
	s[0] = (struct standing){ .srtt_us = 9 };
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abcd recurse");
	/* One that is not preferred to the one in use is not probed. */
	s[2] = unproven;
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abdc recurse");
	/* With nobody else it is simply asked. */
	s[0] = s[1] = s[3] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:cabd recurse");
	policy_free(p);
}

/* In its back-off, and lost for long enough. */
static const struct standing lost = {
	.failures = 9, .lost = NOW - SELECT_LOST, .down_until = NOW + 1
};

static void
while_all_are_lost_recursion_comes_first_and_providers_are_probed(void)
{
	struct standing s[4] = { lost, lost, lost, lost };
	struct policy *p = load("{ " ORDERED " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "recurse providers:abcd ?a");
	CU_ASSERT_EQUAL(policy_degraded_to(p, &network, s, &draw, NOW), STAGE_RECURSE);
	s[0].probed = NOW - SELECT_PROBE_EVERY + 1;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "recurse providers:abcd ?b");
	s[1].probed = NOW;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "recurse providers:abcd");
	s[2].down_until = NOW; /* its back-off has ended */
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "recurse providers:cabd ?c");
	s[0].probed = NOW - SELECT_PROBE_EVERY;
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "recurse providers:cabd ?a");
	for (int i = 0; i < 4; i++)
		s[i].lost++; /* it may be the laptop's own trouble yet */
	CU_ASSERT_EQUAL(policy_degraded_to(p, &network, s, &draw, NOW), STAGE_PROVIDERS);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:cabd recurse");
	s[3] = (struct standing){ .srtt_us = 0 };
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:dcab recurse ?c");
	policy_free(p);
}

static void
without_recursion_behind_them_lost_providers_stay_the_stage(void)
{
	struct standing s[4] = { lost, lost, lost, lost };
	struct policy *p = load("{ " ORDERED ", \"on_miss\": [ \"providers\" ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:abcd");
	CU_ASSERT_EQUAL(policy_degraded_to(p, &network, s, &draw, NOW), STAGE_PROVIDERS);
	policy_free(p);
}

static void
on_miss_gives_the_stages(void)
{
	static const char *const rows[][2] = {
		{ "[ \"providers\" ]", "providers:abcd" },
		{ "[ \"recurse\" ]", "recurse" },
		{ "[ \"recurse\", \"providers\" ]", "recurse providers:abcd" },
	};
	struct standing s[4] = { { .srtt_us = 0 } };
	char json[600];

	for (size_t i = 0; i < 3; i++) {
		struct policy *p;

		snprintf(json, sizeof(json), "{ " ORDERED ", \"on_miss\": %s }", rows[i][0]);
		p = load(json);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), rows[i][1]);
		policy_free(p);
	}
}

static void
the_second_is_of_another_operator(void)
{
	struct standing s[4] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ONE " }");

	/* Custom providers do not tell their operator: give them some. */
	for (size_t i = 0; i < 4; i++)
		p->upstreams[i]->operator_name = strdup(i < 3 ? "same" : "other");
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:adbc recurse");
	s[3] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abcd recurse");
	p->strategy = STRATEGY_ORDERED;
	s[3] = s[0];
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:abcd recurse");
	policy_free(p);
}

static void
a_split_rules_servers_are_asked_in_order_and_nobody_else(void)
{
	struct policy *p =
	    load("{ " ONE ", \"split\": [ { \"domains\": [ \"example\" ], \"servers\": "
		 "[ \"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\" ] } ] }");
	struct standing s[7] = { { .srtt_us = 0 } };
	const char *x = "servers:example/10.0.0.1example/10.0.0.2example/10.0.0.3";

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), x);
	s[4] = down;
	x = "servers:example/10.0.0.2example/10.0.0.3example/10.0.0.1";
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), x);
	s[4] = unproven;
	x = "servers:example/10.0.0.2example/10.0.0.3example/10.0.0.1 ?example/10.0.0.1";
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), x);
	s[5] = s[6] = down;
	x = "servers:example/10.0.0.1example/10.0.0.2example/10.0.0.3";
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), x);
	policy_free(p);
}

static void
there_are_at_most_eight_candidates_and_the_living_are_among_them(void)
{
	char json[4096] = "{ \"providers\": { \"catalogue\": null, \"strategy\": \"ordered\", "
			  "\"custom\": [ ";
	struct standing s[20] = { { .srtt_us = 0 } };
	struct policy *p;

	for (int i = 0; i < 20; i++)
		sprintf(json + strlen(json),
		    "%s{ \"name\": \"%c\", \"url\": \"tls://192.0.2.%d\" }", i ? ", " : "", 'a' + i,
		    i + 1);
	strcat(json, " ] } }");
	p = load(json);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (int i = 0; i < 18; i++)
		s[i] = down;
	CU_ASSERT_STRING_EQUAL(route(p, s, &no_draw), "providers:stabcdef recurse");
	policy_free(p);
}

static void
hosts_go_before_rules_and_special_names(void)
{
	char path[48];
	struct policy_load_options options = no_files;
	FILE *f;
	struct policy *p;
	struct view v;

	snprintf(path, sizeof(path), "/tmp/stubd-decide-%d", (int)getpid());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("127.0.0.1 localhost\n192.0.2.5 a.corp.example x.test nas\n", f);
	fclose(f);
	options.hosts_file = path;
	p = load_with("{ " ONE ", \"split\": [ { \"domains\": [ \"corp.example\" ], \"servers\": [ "
		      "\"10.0.0.1\" ] } ] }",
	    &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	v = view_of(p, "a.corp.example", TYPE_A);
	CU_ASSERT_EQUAL(v.kind, VIEW_LOCAL);
	CU_ASSERT_STRING_EQUAL(v.why, "hosts file");
	CU_ASSERT_STRING_EQUAL(v.owner, "a.corp.example.");
	CU_ASSERT_EQUAL(view_of(p, "b.corp.example", TYPE_A).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "x.test", TYPE_A).local.kind, LOCAL_ADDRESSES);
	CU_ASSERT_EQUAL(view_of(p, "nas", TYPE_A).local.kind, LOCAL_ADDRESSES);
	CU_ASSERT_EQUAL(view_of(p, "5.2.0.192.in-addr.arpa", TYPE_PTR).local.kind, LOCAL_PTR);
	/* The file knows localhost by IPv4 only; that does not take ::1 away. */
	CU_ASSERT_EQUAL(view_of(p, "localhost", TYPE_AAAA).local.kind, LOCAL_ADDRESSES);
	policy_free(p);
	unlink(path);
}

static void
what_no_rule_owns_is_the_providers(void)
{
	struct policy *p = load("{ " ONE " }");
	struct view v = view_of(p, "www.example.com", TYPE_A);

	CU_ASSERT_EQUAL(v.kind, VIEW_PROVIDERS);
	CU_ASSERT_EQUAL(v.id, 0);
	CU_ASSERT_EQUAL(v.rule, -1);
	CU_ASSERT_STRING_EQUAL(v.owner, "");
	CU_ASSERT_STRING_EQUAL(view_kind_text(v.kind), "providers");
	policy_free(p);
}

#define OPPORTUNISTIC "\"privacy\": \"opportunistic\", " ORDERED

/* Names the candidates behind the policy's own by their number. */
static void
the_network_s_resolvers_come_behind_the_providers(void)
{
	struct standing s[6] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " OPPORTUNISTIC " }");
	struct question q = ask("www.example", TYPE_A);
	struct view v = view_of(p, "www.example", TYPE_A);
	struct route r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(route(p, s, &draw), "providers:abcd recurse");
	network.nservers = 2;
	s[4] = down;
	policy_route(p, &v, &q.name, NULL, &network, s, &draw, NOW, 0, &r);
	CU_ASSERT_EQUAL_FATAL(r.nstages, 3);
	CU_ASSERT_EQUAL(r.stages[1].kind, STAGE_NETWORK);
	CU_ASSERT_EQUAL(r.stages[1].ncandidates, 2);
	CU_ASSERT_EQUAL(r.stages[1].candidates[0], 5);
	CU_ASSERT_EQUAL(r.stages[1].candidates[1], 4);
	CU_ASSERT_EQUAL(r.stages[2].kind, STAGE_RECURSE);
	CU_ASSERT_EQUAL(r.probe, -1);
	s[4] = unproven;
	policy_route(p, &v, &q.name, NULL, &network, s, &draw, NOW, 0, &r);
	CU_ASSERT_EQUAL(r.probe, -1);
	s[0] = unproven;
	policy_route(p, &v, &q.name, NULL, &network, s, &draw, NOW, 0, &r);
	CU_ASSERT_EQUAL(r.probe, 0);
	s[0] = s[1] = s[2] = s[3] = lost;
	policy_route(p, &v, &q.name, NULL, &network, s, &draw, NOW, 0, &r);
	CU_ASSERT_EQUAL(r.stages[0].kind, STAGE_NETWORK);
	CU_ASSERT_EQUAL(r.stages[1].kind, STAGE_RECURSE);
	CU_ASSERT_EQUAL(r.stages[2].kind, STAGE_PROVIDERS);
	CU_ASSERT_EQUAL(r.probe, 0);
	CU_ASSERT_EQUAL(policy_degraded_to(p, &network, s, &draw, NOW), STAGE_NETWORK);
	network.nservers = 0;
	CU_ASSERT_EQUAL(policy_degraded_to(p, &network, s, &draw, NOW), STAGE_RECURSE);
	policy_free(p);
}

/* How many stages a name has, and whether the network's is one. */
static bool
asks_network(const struct policy *p, const char *name, const struct standing *s, unsigned nstages)
{
	struct question q = ask(name, TYPE_A);
	struct view v = view_of(p, name, TYPE_A);
	bool found = false;
	struct route r;

	policy_route(p, &v, &q.name, NULL, &network, s, &draw, NOW, 0, &r);
	CU_ASSERT_EQUAL(r.nstages, nstages);
	for (unsigned i = 0; i < r.nstages; i++)
		found |= r.stages[i].kind == STAGE_NETWORK && i == 1;
	return found;
}

static void
time_servers_may_be_asked_of_the_network_while_the_clock_is_not_set(void)
{
	struct standing s[6] = { { .srtt_us = 0 } };
	struct policy *p = load("{ " ORDERED " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	network.nservers = 1;
	CU_ASSERT_FALSE(asks_network(p, "0.debian.pool.ntp.org", s, 2));
	network.unsynchronised = true;
	CU_ASSERT_TRUE(asks_network(p, "0.debian.pool.ntp.org", s, 3));
	CU_ASSERT_TRUE(asks_network(p, "POOL.ntp.org", s, 3));
	CU_ASSERT_FALSE(asks_network(p, "ntp.org", s, 2));
	CU_ASSERT_FALSE(asks_network(p, "pool.ntp.org.example", s, 2));
	network.nservers = 0;
	CU_ASSERT_FALSE(asks_network(p, "pool.ntp.org", s, 2));
	policy_free(p);
	p = load("{ \"privacy\": \"strict\", " ORDERED " }");
	network.nservers = 1;
	CU_ASSERT_FALSE(asks_network(p, "pool.ntp.org", s, 1));
	network = (struct netview){ .nservers = 0 };
	policy_free(p);
}

static const struct unit_case cases[] = {
	{ "one follows the draw and ordered the list", one_follows_the_draw_and_ordered_the_list },
	{ "a draw of other providers is not used", a_draw_of_other_providers_is_not_used },
	{ "those that are down go last while another lives",
	    those_that_are_down_go_last_while_another_lives },
	{ "a suspect comes after the good and is sent a copy",
	    a_suspect_comes_after_the_good_and_is_sent_a_copy },
	{ "a failure or two is no reason", a_failure_or_two_is_no_reason },
	{ "the preferred one has to prove itself before it comes first",
	    the_preferred_one_has_to_prove_itself_before_it_comes_first },
	{ "while all are lost recursion comes first and providers are probed",
	    while_all_are_lost_recursion_comes_first_and_providers_are_probed },
	{ "without recursion behind them lost providers stay the stage",
	    without_recursion_behind_them_lost_providers_stay_the_stage },
	{ "on_miss gives the stages", on_miss_gives_the_stages },
	{ "the second is of another operator", the_second_is_of_another_operator },
	{ "a split rule's servers are asked in order and nobody else",
	    a_split_rules_servers_are_asked_in_order_and_nobody_else },
	{ "there are at most eight candidates and the living are among them",
	    there_are_at_most_eight_candidates_and_the_living_are_among_them },
	{ "hosts go before rules and special names", hosts_go_before_rules_and_special_names },
	{ "what no rule owns is the providers'", what_no_rule_owns_is_the_providers },
	{ "the network's resolvers come behind the providers, and before them when those are lost",
	    the_network_s_resolvers_come_behind_the_providers },
	{ "time servers may be asked of the network while the clock is not set",
	    time_servers_may_be_asked_of_the_network_while_the_clock_is_not_set },
};

UNIT_MAIN("policy/decide", cases)
