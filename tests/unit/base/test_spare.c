#include "stubd/base/spare.h"

#include "tests/unit/unit.h"

static void
gives_back_what_was_last_given(void)
{
	struct spares spares = { .n = 0 };
	void *a = spares_take(&spares, 100), *b = spares_take(&spares, 100);

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_PTR_NOT_EQUAL(a, b);
	spares_give(&spares, a);
	spares_give(&spares, b);
	if (SPARES_KEEP) {
		CU_ASSERT_PTR_EQUAL(spares_take(&spares, 100), b);
		spares_give(&spares, b);
	}
	spares_clear(&spares);
	CU_ASSERT_EQUAL(spares.n, 0);
}

static void
keeps_no_more_than_it_may(void)
{
	struct spares spares = { .n = 0 };
	void *objects[SPARES_MAX + 3];
	const size_t n = sizeof(objects) / sizeof(*objects);

	for (size_t i = 0; i < n; i++)
		objects[i] = spares_take(&spares, 8);
	for (size_t i = 0; i < n; i++)
		spares_give(&spares, objects[i]);
	CU_ASSERT_EQUAL(spares.n, SPARES_KEEP);
	spares_clear(&spares);
}

static const struct unit_case cases[] = {
	{ "what was given back is taken first", gives_back_what_was_last_given },
	{ "no more are kept than SPARES_MAX", keeps_no_more_than_it_may },
};

UNIT_MAIN("base/spare", cases)
