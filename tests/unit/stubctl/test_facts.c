#include "policy/stubctl/args.h"
#include "policy/stubctl/facts.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char source[] =
    "{ \"version\": 2, \"operators\": [ { \"id\": \"a\", \"name\": \"Alpha Foundation\", \"home\": "
    "\"https://a.example/\", \"jurisdiction\": { \"value\": \"CH\", \"quote\": \"in Bern\", "
    "\"source\": \"https://a.example/law\", \"read\": \"2026-01-02\" }, \"funding\": null } ], "
    "\"providers\": [ { \"name\": \"alpha\", \"operator\": \"a\", \"logs\": { \"value\": false, "
    "\"source\": \"https://a.example/privacy\", \"read\": \"2026-01-02\", \"dated\": \"2025\", "
    "\"quote\": \"we keep nothing\", \"claimed\": true }, \"filters\": { \"value\": [] }, \"doh\": "
    "{ \"value\": \"https://a.example/q\" }, \"addresses\": { \"value\": [ \"192.0.2.1\", "
    "\"192.0.2.2\" ] }, \"note\": \"small\" }, { \"name\": \"stray\", \"operator\": \"nobody\", "
    "\"logs\": 7, \"filters\": { \"value\": [ \"ads\\u001b[31m\" ] } } ] }";

static char path[64];
static char *text; /* what was printed last; owned */

static json_t *
catalogue(const char *content)
{
	json_t *json;
	size_t n;
	FILE *f, *err;

	snprintf(path, sizeof(path), "/tmp/stubctl-facts-%d", (int)getpid());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(content, f);
	fclose(f);
	free(text);
	err = open_memstream(&text, &n);
	json = facts_read(path, err);
	fclose(err);
	unlink(path);
	return json;
}

static void
a_brief_catalogue_leads_to_its_sources(void)
{
	static const char brief[] = "{ \"version\": 2, \"sources\": \"stubctl-facts-whole\", "
				    "\"operators\": [], \"providers\": [] }";
	FILE *f = fopen("/tmp/stubctl-facts-whole", "w");
	json_t *json;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(source, f);
	fclose(f);
	json = catalogue(brief);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "providers")), 2);
	json_decref(json);
	unlink("/tmp/stubctl-facts-whole");
	CU_ASSERT_PTR_NULL(catalogue(brief));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "/tmp/stubctl-facts-whole: No such file"));
}

static int
show(int (*fn)(FILE *, const json_t *), const json_t *json)
{
	size_t n;
	FILE *out;
	int code;

	free(text);
	out = open_memstream(&text, &n);
	code = fn(out, json);
	fclose(out);
	CU_ASSERT_EQUAL(fn(NULL, json), code);
	return code;
}

static void
has(const char *part)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
	if (!strstr(text, part))
		fprintf(stderr, "missing \"%s\" in:\n%s\n", part, text);
}

static void
each_entry_is_one_line(void)
{
	json_t *json = catalogue(source);

	CU_ASSERT_EQUAL(show(facts_list, json), EXIT_OK);
	has("alpha                   DoH      CH  logs no, blocks nothing; Alpha Foundation\n");
	has("2 entries of 1 operators");
	json_decref(json);
}

static void
a_fact_is_shown_with_its_words_its_source_and_its_days(void)
{
	json_t *json = catalogue(source);
	json_t *facts = facts_of(json, "alpha");

	CU_ASSERT_PTR_NOT_NULL_FATAL(facts);
	CU_ASSERT_EQUAL(show(facts_show, facts), EXIT_OK);
	has("alpha, by Alpha Foundation\n  https://a.example/\n  small\n");
	has("  law of     CH\n             \"in Bern\"\n             https://a.example/law\n");
	has("  logs       no  (claimed)\n             \"we keep nothing\"\n"
	    "             https://a.example/privacy\n             read 2026-01-02, dated 2025\n");
	has("  addresses  192.0.2.1, 192.0.2.2\n");
	has("  funding    ?\n");
	has("  sends ECS  ?\n");
	json_decref(facts);
	json_decref(json);
}

static void
what_is_missing_or_wrong_is_a_question_mark_and_nothing_reaches_the_terminal(void)
{
	json_t *json = catalogue(source);
	json_t *facts = facts_of(json, "stray");

	CU_ASSERT_PTR_NOT_NULL_FATAL(facts);
	CU_ASSERT_EQUAL(show(facts_show, facts), EXIT_OK);
	has("  logs       ?\n");
	has("  law of     ?\n");
	CU_ASSERT_PTR_NULL(strchr(text, 27));
	CU_ASSERT_PTR_NULL(facts_of(json, "nobody"));
	json_decref(facts);
	json_decref(json);
}

static void
a_file_that_is_no_catalogue_is_one_line(void)
{
	CU_ASSERT_PTR_NULL(catalogue("{ \"version\": 1 }"));
	has("is no catalogue that is known here\n");
	CU_ASSERT_PTR_NULL(catalogue("[ 1 "));
	has("is not JSON");
	free(text);
	text = NULL;
}

static const struct unit_case cases[] = {
	{ "a brief catalogue leads to its sources", a_brief_catalogue_leads_to_its_sources },
	{ "each entry is one line", each_entry_is_one_line },
	{ "a fact is shown with its words, its source and its days",
	    a_fact_is_shown_with_its_words_its_source_and_its_days },
	{ "what is missing or wrong is a question mark, and nothing reaches the terminal",
	    what_is_missing_or_wrong_is_a_question_mark_and_nothing_reaches_the_terminal },
	{ "a file that is no catalogue is one line", a_file_that_is_no_catalogue_is_one_line },
};

UNIT_MAIN("stubctl/facts", cases)
