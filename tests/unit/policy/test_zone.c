#include "tests/unit/unit.h"

#include "policy/zone.h"
#include "tests/unit/policy/load.h"

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"

static struct policy *policy;

static void
set_up(void)
{
	policy = policy ? policy : load("{ " PUBLIC " }");
	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
}

static bool
is_public(const char *name, uint16_t type)
{
	set_up();
	return view_of(policy, name, type).kind == VIEW_PROVIDERS;
}

static bool
is_local(const char *name, uint16_t type, enum local_kind kind)
{
	struct view v;

	set_up();
	v = view_of(policy, name, type);
	return v.kind == VIEW_LOCAL && v.id == 0 && v.rule == -1 && v.local.kind == kind;
}

static void
localhost_and_below_is_loopback(void)
{
	struct view v;

	CU_ASSERT(is_local("localhost", TYPE_A, LOCAL_ADDRESSES));
	CU_ASSERT(is_local("a.b.LocalHost", TYPE_AAAA, LOCAL_ADDRESSES));
	CU_ASSERT(is_local("localhost", TYPE_MX, LOCAL_NODATA));
	v = view_of(policy, "x.localhost", TYPE_A);
	CU_ASSERT_EQUAL(v.local.naddresses, 1);
	CU_ASSERT_EQUAL(memcmp(v.local.addresses[0], "\x7f\0\0\1", 4), 0);
	CU_ASSERT_STRING_EQUAL(v.owner, "localhost.");
	CU_ASSERT_STRING_EQUAL(v.why, "RFC 6761: localhost");
	CU_ASSERT(is_public("notlocalhost.example", TYPE_A));
}

static void
names_that_cannot_be_are_nxdomain(void)
{
	static const char *const names[] = { "test", "a.test", "invalid", "x.invalid", "onion",
		"abc.onion", "alt", "x.alt", "local", "printer.local", "home.arpa", "nas.home.arpa",
		"_gateway" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CU_ASSERT(is_local(names[i], TYPE_A, LOCAL_NXDOMAIN));
		CU_ASSERT(is_local(names[i], TYPE_TXT, LOCAL_NXDOMAIN));
	}
	CU_ASSERT(is_public("test.example", TYPE_A));
}

static void
the_ds_of_home_arpa_is_public(void)
{
	CU_ASSERT(is_public("home.arpa", TYPE_DS));
	CU_ASSERT(is_local("nas.home.arpa", TYPE_DS, LOCAL_NXDOMAIN));
}

static void
resolver_arpa_is_never_forwarded(void)
{
	CU_ASSERT(is_local("resolver.arpa", TYPE_SOA, LOCAL_NODATA));
	CU_ASSERT(is_local("_dns.resolver.arpa", TYPE_SVCB, LOCAL_NODATA));
}

static void
ipv4only_arpa_has_its_well_known_addresses(void)
{
	struct view v;

	CU_ASSERT(is_local("ipv4only.arpa", TYPE_AAAA, LOCAL_NODATA));
	CU_ASSERT(is_local("x.ipv4only.arpa", TYPE_A, LOCAL_NXDOMAIN));
	CU_ASSERT(is_local("ipv4only.arpa", TYPE_A, LOCAL_ADDRESSES));
	v = view_of(policy, "ipv4only.arpa", TYPE_A);
	CU_ASSERT_EQUAL(v.local.naddresses, 2);
	CU_ASSERT_EQUAL(memcmp(v.local.addresses[1], "\xc0\0\0\xab", 4), 0);
}

