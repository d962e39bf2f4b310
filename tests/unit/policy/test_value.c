#include "tests/unit/unit.h"

#include "policy/value.h"

#include <errno.h>
#include <string.h>

static struct why why;

static void
sizes_have_units_of_1024(void)
{
	int64_t v = 0;

	CU_ASSERT_EQUAL(value_size("16M", &v, &why), 0);
	CU_ASSERT_EQUAL(v, 16 << 20);
	CU_ASSERT_EQUAL(value_size("4096", &v, &why), 0);
	CU_ASSERT_EQUAL(v, 4096);
	CU_ASSERT_EQUAL(value_size("1G", &v, &why), 0);
	CU_ASSERT_EQUAL(v, 1 << 30);
	CU_ASSERT_EQUAL(value_size("16m", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_size("-1", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_size("", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_size("99999999999999999999", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_size("9223372036854775807G", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(v, 1 << 30);
}

static void
times_are_milliseconds(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = { { "500ms", 500 }, { "90s", 90000 }, { "5m", 300000 }, { "2h", 7200000 },
		{ "1d", 86400000 }, { "3", 3000 } };
	int64_t v = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CU_ASSERT_EQUAL(value_time(rows[i].text, &v, &why), 0);
		CU_ASSERT_EQUAL(v, rows[i].ms);
	}
	CU_ASSERT_EQUAL(value_time("1 d", &v, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_time("1w", &v, &why), -EINVAL);
}

static void
pins_are_32_octets_in_base64(void)
{
	uint8_t pin[SPEC_PIN_LEN];

	CU_ASSERT_EQUAL(value_pin("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", pin, &why), 0);
	CU_ASSERT_EQUAL(memcmp(pin, "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14", 8), 0);
	CU_ASSERT_EQUAL(pin[31], 0x55);
	CU_ASSERT_EQUAL(
	    value_pin("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", pin, &why), -EINVAL);
	/* Bits behind the last octet. */
	CU_ASSERT_EQUAL(
	    value_pin("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", pin, &why), -EINVAL);
	CU_ASSERT_EQUAL(
	    value_pin("47DEQpj8HBSa*/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", pin, &why), -EINVAL);
}

static void
host_names_are_made_ready_for_verifying(void)
{
	char host[HOST_NAME_MAX_TEXT];

	CU_ASSERT_EQUAL(value_host("DNS.Example.", host, &why), 0);
	CU_ASSERT_STRING_EQUAL(host, "dns.example");
	CU_ASSERT_EQUAL(value_host("b\xc3\xbc"
				   "cher.example",
			    host, &why),
	    -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "xn--"));
	CU_ASSERT_EQUAL(value_host("192.0.2.1", host, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_host("a b", host, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_host("", host, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_host(".", host, &why), -EINVAL);
}

static void
addresses_that_nobody_has_are_refused(void)
{
	struct addr addr;

	CU_ASSERT_EQUAL(value_addr("192.0.2.1", 53, false, &addr, &why), 0);
	CU_ASSERT_EQUAL(value_addr("0.0.0.0", 53, true, &addr, &why), 0);
	CU_ASSERT_EQUAL(value_addr("0.0.0.0", 53, false, &addr, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_addr("::", 53, false, &addr, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_addr("224.0.0.251", 53, true, &addr, &why), -EINVAL);
	CU_ASSERT_EQUAL(value_addr("ff02::fb", 53, true, &addr, &why), -EINVAL);
}

static void
labels_and_links_have_plain_characters(void)
{
	CU_ASSERT_EQUAL(value_label("digitale-gesellschaft", &why), 0);
	CU_ASSERT_EQUAL(value_label("my office", &why), -EINVAL);
	CU_ASSERT_EQUAL(value_label("a/b", &why), -EINVAL);
	CU_ASSERT_EQUAL(value_link("tun0", &why), 0);
	CU_ASSERT_EQUAL(value_link("a-very-long-interface", &why), -EINVAL);
	CU_ASSERT_EQUAL(value_link("tun 0", &why), -EINVAL);
}

static const struct unit_case cases[] = {
	{ "sizes have units of 1024", sizes_have_units_of_1024 },
	{ "times are milliseconds", times_are_milliseconds },
	{ "pins are 32 octets in base64", pins_are_32_octets_in_base64 },
	{ "host names are made ready for verifying", host_names_are_made_ready_for_verifying },
	{ "addresses that nobody has are refused", addresses_that_nobody_has_are_refused },
	{ "labels and links have plain characters", labels_and_links_have_plain_characters },
};

UNIT_MAIN("policy/value", cases)
