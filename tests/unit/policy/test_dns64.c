#include "tests/unit/unit.h"

#include "policy/dns64.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static struct why why;

static const char *
embedded(const char *prefix_text, const char *ip4_text)
{
	static char text[INET6_ADDRSTRLEN];
	struct prefix prefix;
	uint8_t ip4[4], ip6[16];

	CU_ASSERT_EQUAL_FATAL(dns64_from_text(&prefix, prefix_text, &why), 0);
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, ip4_text, ip4), 1);
	if (!dns64_embed(&prefix, ip4, ip6))
		return "none";
	return inet_ntop(AF_INET6, ip6, text, sizeof(text));
}

/* The table of RFC 6052 section 2.4. */
static void
addresses_stand_where_they_belong(void)
{
	CU_ASSERT_STRING_EQUAL(embedded("2001:db8::/32", "192.0.2.33"), "2001:db8:c000:221::");
	CU_ASSERT_STRING_EQUAL(embedded("2001:db8:100::/40", "192.0.2.33"), "2001:db8:1c0:2:21::");
	CU_ASSERT_STRING_EQUAL(
	    embedded("2001:db8:122::/48", "192.0.2.33"), "2001:db8:122:c000:2:2100::");
	CU_ASSERT_STRING_EQUAL(
	    embedded("2001:db8:122:300::/56", "192.0.2.33"), "2001:db8:122:3c0:0:221::");
	CU_ASSERT_STRING_EQUAL(
	    embedded("2001:db8:122:344::/64", "192.0.2.33"), "2001:db8:122:344:c0:2:2100:0");
	CU_ASSERT_STRING_EQUAL(
	    embedded("2001:db8:122:344::/96", "192.0.2.33"), "2001:db8:122:344::c000:221");
	CU_ASSERT_STRING_EQUAL(embedded("64:ff9b::/96", "192.0.2.33"), "64:ff9b::c000:221");
}

static void
private_addresses_have_no_place_in_the_well_known_prefix(void)
{
	CU_ASSERT_STRING_EQUAL(embedded("64:ff9b::/96", "10.1.2.3"), "none");
	CU_ASSERT_STRING_EQUAL(embedded("64:ff9b::/96", "127.0.0.1"), "none");
	CU_ASSERT_STRING_EQUAL(embedded("2001:db8:1::/96", "10.1.2.3"), "2001:db8:1::a01:203");
}

static const char *
reversed(const char *prefix_text, const char *ip6_text)
{
	static char text[NAME_TEXT_MAX];
	struct prefix prefix;
	struct name name, out;
	uint8_t ip6[16];

	CU_ASSERT_EQUAL_FATAL(dns64_from_text(&prefix, prefix_text, &why), 0);
	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, ip6_text, ip6), 1);
	name_reverse(AF_INET6, ip6, 128, &name);
	return dns64_reverse(&prefix, &name, &out) ? name_to_text(&out, text) : "none";
}

static void
reverse_names_lead_to_ipv4_ones(void)
{
	static const char *const prefixes[] = { "2001:db8::/32", "2001:db8:100::/40",
		"2001:db8:122::/48", "2001:db8:122:300::/56", "2001:db8:122:344::/64",
		"2001:db8:122:344::/96", "64:ff9b::/96" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		CU_ASSERT_STRING_EQUAL(reversed(prefixes[i], embedded(prefixes[i], "192.0.2.33")),
		    "33.2.0.192.in-addr.arpa.");
	}
	CU_ASSERT_STRING_EQUAL(reversed("64:ff9b::/96", "64:ff9c::c000:221"), "none");
	CU_ASSERT_STRING_EQUAL(reversed("64:ff9b::/96", "64:ff9b::a01:203"), "none");
	CU_ASSERT_STRING_EQUAL(reversed("2001:db8::/32", "2001:db8:c000:221::1"), "none");
}

static void
other_prefixes_are_refused(void)
{
	static const char *const bad[] = { "64:ff9b::", "64:ff9b::/95", "64:ff9b::/128",
		"10.0.0.0/32", "2001:db8:0:0:100::/96", "64:ff9b::1/96", "nat64" };
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_EQUAL(dns64_from_text(&prefix, bad[i], &why), -EINVAL);
	}
}

static const struct unit_case cases[] = {
	{ "addresses stand where RFC 6052 has them", addresses_stand_where_they_belong },
	{ "private addresses have no place in the well-known prefix",
	    private_addresses_have_no_place_in_the_well_known_prefix },
	{ "reverse names lead to IPv4 ones", reverse_names_lead_to_ipv4_ones },
	{ "other prefixes are refused", other_prefixes_are_refused },
};

UNIT_MAIN("policy/dns64", cases)
