#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"
#define TLS "\"certificate\": \"/c.pem\", \"key\": \"/k.pem\""

static void
nothing_is_served_by_default(void)
{
	struct policy *p = load("{ " PUBLIC " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->doh.nlisten, 0);
	CU_ASSERT_STRING_EQUAL(p->doh.path, "/dns-query");
	CU_ASSERT_PTR_NULL(p->doh.certificate);
	policy_free(p);
}

static void
loopback_needs_no_certificate(void)
{
	struct policy *p = load("{ " PUBLIC ", \"doh\": { \"listen\": [ \"127.0.0.1:8053\", "
				"\"::1\" ], \"path\": \"/q\" } }");
	struct addr addr;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL_FATAL(p->doh.nlisten, 2);
	CU_ASSERT_EQUAL(p->doh.listen[0].port, 8053);
	CU_ASSERT_EQUAL(p->doh.listen[1].port, 443);
	CU_ASSERT_STRING_EQUAL(p->doh.path, "/q");
	addr_from_text(&addr, "[::1]:443", 0);
	CU_ASSERT_TRUE(doh_listens(&p->doh, &addr));
	addr.port = 53;
	CU_ASSERT_FALSE(doh_listens(&p->doh, &addr));
	policy_free(p);
}

static void
private_networks_are_served_with_one(void)
{
	struct policy *p =
	    load("{ " PUBLIC ", \"doh\": { \"listen\": [ \"192.168.1.2\", "
		 "\"10.0.0.1:8443\", \"[fd00::2]:443\", \"100.64.0.2\" ], " TLS " } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->doh.nlisten, 4);
	CU_ASSERT_STRING_EQUAL(p->doh.certificate, "/c.pem");
	CU_ASSERT_STRING_EQUAL(p->doh.key, "/k.pem");
	policy_free(p);
}

static void
what_cannot_be_served_is_refused_and_why(void)
{
	static const char *const rows[][2] = {
		{ "\"listen\": [ \"192.0.2.1\" ], " TLS,
		    "/doh/listen/0: \"192.0.2.1\" is an address of the internet" },
		{ "\"listen\": [ \"2001:db8::1\" ], " TLS, "is an address of the internet" },
		{ "\"listen\": [ \"0.0.0.0:443\" ], " TLS, "is every address of this machine" },
		{ "\"listen\": [ \"[::]:443\" ], " TLS, "is every address of this machine" },
		{ "\"listen\": [ \"192.168.1.2\" ]",
		    "/doh/listen/0: 192.168.1.2:443 is beyond this machine" },
		{ "\"listen\": [ \"127.0.0.1\", \"127.0.0.1:443\" ]", "/doh/listen/1: "
								      "127.0.0.1:443 is listed "
								      "twice" },
		{ "\"listen\": [ \"127.0.0.53:53\" ]", "or in \"listen\" as well" },
		{ "\"certificate\": \"/c.pem\"", "/doh/certificate: has no key" },
		{ "\"key\": \"/k.pem\"", "/doh/key: has no certificate" },
		{ "\"path\": \"dns-query\"", "/doh/path: is not a path" },
		{ "\"path\": \"/q?x\"", "/doh/path: is not a path" },
	};
	char json[400];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(json, sizeof(json), "{ " PUBLIC ", \"doh\": { %s } }", rows[i][0]);
		CU_ASSERT(refused(json, 1, rows[i][1]));
	}
}

static void
stubd_is_no_provider_of_its_own(void)
{
	CU_ASSERT(
	    refused("{ \"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", "
		    "\"url\": \"https://localhost.example:8443/q\", \"addresses\": [ "
		    "\"127.0.0.1:8443\" ] } ] }, \"doh\": { \"listen\": [ \"127.0.0.1:8443\" ] } }",
		1, "at which stubd itself listens"));
}

static const struct unit_case cases[] = {
	{ "no DoH is served by default", nothing_is_served_by_default },
	{ "loopback needs no certificate", loopback_needs_no_certificate },
	{ "private networks are served with one", private_networks_are_served_with_one },
	{ "what cannot be served is refused, and why", what_cannot_be_served_is_refused_and_why },
	{ "stubd is no provider of its own", stubd_is_no_provider_of_its_own },
};

UNIT_MAIN("policy/doh", cases)
