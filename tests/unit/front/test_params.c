#include "stubd/front/params.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static char out[16];

static int
get(const char *query, const char *key)
{
	strcpy(out, "untouched");
	return params_get(query, key, out, sizeof(out));
}

static void
a_value_is_found_among_others(void)
{
	CU_ASSERT_EQUAL(get("a=1&name=x.example&type=A", "name"), 9);
	CU_ASSERT_STRING_EQUAL(out, "x.example");
	CU_ASSERT_EQUAL(get("a=1&name=x.example&type=A", "type"), 1);
	CU_ASSERT_STRING_EQUAL(out, "A");
}

static void
escapes_are_decoded(void)
{
	CU_ASSERT_EQUAL(get("name=%5c046%2B+%C3%a9", "name"), 8);
	CU_ASSERT_STRING_EQUAL(out, "\\046++\xc3\xa9");
}

static void
an_empty_value_is_a_value(void)
{
	CU_ASSERT_EQUAL(get("name=", "name"), 0);
	CU_ASSERT_STRING_EQUAL(out, "");
}

static void
a_key_that_only_begins_alike_is_another(void)
{
	CU_ASSERT_EQUAL(get("names=x&nam=y&name", "name"), -ENOENT);
	CU_ASSERT_EQUAL(get("", "name"), -ENOENT);
	CU_ASSERT_EQUAL(get("&&=&", "name"), -ENOENT);
	CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static void
a_key_given_twice_is_an_error(void)
{
	CU_ASSERT_EQUAL(get("name=a&name=a", "name"), -EEXIST);
	CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static void
bad_escapes_and_control_characters_are_errors(void)
{
	CU_ASSERT_EQUAL(get("name=%", "name"), -EINVAL);
	CU_ASSERT_EQUAL(get("name=%4&a=1", "name"), -EINVAL);
	CU_ASSERT_EQUAL(get("name=%zz", "name"), -EINVAL);
	CU_ASSERT_EQUAL(get("name=a%00b", "name"), -EINVAL);
	CU_ASSERT_EQUAL(get("name=a%1bb", "name"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static void
a_value_must_fit_with_its_end(void)
{
	CU_ASSERT_EQUAL(get("n=123456789012345", "n"), 15);
	CU_ASSERT_EQUAL(get("n=1234567890123456", "n"), -ENOSPC);
}

static const struct unit_case cases[] = {
	{ "a value is found among others", a_value_is_found_among_others },
	{ "escapes are decoded, plus is plus", escapes_are_decoded },
	{ "an empty value is a value", an_empty_value_is_a_value },
	{ "a key that only begins alike is another", a_key_that_only_begins_alike_is_another },
	{ "a key given twice is an error", a_key_given_twice_is_an_error },
	{ "bad escapes and control characters are errors",
	    bad_escapes_and_control_characters_are_errors },
	{ "a value must fit with its end", a_value_must_fit_with_its_end },
};

UNIT_MAIN("front/params", cases)