static void
private_reverse_zones_stay_here(void)
{
	static const char *const names[] = { "1.2.3.10.in-addr.arpa", "9.31.172.in-addr.arpa",
		"1.1.168.192.in-addr.arpa", "9.254.169.in-addr.arpa", "1.127.100.in-addr.arpa",
		"9.2.0.192.in-addr.arpa", "1.a.e.f.ip6.arpa", "1.d.f.ip6.arpa",
		"9.8.b.d.0.1.0.0.2.ip6.arpa" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CU_ASSERT(is_local(names[i], TYPE_PTR, LOCAL_NXDOMAIN));
	CU_ASSERT(is_local("10.in-addr.arpa", TYPE_SOA, LOCAL_NODATA));
	CU_ASSERT(is_local("255.255.255.255.in-addr.arpa", TYPE_PTR, LOCAL_NODATA));
	CU_ASSERT(is_public("1.32.172.in-addr.arpa", TYPE_PTR));
	CU_ASSERT(is_public("1.128.100.in-addr.arpa", TYPE_PTR));
	CU_ASSERT(is_public("8.8.8.8.in-addr.arpa", TYPE_PTR));
	CU_ASSERT(is_public("1.c.f.ip6.arpa", TYPE_PTR));
}

static void
the_loopback_addresses_are_named_localhost(void)
{
	struct view v;
	char text[NAME_TEXT_MAX];

	CU_ASSERT(is_local("1.0.0.127.in-addr.arpa", TYPE_PTR, LOCAL_PTR));
	v = view_of(policy, "1.0.0.127.in-addr.arpa", TYPE_PTR);
	CU_ASSERT_STRING_EQUAL(name_to_text(&v.local.ptr, text), "localhost.");
	CU_ASSERT(is_local("0.0.127.in-addr.arpa", TYPE_PTR, LOCAL_NODATA));
	CU_ASSERT(is_local("2.0.0.127.in-addr.arpa", TYPE_PTR, LOCAL_NXDOMAIN));
	CU_ASSERT(
	    is_local("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
		TYPE_PTR, LOCAL_PTR));
}

static void
addresses_of_one_label_are_local_and_the_rest_of_it_is_public(void)
{
	CU_ASSERT(is_local("printer", TYPE_A, LOCAL_NXDOMAIN));
	CU_ASSERT(is_local("com", TYPE_AAAA, LOCAL_NXDOMAIN));
	CU_ASSERT(is_local("printer", TYPE_HTTPS, LOCAL_NXDOMAIN));
	CU_ASSERT(is_public("com", TYPE_NS));
	CU_ASSERT(is_public("com", TYPE_DS));
	CU_ASSERT(is_public(".", TYPE_NS));
	CU_ASSERT(is_public(".", TYPE_A));
	CU_ASSERT(is_public("use-application-dns.net", TYPE_A));
}

static void
the_machines_own_name_is_loopback(void)
{
	struct netview netview = { .nlinks = 0 };
	struct question q = ask("Laptop.home.example", TYPE_A);
	struct view v;

	set_up();
	name_from_text(&netview.hostname, "laptop.home.example");
	policy_view(policy, &q, &netview, &v);
	CU_ASSERT_EQUAL(v.kind, VIEW_LOCAL);
	CU_ASSERT_EQUAL(v.local.kind, LOCAL_ADDRESSES);
	CU_ASSERT_EQUAL(memcmp(v.local.addresses[0], "\x7f\0\0\2", 4), 0);
	q = ask("x.laptop.home.example", TYPE_A);
	policy_view(policy, &q, &netview, &v);
	CU_ASSERT_EQUAL(v.kind, VIEW_PROVIDERS);
}

static void
a_rule_goes_before_a_special_use_name(void)
{
	struct policy *p = load(
	    "{ " PUBLIC ", \"split\": [ { \"domains\": [ \"home.arpa\", \"lan\", \"10.0.0.0/8\", "
	    "\"arpa\" ], \"servers\": [ \"192.168.1.1\" ] } ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(view_of(p, "nas.home.arpa", TYPE_A).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "home.arpa", TYPE_DS).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "lan", TYPE_A).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "1.2.3.10.in-addr.arpa", TYPE_PTR).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "1.1.168.192.in-addr.arpa", TYPE_PTR).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "x.local", TYPE_A).kind, VIEW_LOCAL);
	policy_free(p);
}

static void
a_rule_for_the_root_leaves_special_names_alone(void)
{
	struct policy *p =
	    load("{ " PUBLIC ", \"split\": [ { \"domains\": [ \".\" ], \"servers\": [ "
		 "\"10.0.0.1\" ] } ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(view_of(p, "www.example", TYPE_A).kind, VIEW_SPLIT);
	CU_ASSERT_EQUAL(view_of(p, "localhost", TYPE_A).kind, VIEW_LOCAL);
	CU_ASSERT_EQUAL(view_of(p, "x.onion", TYPE_A).kind, VIEW_LOCAL);
	policy_free(p);
	policy = policy_free(policy);
}

static void
every_zone_has_its_name_told(void)
{
	static const char *const some[] = { "onion", "home.arpa", "10.in-addr.arpa",
		"127.100.in-addr.arpa", "d.f.ip6.arpa" };
	unsigned found = 0, n = 0;
	struct name name, wanted;

	set_up();
	for (; zone_name(n, &name); n++) {
		char text[NAME_TEXT_MAX];
		struct view v = view_of(policy, name_to_text(&name, text), TYPE_MX);

		CU_ASSERT_EQUAL(v.kind, VIEW_LOCAL);
		for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
			name_from_text(&wanted, some[i]);
			found += name_equal(&name, &wanted);
		}
	}
	CU_ASSERT_EQUAL(found, sizeof(some) / sizeof(*some));
	CU_ASSERT(n > 90);
	CU_ASSERT(!zone_name(n + 1, &name));
}

static const struct unit_case cases[] = {
	{ "localhost and below is loopback", localhost_and_below_is_loopback },
	{ "names that cannot be are NXDOMAIN", names_that_cannot_be_are_nxdomain },
	{ "the DS of home.arpa is public", the_ds_of_home_arpa_is_public },
	{ "resolver.arpa is never forwarded", resolver_arpa_is_never_forwarded },
	{ "ipv4only.arpa has its well-known addresses",
	    ipv4only_arpa_has_its_well_known_addresses },
	{ "private reverse zones stay here", private_reverse_zones_stay_here },
	{ "the loopback addresses are named localhost",
	    the_loopback_addresses_are_named_localhost },
	{ "addresses of one label are local and the rest of it is public",
	    addresses_of_one_label_are_local_and_the_rest_of_it_is_public },
	{ "the machine's own name is loopback", the_machines_own_name_is_loopback },
	{ "a rule goes before a special-use name", a_rule_goes_before_a_special_use_name },
	{ "a rule for the root leaves special names alone",
	    a_rule_for_the_root_leaves_special_names_alone },
	{ "every zone has its name told", every_zone_has_its_name_told },
};

UNIT_MAIN("policy/zone", cases)
