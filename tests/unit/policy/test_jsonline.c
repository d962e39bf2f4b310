#include "tests/unit/unit.h"

#include "policy/jsonline.h"

#include <string.h>

static const char text[] = "{\n"
			   "\t\"listen\": [ \"a\",\n"
			   "\t\t\"b\" ],\n"
			   "\t\"//\": { \"x\": 1 }, \"//\": 2,\n"
			   "\t\"split\": [\n"
			   "\t\t{ \"domains\": [ \"}\", \"\\\"\" ],\n"
			   "\t\t  \"link\": null }\n"
			   "\t]\n"
			   "}\n";

static void
members_and_elements_have_their_lines(void)
{
	struct jsonline *l = jsonline_new(text, strlen(text));

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	CU_ASSERT_EQUAL(jsonline_find(l, "/listen"), 2);
	CU_ASSERT_EQUAL(jsonline_find(l, "/listen/0"), 2);
	CU_ASSERT_EQUAL(jsonline_find(l, "/listen/1"), 3);
	CU_ASSERT_EQUAL(jsonline_find(l, "/split/0/domains/1"), 6);
	CU_ASSERT_EQUAL(jsonline_find(l, "/split/0/link"), 7);
	jsonline_free(l);
}

static void
what_is_missing_has_the_line_of_what_is_around_it(void)
{
	struct jsonline *l = jsonline_new(text, strlen(text));

	CU_ASSERT_EQUAL(jsonline_find(l, "/split/0/servers/3"), 6);
	CU_ASSERT_EQUAL(jsonline_find(l, "/nothing"), 1);
	CU_ASSERT_EQUAL(jsonline_find(l, "/"), 1);
	CU_ASSERT_EQUAL(jsonline_find(l, ""), 1);
	jsonline_free(l);
}

static void
comments_may_come_twice(void)
{
	struct jsonline *l = jsonline_new(text, strlen(text));
	struct jsonline_fault fault;

	CU_ASSERT_FALSE(jsonline_fault(l, 0, &fault));
	jsonline_free(l);
}

static void
other_keys_may_not(void)
{
	static const char twice[] = "{ \"a\": { \"b\": 1,\n\"c\": 2,\n\"b\": 3 }, \"b\": 4 }";
	struct jsonline *l = jsonline_new(twice, strlen(twice));
	struct jsonline_fault fault;

	CU_ASSERT_FATAL(jsonline_fault(l, 0, &fault));
	CU_ASSERT_EQUAL(fault.kind, JSONLINE_TWICE);
	CU_ASSERT_STRING_EQUAL(fault.path, "/a/b");
	CU_ASSERT_EQUAL(fault.line, 3);
	CU_ASSERT_EQUAL(fault.first_line, 1);
	CU_ASSERT_FALSE(jsonline_fault(l, 1, &fault));
	jsonline_free(l);
}

static void
escaped_keys_are_faults(void)
{
	static const char escaped[] = "{ \"priv\\u0061cy\": 1 }";
	struct jsonline *l = jsonline_new(escaped, strlen(escaped));
	struct jsonline_fault fault;

	CU_ASSERT_FATAL(jsonline_fault(l, 0, &fault));
	CU_ASSERT_EQUAL(fault.kind, JSONLINE_ESCAPED);
	CU_ASSERT_STRING_EQUAL(fault.path, "/priv\\u0061cy");
	jsonline_free(l);
}

static void
deep_and_broken_text_ends_the_scan(void)
{
	static const char *const broken[] = { "", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":1,",
		"[1,]", "\"", "{\"a\":\"\\", "}", "[[[", "{\"a\" 1}", "nul", "[\"a\nb\"]" };
	char deep[4000];
	struct jsonline *l;

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		l = jsonline_new(broken[i], strlen(broken[i]));
		CU_ASSERT_PTR_NOT_NULL(l);
		jsonline_free(l);
	}
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	l = jsonline_new(deep, sizeof(deep));
	CU_ASSERT_EQUAL(jsonline_find(l, "/0/0/0"), 1);
	jsonline_free(l);
}

static void
lines_go_on_behind_deep_values(void)
{
	char deep[400] = "{ \"a\": ";
	struct jsonline *l;

	for (int i = 0; i < 40; i++)
		strcat(deep, "[\n");
	for (int i = 0; i < 40; i++)
		strcat(deep, "]");
	strcat(deep, ", \"b\": 1 }");
	l = jsonline_new(deep, strlen(deep));
	CU_ASSERT_EQUAL(jsonline_find(l, "/b"), 41);
	jsonline_free(l);
}

static const struct unit_case cases[] = {
	{ "members and elements have their lines", members_and_elements_have_their_lines },
	{ "what is missing has the line of what is around it",
	    what_is_missing_has_the_line_of_what_is_around_it },
	{ "comments may come twice", comments_may_come_twice },
	{ "other keys may not", other_keys_may_not },
	{ "escaped keys are faults", escaped_keys_are_faults },
	{ "deep and broken text ends the scan", deep_and_broken_text_ends_the_scan },
	{ "lines go on behind deep values", lines_go_on_behind_deep_values },
};

UNIT_MAIN("policy/jsonline", cases)
