#include "tests/unit/unit.h"

#include "policy/addr.h"

#include <errno.h>
#include <string.h>

static void
text_goes_both_ways(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1:53" },
		{ "192.0.2.1:5353", "192.0.2.1:5353" },
		{ "2001:db8::1", "[2001:db8::1]:53" },
		{ "[2001:db8::1]", "[2001:db8::1]:53" },
		{ "[2001:DB8::1]:853", "[2001:db8::1]:853" },
		{ "fe80::1%1", "[fe80::1%1]:53" },
		{ "[fe80::1%1]:853", "[fe80::1%1]:853" },
	};
	char text[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CU_ASSERT_EQUAL_FATAL(addr_from_text(&a, rows[i].in, 53), 0);
		CU_ASSERT_STRING_EQUAL(addr_to_text(&a, text), rows[i].out);
	}
	CU_ASSERT_EQUAL(addr_from_text(&a, "fe80::1%lo", 53), 0);
	CU_ASSERT_EQUAL(a.scope, 1);
}

static void
what_is_no_address_is_refused_and_the_output_is_untouched(void)
{
	static const char *const bad[] = { "", "dns.example", "192.0.2",
		"192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:5x", "192.0.2.1 ",
		"[192.0.2.1]:53", "[2001:db8::1", "[2001:db8::1]53", "2001:db8::1::2", "fe80::1%",
		"fe80::1%no-such-link", ":53", "[]", "1.2.3.4:+5", "[]:53" };
	struct addr a = { .family = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(addr_from_text(&a, bad[i], 53), -EINVAL);
	CU_ASSERT_EQUAL(a.family, 77);
}

static void
socket_addresses_go_both_ways(void)
{
	static const char *const texts[] = { "192.0.2.1:53", "[fe80::1%1]:853" };
	struct sockaddr_storage ss;
	struct addr a, b;

	for (size_t i = 0; i < 2; i++) {
		addr_from_text(&a, texts[i], 0);
		CU_ASSERT(addr_to_sockaddr(&a, &ss) > 0);
		addr_from_sockaddr(&b, (struct sockaddr *)&ss);
		CU_ASSERT(addr_equal(&a, &b));
	}
}

static void
the_port_makes_a_difference_but_not_another_host(void)
{
	struct addr a, b;

	addr_from_text(&a, "192.0.2.1:53", 0);
	addr_from_text(&b, "192.0.2.1:54", 0);
	CU_ASSERT_FALSE(addr_equal(&a, &b));
	CU_ASSERT(addr_same_host(&a, &b));
	addr_from_text(&b, "192.0.2.2:53", 0);
	CU_ASSERT_FALSE(addr_same_host(&a, &b));
}

static void
loopback_is_known_in_both_families(void)
{
	static const char *const yes[] = { "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1" };
	static const char *const no[] = { "128.0.0.1", "::2", "::ffff:10.0.0.1", "fe80::1" };
	struct addr a;

	for (size_t i = 0; i < 4; i++) {
		addr_from_text(&a, yes[i], 0);
		CU_ASSERT(addr_is_loopback(&a));
		addr_from_text(&a, no[i], 0);
		CU_ASSERT_FALSE(addr_is_loopback(&a));
	}
}

static void
lists_are_equal_in_the_same_order_alone(void)
{
	struct addr a[3], b[2];

	addr_from_text(&a[0], "192.0.2.1", 53);
	addr_from_text(&a[1], "192.0.2.1:5353", 53);
	addr_from_text(&a[2], "2001:db8::1", 53);
	b[0] = a[1];
	b[1] = a[0];
	CU_ASSERT(addr_among(&a[1], a, 2));
	CU_ASSERT(!addr_among(&a[2], a, 2));
	CU_ASSERT(!addr_among(&a[0], a, 0));
	CU_ASSERT(addrs_equal(a, 3, a, 3));
	CU_ASSERT(!addrs_equal(a, 3, a, 2));
	CU_ASSERT(!addrs_equal(a, 2, b, 2));
	CU_ASSERT(addrs_equal(a, 0, b, 0));
}

static void
the_unspecified_addresses_are_known(void)
{
	static const char *const texts[] = { "0.0.0.0:53", "[::]:53", "0.0.0.1", "::1" };
	struct addr a;

	for (size_t i = 0; i < 4; i++) {
		addr_from_text(&a, texts[i], 53);
		CU_ASSERT_EQUAL(addr_is_unspecified(&a), i < 2);
	}
}

static const struct unit_case cases[] = {
	{ "text goes both ways", text_goes_both_ways },
	{ "what is no address is refused and the output is untouched",
	    what_is_no_address_is_refused_and_the_output_is_untouched },
	{ "socket addresses go both ways", socket_addresses_go_both_ways },
	{ "the port makes a difference but not another host",
	    the_port_makes_a_difference_but_not_another_host },
	{ "loopback is known in both families", loopback_is_known_in_both_families },
	{ "lists are equal in the same order alone", lists_are_equal_in_the_same_order_alone },
	{ "the unspecified addresses are known", the_unspecified_addresses_are_known },
};

UNIT_MAIN("policy/addr", cases)
