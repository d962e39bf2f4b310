#include "tests/unit/unit.h"

#include "policy/dns64.h"
#include "tests/unit/policy/load.h"

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
		"10.0.0.0/32", "::ffff:0:0/96", "fe80::/64", "ff0e::/96", "2001:db8:0:0:100::/96",
		"64:ff9b::1/96", "nat64" };
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_EQUAL(dns64_from_text(&prefix, bad[i], &why), -EINVAL);
	}
}

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"
#define CONFIG(more) "{ " PUBLIC ", " more " }"

/* The prefix that names get addresses in, as text; "none". */
static const char *
in_force(const char *config, const char *nat64, bool ipv4)
{
	struct netview netview = { .ipv4 = ipv4 };
	struct policy *p = load(config);
	static char text[INET6_ADDRSTRLEN];
	const struct prefix *prefix;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	if (nat64)
		CU_ASSERT_EQUAL_FATAL(dns64_from_text(&netview.nat64, nat64, &why), 0);
	prefix = dns64_prefix(p, &netview);
	snprintf(text, sizeof(text), "none");
	if (prefix)
		inet_ntop(AF_INET6, prefix->ip, text, sizeof(text));
	policy_free(p);
	return text;
}

static void
by_itself_it_is_for_networks_without_ipv4(void)
{
	static const char *const configs[] = { "{ " PUBLIC " }", CONFIG("\"dns64\": \"auto\""),
		CONFIG("\"nat64\": \"auto\"") };

	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		CU_ASSERT_STRING_EQUAL(in_force(configs[i], "64:ff9b::/96", false), "64:ff9b::");
		CU_ASSERT_STRING_EQUAL(in_force(configs[i], "64:ff9b::/96", true), "none");
		CU_ASSERT_STRING_EQUAL(in_force(configs[i], NULL, false), "none");
	}
}

static void
the_person_may_want_it_always_or_never(void)
{
	CU_ASSERT_STRING_EQUAL(
	    in_force(CONFIG("\"dns64\": \"always\""), "64:ff9b::/96", true), "64:ff9b::");
	CU_ASSERT_STRING_EQUAL(in_force(CONFIG("\"dns64\": \"always\""), NULL, true), "none");
	CU_ASSERT_STRING_EQUAL(
	    in_force(CONFIG("\"dns64\": \"never\""), "64:ff9b::/96", false), "none");
	/* The filter takes away what it would make. */
	CU_ASSERT_STRING_EQUAL(
	    in_force(CONFIG("\"filter\": \"AAAA\""), "64:ff9b::/96", false), "none");
	CU_ASSERT_PTR_NULL(load(CONFIG("\"filter\": \"AAAA\", \"dns64\": \"always\"")));
	CU_ASSERT_PTR_NULL(load(CONFIG("\"dns64\": \"64:ff9b::/96\"")));
}

static void
the_prefix_is_learnt_or_written_or_not_used(void)
{
	struct policy *p = load("{ " PUBLIC " }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(p->nat64_learnt && !p->nat64.family);
	policy_free(p);
	p = load(CONFIG("\"nat64\": \"2001:db8:122:344::/64\""));
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(!p->nat64_learnt && p->nat64.family == AF_INET6 && p->nat64.bits == 64);
	policy_free(p);
	p = load(CONFIG("\"nat64\": null"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(!p->nat64_learnt && !p->nat64.family);
	policy_free(p);
	CU_ASSERT_PTR_NULL(load(CONFIG("\"nat64\": \"64:ff9b::/95\"")));
	CU_ASSERT_PTR_NULL(load(CONFIG("\"nat64\": \"always\"")));
}

/* The prefix that those addresses of ipv4only.arpa tell of, as text. */
static const char *
discovered(size_t n, const char *const *texts)
{
	static char out[INET6_ADDRSTRLEN + 8];
	char text[INET6_ADDRSTRLEN];
	uint8_t ips[4][16];
	struct prefix prefix;

	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, texts[i], ips[i]), 1);
	if (!dns64_discover((const uint8_t(*)[16])ips, n, &prefix))
		return "none";
	snprintf(out, sizeof(out), "%s/%u", inet_ntop(AF_INET6, prefix.ip, text, sizeof(text)),
	    prefix.bits);
	return out;
}

#define DISCOVERED(...)                                                           \
	discovered(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), \
	    (const char *const[]){ __VA_ARGS__ })

static void
the_well_known_addresses_tell_the_prefix(void)
{
	CU_ASSERT_STRING_EQUAL(DISCOVERED("64:ff9b::c000:aa", "64:ff9b::c000:ab"), "64:ff9b::/96");
	/* RFC 6052 section 2.2: each length */
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:c000:aa::"), "2001:db8::/32");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:1c0:0:aa::"), "2001:db8:100::/40");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:122:c000:0:ab00::"), "2001:db8:122::/48");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:122:3c0:0:aa::"), "2001:db8:122:300::/56");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:122:344:c0:0:aa00:0"), "2001:db8:122:344::/64");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:122:344::c000:ab"), "2001:db8:122:344::/96");
}

static void
the_prefix_that_both_addresses_tell_goes_first(void)
{
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:bad::c000:aa", "64:ff9b::c000:aa",
				   "2001:db8:bad::c000:aa", "64:ff9b::c000:ab"),
	    "64:ff9b::/96");
}

static void
other_addresses_tell_nothing(void)
{
	CU_ASSERT_STRING_EQUAL(discovered(0, NULL), "none");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8::1", "64:ff9b::c000:a9"), "none");
	/* something behind the address; reserved bits; loopback, mapped, multicast and link-local ones */
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:c000:aa::1"), "none");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("2001:db8:1c0:0:1aa::"), "none");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("::c000:aa", "::ffff:192.0.0.170"), "none");
	CU_ASSERT_STRING_EQUAL(DISCOVERED("ff02::c000:aa", "fe80::c000:aa"), "none");
}

static const struct unit_case cases[] = {
	{ "addresses stand where RFC 6052 has them", addresses_stand_where_they_belong },
	{ "private addresses have no place in the well-known prefix",
	    private_addresses_have_no_place_in_the_well_known_prefix },
	{ "reverse names lead to IPv4 ones", reverse_names_lead_to_ipv4_ones },
	{ "other prefixes are refused", other_prefixes_are_refused },
	{ "by itself it is for networks without IPv4", by_itself_it_is_for_networks_without_ipv4 },
	{ "the person may want it always, or never", the_person_may_want_it_always_or_never },
	{ "the prefix is learnt, or written, or not used",
	    the_prefix_is_learnt_or_written_or_not_used },
	{ "the well-known addresses tell the prefix", the_well_known_addresses_tell_the_prefix },
	{ "the prefix that both addresses tell goes first",
	    the_prefix_that_both_addresses_tell_goes_first },
	{ "other addresses tell nothing", other_addresses_tell_nothing },
};

UNIT_MAIN("policy/dns64", cases)
