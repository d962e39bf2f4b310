#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"

static bool
admits(const struct policy *p, const char *text)
{
	struct addr addr;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(&addr, text, 53), 0);
	return clients_admit(&p->clients, &addr);
}

static void
the_networks_around_may_ask_by_default(void)
{
	struct policy *p = load("{ " PUBLIC " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(admits(p, "10.1.2.3"));
	CU_ASSERT(admits(p, "172.17.0.2"));
	CU_ASSERT(admits(p, "192.168.1.9"));
	CU_ASSERT(admits(p, "169.254.7.7"));
	CU_ASSERT(admits(p, "fd00::5"));
	CU_ASSERT(admits(p, "fe80::5"));
	CU_ASSERT(admits(p, "::ffff:10.1.2.3"));
	CU_ASSERT_FALSE(admits(p, "192.0.2.1"));
	CU_ASSERT_FALSE(admits(p, "100.64.0.1"));
	CU_ASSERT_FALSE(admits(p, "172.32.0.1"));
	CU_ASSERT_FALSE(admits(p, "2001:db8::1"));
	CU_ASSERT_FALSE(admits(p, "::ffff:192.0.2.1"));
	CU_ASSERT_EQUAL(p->clients.udp_size, 1232);
	CU_ASSERT_EQUAL(p->clients.queries, 200);
	CU_ASSERT_EQUAL(p->clients.rate, 200);
	policy_free(p);
}

static void
who_is_allowed_is_written(void)
{
	struct policy *p =
	    load("{ " PUBLIC ", \"allow\": [ \"192.0.2.128/25\", \"2001:db8::/32\" ], "
		 "\"limits\": { \"client_rate\": 0, \"udp_size\": 512 } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(admits(p, "192.0.2.128"));
	CU_ASSERT(admits(p, "192.0.2.255"));
	CU_ASSERT_FALSE(admits(p, "192.0.2.127"));
	CU_ASSERT(admits(p, "2001:db8:ffff::1"));
	CU_ASSERT_FALSE(admits(p, "10.1.2.3"));
	CU_ASSERT_EQUAL(p->clients.rate, 0);
	CU_ASSERT_EQUAL(p->clients.udp_size, 512);
	p = policy_free(p);
	p = load("{ " PUBLIC ", \"allow\": [] }");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_FALSE(admits(p, "10.1.2.3"));
	policy_free(p);
}

static void
what_is_no_prefix_is_refused(void)
{
	CU_ASSERT_PTR_NULL(load("{ " PUBLIC ", \"allow\": [ \"192.168.1.1\" ] }"));
	CU_ASSERT_PTR_NULL(load("{ " PUBLIC ", \"allow\": [ \"192.168.1.1/24\" ] }"));
	CU_ASSERT_PTR_NULL(load("{ " PUBLIC ", \"limits\": { \"udp_size\": 511 } }"));
	CU_ASSERT_PTR_NULL(load("{ " PUBLIC ", \"limits\": { \"client_queries\": 0 } }"));
}

static const struct unit_case cases[] = {
	{ "the networks around this machine may ask by default",
	    the_networks_around_may_ask_by_default },
	{ "who is allowed is what is written, and nobody else", who_is_allowed_is_written },
	{ "what is no prefix, or out of range, is refused", what_is_no_prefix_is_refused },
};

UNIT_MAIN("policy/clients", cases)
