#include "tests/unit/unit.h"

#include "policy/name.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static struct name
name(const char *text)
{
	struct name out = { .len = 0 };

	CU_ASSERT_EQUAL_FATAL(name_from_text(&out, text), 0);
	return out;
}

static const char *
text(const struct name *n)
{
	static char out[NAME_TEXT_MAX];

	return name_to_text(n, out);
}

static void
text_becomes_wire_in_lower_case(void)
{
	struct name n = name("WwW.Example.");

	CU_ASSERT_EQUAL(n.len, 13);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\3www\7example", 13), 0);
	n = name("www.example");
	CU_ASSERT_EQUAL(n.len, 13);
}

static void
the_root_is_one_octet(void)
{
	struct name n = name(".");

	CU_ASSERT_EQUAL(n.len, 1);
	CU_ASSERT_EQUAL(name_labels(&n), 0);
	CU_ASSERT_STRING_EQUAL(text(&n), ".");
}

static void
escapes_go_both_ways(void)
{
	struct name n = name("a\\.b\\032\\\\.x");

	CU_ASSERT_EQUAL(n.len, 9);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\5a.b \\\1x", 9), 0);
	CU_ASSERT_STRING_EQUAL(text(&n), "a\\.b\\032\\\\.x.");
	n = name("\\255\\000.");
	CU_ASSERT_STRING_EQUAL(text(&n), "\\255\\000.");
}

static void
bad_text_is_refused_and_the_output_is_untouched(void)
{
	static const char *const bad[] = { "", "..", ".a", "a..b", "a\\", "a\\25", "a\\256",
		"a\\2x5" };
	char label[80];
	struct name n = { .len = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(name_from_text(&n, bad[i]), -EINVAL);
	memset(label, 'a', 64);
	label[64] = '\0';
	CU_ASSERT_EQUAL(name_from_text(&n, label), -EINVAL);
	CU_ASSERT_EQUAL(n.len, 77);
	label[63] = '\0';
	CU_ASSERT_EQUAL(name_from_text(&n, label), 0);
}

static void
a_name_has_at_most_255_octets(void)
{
	char long_text[300];
	struct name n;

	/* 127 labels of one octet are 254 octets and the root. */
	for (size_t i = 0; i < 127; i++)
		memcpy(long_text + 2 * i, "a.", 2);
	long_text[254] = '\0';
	CU_ASSERT_EQUAL(name_from_text(&n, long_text), 0);
	CU_ASSERT_EQUAL(n.len, 255);
	CU_ASSERT_EQUAL(name_labels(&n), 127);
	strcpy(long_text + 253, "b.");
	CU_ASSERT_EQUAL(name_from_text(&n, long_text), -EINVAL);
}

static void
wire_is_read_in_canonical_form(void)
{
	static const uint8_t wire[] = "\3WWW\7example\0rest";
	struct name n;

	CU_ASSERT_EQUAL(name_from_wire(&n, wire, sizeof(wire)), 13);
	CU_ASSERT_STRING_EQUAL(text(&n), "www.example.");
	CU_ASSERT_EQUAL(name_from_wire(&n, wire, 12), -EINVAL);
	CU_ASSERT_EQUAL(name_from_wire(&n, wire, 0), -EINVAL);
}

static void
pointers_and_long_wire_are_refused(void)
{
	static const uint8_t pointer[] = { 1, 'a', 0xc0, 0 };
	uint8_t wire[300];
	struct name n;

	CU_ASSERT_EQUAL(name_from_wire(&n, pointer, sizeof(pointer)), -EINVAL);
	for (size_t i = 0; i < sizeof(wire); i += 2)
		memcpy(wire + i, "\1a", 2);
	CU_ASSERT_EQUAL(name_from_wire(&n, wire, sizeof(wire)), -EINVAL);
	wire[254] = 0;
	CU_ASSERT_EQUAL(name_from_wire(&n, wire, sizeof(wire)), 255);
}

static void
under_means_whole_labels(void)
{
	struct name zone = name("example"), root = name("."), n = name("www.example");

	CU_ASSERT(name_is_under(&n, &zone));
	CU_ASSERT(name_is_under(&zone, &zone));
	CU_ASSERT(name_is_under(&n, &root));
	CU_ASSERT_FALSE(name_is_under(&zone, &n));
	n = name("badexample");
	CU_ASSERT_FALSE(name_is_under(&n, &zone));
}

static void
labels_are_counted_and_stripped(void)
{
	struct name n = name("a.b.c"), out;

	CU_ASSERT_EQUAL(name_labels(&n), 3);
	name_strip(&n, 2, &out);
	CU_ASSERT_STRING_EQUAL(text(&out), "c.");
	name_strip(&n, 9, &out);
	CU_ASSERT_STRING_EQUAL(text(&out), ".");
	name_strip(&n, 0, &n);
	CU_ASSERT_STRING_EQUAL(text(&n), "a.b.c.");
}

static void
reverse_names_round_down_to_labels(void)
{
	static const uint8_t v4[] = { 10, 7, 0, 153 }, v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct name n;

	name_reverse(AF_INET, v4, 32, &n);
	CU_ASSERT_STRING_EQUAL(text(&n), "153.0.7.10.in-addr.arpa.");
	name_reverse(AF_INET, v4, 23, &n);
	CU_ASSERT_STRING_EQUAL(text(&n), "7.10.in-addr.arpa.");
	name_reverse(AF_INET6, v6, 34, &n);
	CU_ASSERT_STRING_EQUAL(text(&n), "8.b.d.0.1.0.0.2.ip6.arpa.");
	name_reverse(AF_INET6, v6, 128, &n);
	CU_ASSERT_EQUAL(name_labels(&n), 34);
}

static const struct unit_case cases[] = {
	{ "text becomes wire in lower case", text_becomes_wire_in_lower_case },
	{ "the root is one octet", the_root_is_one_octet },
	{ "escapes go both ways", escapes_go_both_ways },
	{ "bad text is refused and the output is untouched",
	    bad_text_is_refused_and_the_output_is_untouched },
	{ "a name has at most 255 octets", a_name_has_at_most_255_octets },
	{ "wire is read in canonical form", wire_is_read_in_canonical_form },
	{ "pointers and long wire are refused", pointers_and_long_wire_are_refused },
	{ "under means whole labels", under_means_whole_labels },
	{ "labels are counted and stripped", labels_are_counted_and_stripped },
	{ "reverse names round down to labels", reverse_names_round_down_to_labels },
};

UNIT_MAIN("policy/name", cases)
