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

static const struct unit_case cases[] = {
	{ "files are taken in their order", files_are_taken_in_their_order },
	{ "managers of networks come before the system's file",
	    managers_of_networks_come_before_the_system_s_file },
	{ "none means that nobody is looked for", none_means_that_nobody_is_looked_for },
	{ "a path is absolute, and there are eight at most", a_path_is_absolute },
};

UNIT_MAIN("network", cases)
