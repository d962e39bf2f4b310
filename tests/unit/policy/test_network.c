#include "policy/network.h"
#include "tests/unit/policy/load.h"
#include "tests/unit/unit.h"

#define CUSTOM                                                                    \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"a\", " \
	"\"url\": \"https://a.example/dns-query\", \"addresses\": [ \"192.0.2.1\" ] } ] }"

static void
files_are_taken_in_their_order(void)
{
	struct policy *policy =
	    load("{ " CUSTOM ", \"network\": { \"resolv_conf\": [ \"/run/b\", \"/run/a\" ] } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	CU_ASSERT_EQUAL_FATAL(policy->network.nresolv_conf, 2);
	CU_ASSERT_STRING_EQUAL(policy->network.resolv_conf[0], "/run/b");
	CU_ASSERT_STRING_EQUAL(policy->network.resolv_conf[1], "/run/a");
	policy_free(policy);
}

static void
managers_of_networks_come_before_the_system_s_file(void)
{
	struct policy *policy = load("{ " CUSTOM " }");
	const struct network *network;

	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	network = &policy->network;
	CU_ASSERT_FATAL(network->nresolv_conf > 1);
	CU_ASSERT_STRING_EQUAL(network->resolv_conf[0], "/run/NetworkManager/no-stub-resolv.conf");
	CU_ASSERT_STRING_EQUAL(network->resolv_conf[network->nresolv_conf - 1], "/etc/resolv.conf");
	policy_free(policy);
}

static void
none_means_that_nobody_is_looked_for(void)
{
	struct policy *policy = load("{ " CUSTOM ", \"network\": { \"resolv_conf\": [] } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	CU_ASSERT_EQUAL(policy->network.nresolv_conf, 0);
	policy_free(policy);
}

static void
a_path_is_absolute(void)
{
	CU_ASSERT(refused("{ " CUSTOM ", \"network\": { \"resolv_conf\": [ \"resolv.conf\" ] } }",
	    1, "/network/resolv_conf/0: \"resolv.conf\" is not an absolute path; write one"));
	CU_ASSERT(refused("{ " CUSTOM ", \"network\": { \"resolv_conf\": [ \"/1\", \"/2\", "
			  "\"/3\", \"/4\", \"/5\", \"/6\", \"/7\", \"/8\", \"/9\" ] } }",
	    1, "/network/resolv_conf: has 9 elements; write 0 to 8"));
}

static const char *
steps(const struct policy *p)
{
	static char text[64];

	text[0] = '\0';
	for (size_t i = 0; p && i < p->non_miss; i++) {
		strcat(text, i ? " " : "");
		strcat(text, miss_step_text(p->on_miss[i]));
	}
	return text;
}

static void
the_network_is_a_step_of_opportunistic_privacy_alone(void)
{
	static const char *const written[] = { "[ \"network\" ]", "[ \"providers\", \"network\" ]",
		"[ \"network\", \"recurse\" ]", "[ \"recurse\", \"network\", \"providers\" ]" };
	static const char *const read[] = { "network", "providers network", "network recurse",
		"recurse network providers" };
	struct policy *p = load("{ " CUSTOM ", \"privacy\": \"opportunistic\" }");
	char text[512];

	CU_ASSERT_STRING_EQUAL(steps(p), "providers network recurse");
	policy_free(p);
	p = load("{ " CUSTOM " }");
	CU_ASSERT_STRING_EQUAL(steps(p), "providers recurse");
	policy_free(p);
	for (size_t i = 0; i < sizeof(read) / sizeof(*read); i++) {
		snprintf(text, sizeof(text),
		    "{ " CUSTOM ", \"privacy\": \"opportunistic\", \"on_miss\": %s }", written[i]);
		p = load(text);
		CU_ASSERT_STRING_EQUAL(steps(p), read[i]);
		policy_free(p);
	}
	CU_ASSERT(refused("{ " CUSTOM ",\n\"on_miss\": [ \"providers\", \"network\" ] }", 1,
	    "test.json:2: /on_miss/1: \"network\" asks the network's own resolver in plaintext, "
	    "which "
	    "privacy \"encrypted\" does not allow; leave it out, or write"));
	CU_ASSERT(refused("{ " CUSTOM ", \"privacy\": \"strict\", \"on_miss\": [ \"network\" ] }",
	    1, "which privacy \"strict\" does not allow"));
	CU_ASSERT(refused("{ " CUSTOM ", \"privacy\": \"opportunistic\", \"on_miss\": [ "
			  "\"network\", \"network\" ] }",
	    1, "/on_miss/1: \"network\" is listed twice"));
	CU_ASSERT(refused("{ " CUSTOM ", \"privacy\": \"opportunistic\", \"on_miss\": [ "
			  "\"providers\", \"recurse\", \"network\" ] }",
	    1,
	    "/on_miss/1: \"recurse\" stands between two that are asked; write it first or last"));
}

static void
no_provider_is_needed_where_none_is_asked(void)
{
	struct policy *p = load("{ \"providers\": { \"catalogue\": null }, \"privacy\": "
				"\"opportunistic\", \"on_miss\": [ \"network\" ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nproviders, 0);
	CU_ASSERT(network_may_be_asked(p));
	policy_free(p);
}

static void
names_of_time_servers_have_a_default_but_not_in_strict(void)
{
	struct name debian;
	struct policy *p = load("{ " CUSTOM " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL_FATAL(p->network.ntime_names, 1);
	name_from_text(&debian, "pool.ntp.org");
	CU_ASSERT(name_equal(&p->network.time_names[0], &debian));
	CU_ASSERT(network_may_be_asked(p));
	policy_free(p);
	p = load("{ " CUSTOM ", \"ntp_names\": [] }");
	CU_ASSERT_FALSE(network_may_be_asked(p));
	policy_free(p);
	p = load("{ " CUSTOM ", \"privacy\": \"strict\" }");
	CU_ASSERT_EQUAL(p->network.ntime_names, 0);
	CU_ASSERT_FALSE(network_may_be_asked(p));
	policy_free(p);
	CU_ASSERT(refused(
	    "{ " CUSTOM ", \"privacy\": \"strict\",\n\"ntp_names\": [ \"time.example\" ] }", 1,
	    "test.json:2: /ntp_names: lets names of time servers be asked in plaintext, which "
	    "privacy \"strict\" does not allow; leave it out"));
	CU_ASSERT(refused("{ " CUSTOM ", \"ntp_names\": [ \"192.0.2.0/24\" ] }", 1,
	    "/ntp_names/0: \"192.0.2.0/24\" is not a domain"));
}

static void
one_of_the_network_s_resolvers_is_a_plain_upstream(void)
{
	struct upstream_spec spec;
	struct addr addr;

	CU_ASSERT_EQUAL(addr_from_text(&addr, "2001:db8::53", 53), 0);
	CU_ASSERT_EQUAL_FATAL(network_spec(&addr, &spec), 0);
	CU_ASSERT_STRING_EQUAL(spec.name, "network 2001:db8::53");
	CU_ASSERT_EQUAL(spec.scheme, SCHEME_DNS);
	CU_ASSERT(spec.network && !spec.split);
	CU_ASSERT_EQUAL(spec.naddresses, 1);
	CU_ASSERT(addr_equal(&spec.addresses[0], &addr));
	upstream_spec_clear(&spec);
}

static const struct unit_case cases[] = {
	{ "files are taken in their order", files_are_taken_in_their_order },
	{ "managers of networks come before the system's file",
	    managers_of_networks_come_before_the_system_s_file },
	{ "none means that nobody is looked for", none_means_that_nobody_is_looked_for },
	{ "a path is absolute, and there are eight at most", a_path_is_absolute },
	{ "the network is a step of opportunistic privacy alone",
	    the_network_is_a_step_of_opportunistic_privacy_alone },
	{ "no provider is needed where none is asked", no_provider_is_needed_where_none_is_asked },
	{ "names of time servers have a default, but not in strict",
	    names_of_time_servers_have_a_default_but_not_in_strict },
	{ "one of the network's resolvers is a plain upstream",
	    one_of_the_network_s_resolvers_is_a_plain_upstream },
};

UNIT_MAIN("network", cases)
