#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"

static const char corporate[] =
    "{ " PUBLIC ", \"split\": [\n"
    "{ \"domains\": [ \"corp.example\", \"10.7.0.0/16\", \"172.16.0.0/12\" ], \"servers\": [ "
    "\"10.7.0.53\", \"10.7.0.53:5353\", \"tls://10.7.0.54#dns.corp.example\", "
    "\"tls://10.7.0.55:8853\" ], \"timeout\": \"500ms\" },\n"
    "{ \"domains\": [ \"lab.corp.example\" ], \"servers\": [ \"10.8.0.53\" ], \"link\": \"tun0\" "
    "},\n"
    "{ \"domains\": [ \"secret.example\" ], \"servers\": [] } ] }";

static void
servers_are_upstreams_behind_the_providers(void)
{
	struct policy *p = load(corporate);
	const struct upstream_spec *const *u;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nproviders, 1);
	CU_ASSERT_EQUAL_FATAL(p->nupstreams, 6);
	CU_ASSERT_EQUAL(p->rules[0].first_upstream, 1);
	CU_ASSERT_EQUAL(p->rules[0].nupstreams, 4);
	u = (const struct upstream_spec *const *)p->upstreams;
	CU_ASSERT_STRING_EQUAL(u[1]->name, "corp.example/10.7.0.53");
	CU_ASSERT_EQUAL(u[1]->scheme, SCHEME_DNS);
	CU_ASSERT_EQUAL(u[1]->addresses[0].port, 53);
	CU_ASSERT_EQUAL(u[1]->timeout, 500);
	CU_ASSERT(u[1]->split);
	CU_ASSERT_PTR_NULL(u[1]->link);
	CU_ASSERT_EQUAL(u[2]->addresses[0].port, 5353);
	CU_ASSERT_EQUAL(u[3]->scheme, SCHEME_TLS);
	CU_ASSERT_STRING_EQUAL(u[3]->host, "dns.corp.example");
	CU_ASSERT_EQUAL(u[3]->addresses[0].port, 853);
	CU_ASSERT_PTR_NULL(u[4]->host);
	CU_ASSERT_EQUAL(u[4]->addresses[0].port, 8853);
	CU_ASSERT_STRING_EQUAL(u[5]->link, "tun0");
	CU_ASSERT_EQUAL(u[5]->timeout, 1000);
	policy_free(p);
}

