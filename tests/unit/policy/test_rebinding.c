#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#include "policy/rebinding.h"

#include <arpa/inet.h>

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"

static bool
is_private(const char *text)
{
	uint8_t ip[16];

	if (inet_pton(AF_INET, text, ip) == 1)
		return rebinding_private4(ip);
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, ip), 1);
	return rebinding_private6(ip);
}

static void
private_addresses_are_known(void)
{
	static const char *const yes[] = { "0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255",
		"100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.168.0.1", "255.255.255.255", "::", "::1",
		"fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "::ffff:10.0.0.1",
		"::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::192.168.0.1", "64:ff9b:1::8.8.8.8",
		"64:ff9b:1:808:8:800::" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		CU_ASSERT(is_private(yes[i]));
	}
}

static void
their_neighbours_are_public(void)
{
	static const char *const no[] = { "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "192.0.2.1",
		"255.255.255.254", "2001:db8::1", "fbff::1", "fe00::1", "ff02::1",
		"::ffff:192.0.2.1", "64:ff9b::192.0.2.1", "64:ff9b:2::10.0.0.1" };

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		CU_ASSERT_FALSE(is_private(no[i]));
	}
}

static bool
forbids(const struct policy *p, enum view_kind view, const char *text)
{
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_from_text(&name, text), 0);
	return rebinding_forbids(p, view, &name);
}

static void
public_names_only_and_not_the_excepted(void)
{
	struct policy *p = load("{ " PUBLIC ", \"rebinding\": { \"block\": true, \"except\": "
				"[ \"home.example.net\", \"dnsbl.example\" ] } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(forbids(p, VIEW_PROVIDERS, "www.example.com"));
	CU_ASSERT(forbids(p, VIEW_PROVIDERS, "example.net"));
	CU_ASSERT(forbids(p, VIEW_PROVIDERS, "nothome.example.net"));
	CU_ASSERT_FALSE(forbids(p, VIEW_PROVIDERS, "home.example.net"));
	CU_ASSERT_FALSE(forbids(p, VIEW_PROVIDERS, "2.0.0.127.dnsbl.example"));
	CU_ASSERT_FALSE(forbids(p, VIEW_SPLIT, "www.example.com"));
	CU_ASSERT_FALSE(forbids(p, VIEW_LOCAL, "www.example.com"));
	p = policy_free(p);
	p = load("{ " PUBLIC " }");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_FALSE(forbids(p, VIEW_PROVIDERS, "www.example.com"));
	policy_free(p);
}

static const struct unit_case cases[] = {
	{ "private addresses are known, in IPv6 too", private_addresses_are_known },
	{ "their neighbours are public", their_neighbours_are_public },
	{ "public names only are forbidden them, and not those excepted",
	    public_names_only_and_not_the_excepted },
};

UNIT_MAIN("policy/rebinding", cases)
