#include "stubd/query/parts.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static struct answer *
part(bool cut)
{
	const struct question question = packet_question("www.example", TYPE_AAAA);
	struct answer *answer;

	CU_ASSERT_EQUAL_FATAL(answer_from_rcode(&question, RCODE_NOERROR, &answer), 0);
	answer->cut = cut;
	return answer;
}

static void
a_chain_goes_on_while_it_is_cut_and_there_is_room(void)
{
	size_t held = 7;
	struct parts parts = { .held = &held };

	for (unsigned i = 1; i < ANSWER_CHAIN_MAX; i++)
		CU_ASSERT_TRUE(parts_add(&parts, part(true)));
	CU_ASSERT_FALSE(parts_add(&parts, part(true)));
	CU_ASSERT_EQUAL(parts.n, ANSWER_CHAIN_MAX);
	CU_ASSERT_EQUAL(held, 7 + ANSWER_CHAIN_MAX * parts_last(&parts)->size);
	parts_clear(&parts);
	CU_ASSERT_EQUAL(held, 7);
	CU_ASSERT_FALSE(parts_add(&parts, part(false)));
	parts_clear(&parts);
	CU_ASSERT_EQUAL(held, 7);
}

static void
one_part_is_the_whole_and_more_are_joined(void)
{
	size_t held = 0;
	struct parts parts = { .held = &held };
	struct answer *joined;
	const struct answer *whole;

	parts_add(&parts, part(true));
	CU_ASSERT_PTR_EQUAL(parts_whole(&parts, &joined), parts_last(&parts));
	CU_ASSERT_PTR_NULL(joined);
	parts_add(&parts, part(false));
	whole = parts_whole(&parts, &joined);
	CU_ASSERT_PTR_NOT_NULL(whole);
	CU_ASSERT_PTR_EQUAL(whole, joined);
	answer_free(joined);
	parts_clear(&parts);
}

static void
what_is_set_aside_is_whole_and_counted(void)
{
	size_t held = 0;
	struct parts parts = { .held = &held };

	parts_add(&parts, part(true));
	parts_add(&parts, part(false));
	CU_ASSERT_EQUAL(parts_set_aside(&parts), 0);
	CU_ASSERT_EQUAL(parts.n, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(parts.negative);
	CU_ASSERT_EQUAL(held, parts.negative->size);
	parts_add(&parts, part(false));
	CU_ASSERT_EQUAL(held, parts.negative->size + parts_last(&parts)->size);
	parts_clear(&parts);
	CU_ASSERT_PTR_NULL(parts.negative);
	CU_ASSERT_EQUAL(held, 0);
}

static const struct unit_case cases[] = {
	{ "a chain goes on while it is cut, and there is room",
	    a_chain_goes_on_while_it_is_cut_and_there_is_room },
	{ "one part is the whole, and more are joined", one_part_is_the_whole_and_more_are_joined },
	{ "what is set aside is whole, and counted", what_is_set_aside_is_whole_and_counted },
};

UNIT_MAIN("query/parts", cases)