static void
the_longest_suffix_over_all_rules_wins(void)
{
	struct policy *p = load(corporate);
	struct view v;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	v = view_of(p, "www.CORP.example", TYPE_A);
	CU_ASSERT_EQUAL(v.kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(v.rule, 0);
	CU_ASSERT_STRING_EQUAL(v.owner, "corp.example");
	CU_ASSERT_EQUAL(view_of(p, "corp.example", TYPE_DS).rule, 0);
	CU_ASSERT_EQUAL(view_of(p, "a.lab.corp.example", TYPE_A).rule, 1);
	CU_ASSERT_EQUAL(view_of(p, "notcorp.example", TYPE_A).kind, VIEW_PROVIDERS);
	CU_ASSERT_EQUAL(view_of(p, "example", TYPE_NS).kind, VIEW_PROVIDERS);
	policy_free(p);
}

static void
prefixes_own_their_reverse_zones(void)
{
	struct policy *p = load(corporate);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(view_of(p, "9.0.7.10.in-addr.arpa", TYPE_PTR).rule, 0);
	CU_ASSERT_STRING_EQUAL(view_of(p, "9.0.7.10.in-addr.arpa", TYPE_PTR).owner, "10.7.0.0/16");
	CU_ASSERT_EQUAL(view_of(p, "9.0.16.172.in-addr.arpa", TYPE_PTR).rule, 0);
	CU_ASSERT_EQUAL(view_of(p, "9.0.31.172.in-addr.arpa", TYPE_PTR).rule, 0);
	CU_ASSERT_EQUAL(view_of(p, "9.0.32.172.in-addr.arpa", TYPE_PTR).kind, VIEW_PROVIDERS);
	CU_ASSERT_EQUAL(view_of(p, "9.0.8.10.in-addr.arpa", TYPE_PTR).kind, VIEW_LOCAL);
	policy_free(p);
}

static void
a_rules_link_is_part_of_its_view(void)
{
	struct policy *p = load(corporate);
	struct netview netview = no_links();
	struct question q = ask("a.lab.corp.example", TYPE_A);
	struct view absent, first, second, unlinked;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	policy_view(p, &q, &netview, &absent);
	CU_ASSERT_EQUAL(absent.kind, VIEW_SPLIT);
	CU_ASSERT(absent.closed);
	netview.nlinks = 1;
	strcpy(netview.links[0].name, "tun0");
	policy_view(p, &q, &netview, &first);
	netview.links[0].generation = 1;
	policy_view(p, &q, &netview, &second);
	unlinked = view_of(p, "corp.example", TYPE_A);
	CU_ASSERT_FALSE(first.closed);
	CU_ASSERT_FALSE(unlinked.closed);
	CU_ASSERT_NOT_EQUAL(first.id, second.id);
	CU_ASSERT_NOT_EQUAL(first.id, absent.id);
	CU_ASSERT_NOT_EQUAL(first.id, unlinked.id);
	CU_ASSERT_NOT_EQUAL(first.id, 0);
	CU_ASSERT_NOT_EQUAL(unlinked.id, 0);
	strcpy(netview.links[0].name, "tun1");
	policy_view(p, &q, &netview, &first);
	CU_ASSERT(first.closed);
	policy_free(p);
}

static void
what_cannot_be_asked_fails_closed(void)
{
	struct policy *p = load(corporate);
	const struct standing standing[8] = { { .srtt_us = 0 } };
	const struct draw draw = { .n = 0 };
	static const char *const names[] = { "a.secret.example", "a.lab.corp.example" };
	const struct netview netview = { .nlinks = 0 };
	struct route route;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (size_t i = 0; i < 2; i++) {
		const struct question q = ask(names[i], TYPE_A);
		struct view v = view_of(p, names[i], TYPE_A);

		CU_ASSERT_EQUAL(v.kind, VIEW_SPLIT);
		CU_ASSERT(v.closed);
		policy_route(p, &v, &q.name, NULL, &netview, standing, &draw, 1000, 0, &route);
		CU_ASSERT_EQUAL(route.nstages, 0);
		CU_ASSERT_EQUAL(route.probe, -1);
	}
	policy_free(p);
}

static void
a_domain_belongs_to_one_rule(void)
{
	CU_ASSERT(refused("{ " PUBLIC
			  ", \"split\": [ { \"domains\": [ \"a.example\" ], \"servers\": [] },\n"
			  "{ \"domains\": [ \"b.example\", \"A.Example.\" ], \"servers\": [] } ] }",
	    1, "test.json:2: /split/1/domains/1: \"A.Example.\" is in /split/0 already"));
	CU_ASSERT(
	    refused("{ " PUBLIC ", \"split\": [ { \"domains\": [ \"10.0.0.0/8\", \"10.0.0.0/8\" "
		    "], \"servers\": [] } ] }",
		1, "is in /split/0 already"));
}

static void
rules_that_cannot_work_are_refused(void)
{
	static const char *const rows[][2] = {
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"dns.example\" ]",
		    "/split/0/servers/0: \"dns.example\" is not an address; write one like" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"tls://dns.example\" ]",
		    "/split/0/servers/0: \"tls://dns.example\" is not a server by address" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"https://192.0.2.1/q\" ]",
		    "is not a server by address" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"127.0.0.53\" ]",
		    "/split/0/servers/0: has the address 127.0.0.53:53, at which stubd itself" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"10.0.0.1\", \"10.0.0.1\" ]",
		    "/split/0/servers/1: \"10.0.0.1\" is listed twice" },
		{ "\"domains\": [], \"servers\": []", "/split/0/domains: has 0 elements" },
		{ "\"domains\": [ \"*.a\" ], \"servers\": []", "write \"a\"" },
		{ "\"domains\": [ \"10.7.0.1/16\" ], \"servers\": []", "write \"10.7.0.0/16\"" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"tls://192.0.2.2\" ], \"ca_file\": "
		  "\"/nonexistent/ca.pem\"",
		    "/split/0/ca_file: \"/nonexistent/ca.pem\" cannot be read: No such file" },
		{ "\"domains\": [ \"a\" ], \"servers\": [ \"192.0.2.2\" ], \"ca_file\": "
		  "\"/dev/null\"",
		    "/split/0: has a \"ca_file\", but no tls:// server" },
		{ "\"domains\": [ \"a\" ], \"servers\": [], \"link\": \"\"",
		    "/split/0/link: has 0" },
		{ "\"domains\": [ \"a\" ], \"servers\": [], \"timeout\": \"10m\"",
		    "/split/0/timeout: is out of range" },
	};
	char json[500];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(json, sizeof(json), "{ " PUBLIC ", \"split\": [ { %s } ] }", rows[i][0]);
		CU_ASSERT(refused(json, 1, rows[i][1]));
	}
}

static void
a_rules_private_ca_is_for_its_encrypted_servers(void)
{
	struct policy *p = load("{ " PUBLIC ", \"split\": [ { \"domains\": [ \"a.example\" ], "
				"\"ca_file\": \"/dev/null\", \"servers\": [ \"192.0.2.2\", "
				"\"tls://192.0.2.3#dns.a.example\" ] } ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL_FATAL(p->nupstreams, 3);
	CU_ASSERT_PTR_NULL(p->upstreams[0]->ca_file);
	CU_ASSERT_PTR_NULL(p->upstreams[1]->ca_file);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p->upstreams[2]->ca_file);
	CU_ASSERT_STRING_EQUAL(p->upstreams[2]->ca_file, "/dev/null");
	policy_free(p);
}

static const struct unit_case cases[] = {
	{ "servers are upstreams behind the providers",
	    servers_are_upstreams_behind_the_providers },
	{ "the longest suffix over all rules wins", the_longest_suffix_over_all_rules_wins },
	{ "prefixes own their reverse zones", prefixes_own_their_reverse_zones },
	{ "a rule's link is part of its view", a_rules_link_is_part_of_its_view },
	{ "what cannot be asked fails closed", what_cannot_be_asked_fails_closed },
	{ "a rule's private CA is for its encrypted servers",
	    a_rules_private_ca_is_for_its_encrypted_servers },
	{ "a domain belongs to one rule", a_domain_belongs_to_one_rule },
	{ "rules that cannot work are refused", rules_that_cannot_work_are_refused },
};

UNIT_MAIN("policy/split", cases)
