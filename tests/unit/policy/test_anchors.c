#include "tests/unit/unit.h"

#include "policy/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST "44a17cbec2fa78f1397af399081cb21c3f5f10cb1808af3c7c00df4d8db92e3e"
#define KEY \
	"ifTROGk0yJOGestb6B4JFMwCg8056nQ/Nkg6wqUMz1uaem3xKBXWSMtq/jV3hWJ8vQIpP2NruupbQJuAKYJMGA=="

static struct why why;
static char path[64];

static int
read_text(const char *text, struct anchor **out, size_t *n)
{
	int fd, err;

	strcpy(path, "/tmp/stubd-anchors.XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	why.text[0] = '\0';
	err = anchors_read(path, out, n, &why);
	unlink(path);
	return err;
}

static bool
cover(const struct anchor *anchors, size_t n, const char *name, uint16_t type)
{
	struct question question = { .type = type, .class = CLASS_IN };

	CU_ASSERT_EQUAL_FATAL(name_from_text(&question.name, name), 0);
	return anchors_cover(anchors, n, &question);
}

static void
records_of_both_types_are_read(void)
{
	struct anchor *anchors = NULL;
	size_t n = 0;

	CU_ASSERT_EQUAL_FATAL(read_text("; mine\n$TTL 60\nCorp.Example. IN DS 53977 13 2 " DIGEST
					" ; why\nlab.example 60 IN DNSKEY 257 3 13 (\n " KEY " )\n",
				  &anchors, &n),
	    0);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(anchors[0].text, DIGEST));
	CU_ASSERT_PTR_NOT_NULL(strstr(anchors[1].text, KEY));
	CU_ASSERT_PTR_NULL(strpbrk(anchors[1].text, "\n;()"));
	CU_ASSERT_TRUE(cover(anchors, n, "corp.example", TYPE_A));
	CU_ASSERT_TRUE(cover(anchors, n, "a.b.corp.example", TYPE_DS));
	CU_ASSERT_FALSE(cover(anchors, n, "corp.example", TYPE_DS)); /* its parent's */
	CU_ASSERT_TRUE(cover(anchors, n, "x.lab.example", TYPE_A));
	CU_ASSERT_FALSE(cover(anchors, n, "example", TYPE_A));
	anchors_free(anchors, n);
}

static void
what_a_validator_would_pass_over_is_an_error(void)
{
	static const struct {
		const char *text, *part;
	} wrong[] = {
		{ "", "no DS or DNSKEY" },
		{ "; nothing\n", "no DS or DNSKEY" },
		{ "corp. IN A 10.0.0.1\n", ":1: only DS and DNSKEY" },
		{ "\n\ncorp. CH DS 1 13 2 " DIGEST "\n", ":3: only DS and DNSKEY" },
		{ "corp. IN DS 1 200 2 " DIGEST "\n", "algorithm 200" },
		{ "corp. IN DS 1 5 2 " DIGEST "\n", "algorithm 5" },
		{ "corp. IN DS 1 13 1 44a17cbec2fa78f1397af399081cb21c3f5f10cb\n",
		    "digest type 1" },
		{ "corp. IN DNSKEY 257 3 200 " KEY "\n", "algorithm 200" },
		{ "corp. IN DNSKEY 385 3 13 " KEY "\n", "flags 385" },
		{ "corp. IN DNSKEY 1 3 13 " KEY "\n", "flags 1:" },
		{ ". IN DS 1 13 2 " DIGEST "\n", "engine" },
		{ "corp. IN DS 1 13\n", ":1: " },
		{ "corp. IN DS 1 13 2 " DIGEST "\ngarbage\n", ":2: " },
	};
	struct anchor *anchors = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CU_ASSERT_EQUAL(read_text(wrong[i].text, &anchors, &n), -EINVAL);
		CU_ASSERT_PTR_EQUAL(strstr(why.text, path), why.text);
		if (!strstr(why.text, wrong[i].part))
			fprintf(stderr, "wanted %s, got %s\n", wrong[i].part, why.text);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, wrong[i].part));
	}
	CU_ASSERT_EQUAL(anchors_read("/nonexistent", &anchors, &n, &why), -EINVAL);
	CU_ASSERT_EQUAL(anchors_read("/dev/zero", &anchors, &n, &why), -EINVAL);
	CU_ASSERT_PTR_NULL(anchors);
}

static void
there_is_a_limit(void)
{
	struct anchor *anchors = NULL;
	char *text = calloc(ANCHORS_MAX + 1, 128);
	size_t n = 0, at = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (int i = 0; i < ANCHORS_MAX; i++)
		at += (size_t)sprintf(text + at, "n%d. IN DS 1 13 2 " DIGEST "\n", i);
	CU_ASSERT_EQUAL(read_text(text, &anchors, &n), 0);
	CU_ASSERT_EQUAL(n, ANCHORS_MAX);
	anchors = anchors_free(anchors, n);
	sprintf(text + at, "more. IN DS 1 13 2 " DIGEST "\n");
	CU_ASSERT_EQUAL(read_text(text, &anchors, &n), -EINVAL);
	free(text);
}

static const struct unit_case cases[] = {
	{ "DS and DNSKEY records are read, each into one line", records_of_both_types_are_read },
	{ "what a validator would pass over is an error with file and line",
	    what_a_validator_would_pass_over_is_an_error },
	{ "there is a limit", there_is_a_limit },
};

UNIT_MAIN("policy/anchors", cases)
