#include "tests/unit/unit.h"

#include "stubd/base/buf.h"
#include "stubd/wire/subnet.h"

#include <errno.h>
#include <string.h>

static void
what_is_not_as_the_rfc_has_it_is_refused(void)
{
	static const struct {
		uint8_t n;
		uint8_t value[21];
		bool good;
	} rows[] = {
		{ 7, { 0, 1, 24, 0, 198, 51, 100 }, true },
		{ 8, { 0, 1, 32, 0, 198, 51, 100, 1 }, true },
		{ 6, { 0, 1, 13, 0, 198, 48 }, true },
		{ 11, { 0, 2, 56, 0, 0x20, 1, 0x0d, 0xb8, 0, 1, 0 }, true },
		{ 20, { 0, 2, 128, 0, 0x20, 1 }, true },
		{ 4, { 0, 1, 0, 0 }, true },
		{ 4, { 0, 2, 0, 0 }, true },
		{ 4, { 0, 0, 0, 0 }, true },
		{ 7, { 0, 1, 24, 16, 198, 51, 100 }, true },  /* an answer's */
		{ 7, { 0, 1, 24, 33, 198, 51, 100 }, false }, /* of a scope there is not */
		{ 3, { 0, 1, 0 }, false },
		{ 6, { 0, 1, 24, 0, 198, 51 }, false },
		{ 8, { 0, 1, 24, 0, 198, 51, 100, 0 }, false },
		{ 6, { 0, 1, 13, 0, 198, 52 }, false }, /* bits behind the prefix */
		{ 9, { 0, 1, 33, 0, 198, 51, 100, 1, 0 }, false },
		{ 21, { 0, 2, 129, 0, 0x20, 1 }, false },
		{ 5, { 0, 0, 1, 0, 0 }, false },
		{ 7, { 0, 3, 24, 0, 198, 51, 100 }, false },
		{ 7, { 1, 1, 24, 0, 198, 51, 100 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subnet subnet;
		uint8_t out[32];
		struct wcur w = wcur_make(out, sizeof(out));

		CU_ASSERT_EQUAL(subnet_read(rows[i].value, rows[i].n, &subnet), rows[i].good);
		if (!rows[i].good)
			continue;
		subnet_write(&w, &subnet);
		CU_ASSERT_EQUAL(wcur_len(&w), rows[i].n + 4u);
		CU_ASSERT_EQUAL(wcur_len(&w), subnet_size(&subnet));
		CU_ASSERT_EQUAL(memcmp(out + 4, rows[i].value, rows[i].n), 0);
	}
}

static struct subnet
of(uint8_t family, uint8_t source, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct subnet){ .family = family, .source = source, .ip = { a, b, c, d } };
}

static void
no_more_bits_leave_than_may(void)
{
	const struct subnet host = of(SUBNET_IPV4, 32, 198, 51, 100, 77);
	const struct subnet net = of(SUBNET_IPV4, 24, 198, 51, 100, 0);
	const struct subnet odd = of(SUBNET_IPV4, 21, 198, 51, 96, 0);
	struct subnet six = { .family = SUBNET_IPV6, .source = 128, .scope = 9 }, told;

	told = subnet_to_tell(&host);
	CU_ASSERT(subnet_equal(&told, &net));
	told = subnet_cut(&host, 21);
	CU_ASSERT(subnet_equal(&told, &odd));
	told = subnet_cut(&odd, 24);
	CU_ASSERT(subnet_equal(&told, &odd));
	CU_ASSERT_FALSE(subnet_equal(&net, &odd));
	memset(six.ip, 0xff, 16);
	told = subnet_to_tell(&six);
	CU_ASSERT(told.source == 56 && told.scope == 0 && told.ip[6] == 0xff && told.ip[7] == 0);
}

static void
an_answer_is_for_as_much_as_it_says_and_for_nobody_else(void)
{
	static const uint8_t head[] = { 0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0,
		0, 41, 4, 208, 0, 0, 0, 0, 0, 11 };
	const struct subnet asked = of(SUBNET_IPV4, 24, 198, 51, 100, 0);
	uint8_t reply[64], scope = 99;
	static const struct {
		uint8_t option[11];
		int result;
		uint8_t scope;
	} rows[] = {
		{ { 0, 8, 0, 7, 0, 1, 24, 16, 198, 51, 100 }, 0, 16 },
		{ { 0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100 }, 0, 0 },
		{ { 0, 8, 0, 7, 0, 1, 24, 32, 198, 51, 100 }, 0, 24 },
		{ { 0, 8, 0, 7, 0, 1, 24, 16, 198, 51, 101 }, -EBADMSG, 0 },
		{ { 0, 8, 0, 7, 0, 1, 23, 16, 198, 51, 100 }, -EBADMSG, 0 },
		{ { 0, 8, 0, 7, 0, 2, 24, 16, 198, 51, 100 }, -EBADMSG, 0 },
		{ { 0, 8, 0, 7, 0, 9, 24, 16, 198, 51, 100 }, -EBADMSG, 0 },
		{ { 0, 9, 0, 7, 0, 1, 24, 16, 198, 51, 100 }, 0, 0 },
	};

	memcpy(reply, head, sizeof(head));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(reply + sizeof(head), rows[i].option, 11);
		CU_ASSERT_EQUAL(
		    subnet_scope(reply, sizeof(head) + 11, &asked, &scope), rows[i].result);
		if (rows[i].result == 0)
			CU_ASSERT_EQUAL(scope, rows[i].scope);
	}
}

static const struct unit_case cases[] = {
	{ "what is not as the RFC has it is refused", what_is_not_as_the_rfc_has_it_is_refused },
	{ "no more bits leave than may", no_more_bits_leave_than_may },
	{ "an answer is for as much as it says, and for nobody else",
	    an_answer_is_for_as_much_as_it_says_and_for_nobody_else },
};

UNIT_MAIN("wire/subnet", cases)
