#include "tests/unit/unit.h"

#include "stubd/wire/match.h"
#include "stubd/wire/option.h"

#include <string.h>

/* A reply to "a." A with one record, then OPT with these options, then an empty record. */
static size_t
make(uint8_t out[128], const void *options, size_t n)
{
	static const uint8_t head[] = { 0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 2, 1, 'a', 0, 0, 1,
		0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1 };
	static const uint8_t tail[] = { 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0 };
	size_t at = sizeof(head);

	memcpy(out, head, at);
	memcpy(out + at, (const uint8_t[]){ 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, (uint8_t)n }, 11);
	at += 11;
	if (n)
		memcpy(out + at, options, n);
	at += n;
	memcpy(out + at, tail, sizeof(tail));
	return at + sizeof(tail);
}

/* As a transport looks for it. */
static bool
keepalive(const uint8_t *message, size_t n, uint16_t *time)
{
	static const struct question q = { { 3, { 1, 'a' } }, TYPE_A, CLASS_IN };
	struct rcur options;

	CU_ASSERT_PTR_NULL(match_whole(message, n, 0, &q, &options));
	return option_keepalive(options, time);
}

static void
finds_an_option_among_others(void)
{
	static const uint8_t options[] = { 0, 15, 0, 2, 0, 22, 0, 11, 0, 2, 1, 44, 0, 12, 0, 0 };
	uint8_t message[128];
	const size_t n = make(message, options, sizeof(options));
	const uint8_t *value;
	uint16_t time = 0;
	size_t len = 9;

	value = option_find(message, n, 15, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	CU_ASSERT(len == 2 && value[1] == 22);
	CU_ASSERT_PTR_NOT_NULL(option_find(message, n, OPTION_PADDING, &len));
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_PTR_NULL(option_find(message, n, OPTION_SUBNET, &len));
	CU_ASSERT_TRUE(keepalive(message, n, &time));
	CU_ASSERT_EQUAL(time, 300);
}

static void
takes_nothing_from_what_is_broken(void)
{
	static const uint8_t longer[] = { 0, 9, 0, 9, 0, 11, 0, 2, 1, 44 };
	static const uint8_t shapes[][8] = { { 0, 11, 0, 0 }, { 0, 11, 0, 1, 5 },
		{ 0, 11, 0, 3, 0, 0, 1 }, { 0, 11, 0, 4, 0, 0, 0, 1 } };
	uint8_t message[128];
	size_t n = make(message, longer, sizeof(longer)), len;
	uint16_t time = 7;

	CU_ASSERT_FALSE(keepalive(message, n, &time));
	for (size_t i = 0; i < 4; i++) {
		n = make(message, shapes[i], 4u + shapes[i][3]);
		CU_ASSERT_FALSE(keepalive(message, n, &time));
	}
	n = make(message, (const uint8_t[]){ 0, 11, 0, 2, 0, 1 }, 6);
	CU_ASSERT_TRUE(keepalive(message, n, &time));
	/* Cut anywhere before the option's end it is not there. */
	for (size_t cut = 0; cut < n - 11; cut++)
		CU_ASSERT_PTR_NULL(option_find(message, cut, OPTION_KEEPALIVE, &len));
	CU_ASSERT_EQUAL(time, 1);
}

static void
a_message_without_options_has_none(void)
{
	uint8_t message[128];
	const size_t n = make(message, NULL, 0);
	size_t len;

	CU_ASSERT_PTR_NULL(option_find(message, n, OPTION_KEEPALIVE, &len));
	message[11] = 0; /* no additional records */
	CU_ASSERT_PTR_NULL(option_find(message, n, OPTION_KEEPALIVE, &len));
}

static const struct unit_case cases[] = {
	{ "finds an option among others", finds_an_option_among_others },
	{ "takes nothing from what is broken", takes_nothing_from_what_is_broken },
	{ "a message without options has none", a_message_without_options_has_none },
};

UNIT_MAIN("wire/option", cases)
