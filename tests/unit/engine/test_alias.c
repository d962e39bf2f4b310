#include "stubd/engine/alias.h"

#include "tests/unit/unit.h"

#include <string.h>

/* "a.b CNAME c.", as libunbound would answer it: header, question, one record. */
static const uint8_t reply[] = { 0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 'a', 1, 'b', 0, 0, 5,
	0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 3, 1, 'c', 0 };

static struct question
question_for(uint16_t type)
{
	struct question question = { .type = type, .class = CLASS_IN };

	CU_ASSERT_EQUAL(name_from_text(&question.name, "a.b"), 0);
	return question;
}

static void
an_alias_is_the_beginning_of_the_answer(void)
{
	const struct question question = question_for(TYPE_AAAA);
	struct engine_result result = { .wire = reply, .len = sizeof(reply) };
	uint8_t out[ALIAS_MAX];

	CU_ASSERT_TRUE(alias_take(&question, &result, out));
	CU_ASSERT_PTR_EQUAL(result.wire, out);
	CU_ASSERT_EQUAL(result.len, sizeof(reply));
	CU_ASSERT_EQUAL(out[17] << 8 | out[18], TYPE_AAAA);
	out[18] = 5;
	CU_ASSERT_EQUAL(memcmp(out, reply, sizeof(reply)), 0);
}

static void
what_is_none_is_left_alone(void)
{
	const struct question question = question_for(TYPE_A);
	uint8_t none[sizeof(reply)], out[ALIAS_MAX];
	struct engine_result rows[] = {
		{ .rcode = 2, .why = "failed" },
		{ .rcode = 3, .wire = reply, .len = sizeof(reply) },
		{ .wire = none, .len = sizeof(none) }, /* no records */
		{ .wire = reply, .len = 20 },
		{ .wire = reply, .len = ALIAS_MAX + 1 },
	};

	memcpy(none, reply, sizeof(none));
	none[7] = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t *wire = rows[i].wire;

		CU_ASSERT_FALSE(alias_take(&question, &rows[i], out));
		CU_ASSERT_PTR_EQUAL(rows[i].wire, wire);
	}
}

static const struct unit_case cases[] = {
	{ "an alias is the beginning of the answer", an_alias_is_the_beginning_of_the_answer },
	{ "what is none is left alone", what_is_none_is_left_alone },
};

UNIT_MAIN("engine/alias", cases)
