#include "tests/unit/unit.h"

#include "policy/prefix.h"

#include <errno.h>
#include <string.h>

static struct why why;

static const char *
zone(const char *text, size_t i, size_t *n)
{
	static char out[NAME_TEXT_MAX];
	struct prefix prefix;
	struct name name;

	CU_ASSERT_EQUAL_FATAL(prefix_from_text(&prefix, text, &why), 0);
	*n = prefix_zones(&prefix);
	prefix_zone(&prefix, i < *n ? i : *n - 1, &name);
	return name_to_text(&name, out);
}

static void
a_prefix_at_a_label_is_one_zone(void)
{
	size_t n;

	CU_ASSERT_STRING_EQUAL(zone("10.7.0.0/16", 0, &n), "7.10.in-addr.arpa.");
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_STRING_EQUAL(zone("fd00::/8", 0, &n), "d.f.ip6.arpa.");
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_STRING_EQUAL(zone("0.0.0.0/0", 0, &n), "in-addr.arpa.");
	CU_ASSERT_STRING_EQUAL(zone("10.7.0.9/32", 0, &n), "9.0.7.10.in-addr.arpa.");
}

static void
other_prefixes_are_several_zones(void)
{
	size_t n;

	CU_ASSERT_STRING_EQUAL(zone("172.16.0.0/12", 0, &n), "16.172.in-addr.arpa.");
	CU_ASSERT_EQUAL(n, 16);
	CU_ASSERT_STRING_EQUAL(zone("172.16.0.0/12", 15, &n), "31.172.in-addr.arpa.");
	CU_ASSERT_STRING_EQUAL(zone("fe80::/10", 0, &n), "8.e.f.ip6.arpa.");
	CU_ASSERT_EQUAL(n, 4);
	CU_ASSERT_STRING_EQUAL(zone("fe80::/10", 3, &n), "b.e.f.ip6.arpa.");
	CU_ASSERT_STRING_EQUAL(zone("2001:db8:40::/42", 1, &n), "5.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
	CU_ASSERT_STRING_EQUAL(zone("2000::/3", 1, &n), "3.ip6.arpa.");
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_STRING_EQUAL(zone("192.0.2.128/25", 127, &n), "255.2.0.192.in-addr.arpa.");
	CU_ASSERT_EQUAL(n, PREFIX_ZONES_MAX);
}

static void
bad_prefixes_are_refused(void)
{
	static const char *const bad[] = { "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/8x",
		"fd00::/129", "/8", "[fd00::]/8", "10.0.0.0:53/8", "10.0.0.0/0008", "10/8" };
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(prefix_from_text(&prefix, bad[i], &why), -EINVAL);
}

static void
bits_behind_the_prefix_are_refused_with_the_mend(void)
{
	struct prefix prefix;

	CU_ASSERT_EQUAL(prefix_from_text(&prefix, "10.7.0.1/16", &why), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "write \"10.7.0.0/16\""));
}

static const struct unit_case cases[] = {
	{ "a prefix at a label is one zone", a_prefix_at_a_label_is_one_zone },
	{ "other prefixes are several zones", other_prefixes_are_several_zones },
	{ "bad prefixes are refused", bad_prefixes_are_refused },
	{ "bits behind the prefix are refused with the mend",
	    bits_behind_the_prefix_are_refused_with_the_mend },
};

UNIT_MAIN("policy/prefix", cases)
