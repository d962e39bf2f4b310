#include "tests/unit/unit.h"

#include "policy/hosts.h"
#include "policy/nametable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char text[] = "127.0.0.1\tlocalhost\n"
			   "::1 localhost ip6-localhost # both\n"
			   "\n"
			   "# a comment\n"
			   "192.0.2.7 Printer.example printer\r\n"
			   "192.0.2.8 printer\n"
			   "192.0.2.7 printer\n"
			   "fe80::1%eth0 router\n"
			   "0.0.0.0 ads.example tracker.example\n"
			   "not-an-address name\n"
			   "192.0.2.9\n"
			   "192.0.2.10 bad..name good.example\n"
			   "192.0.2.11:53 port.example";

static struct local_answer answer;

static bool
asked(const struct hosts *h, const char *name, uint16_t type)
{
	struct question q = { .type = type, .class = CLASS_IN };
	struct nametable_walk walk;

	CU_ASSERT_EQUAL_FATAL(name_from_text(&q.name, name), 0);
	nametable_walk(&walk, &q.name);
	return hosts_answer(h, &q, &walk, &answer);
}

static void
names_and_aliases_give_addresses(void)
{
	size_t skipped = 0;
	struct hosts *h = hosts_parse(text, strlen(text), &skipped);

	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_EQUAL(skipped, 4);
	CU_ASSERT(asked(h, "PRINTER.example", TYPE_A));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_ADDRESSES);
	CU_ASSERT_EQUAL(answer.naddresses, 1);
	CU_ASSERT(asked(h, "printer", TYPE_A));
	CU_ASSERT_EQUAL(answer.naddresses, 2);
	CU_ASSERT_EQUAL(memcmp(answer.addresses[0], "\xc0\0\2\x07", 4), 0);
	CU_ASSERT_EQUAL(memcmp(answer.addresses[1], "\xc0\0\2\x08", 4), 0);
	CU_ASSERT(asked(h, "router", TYPE_AAAA));
	CU_ASSERT_EQUAL(answer.naddresses, 1);
	CU_ASSERT(asked(h, "good.example", TYPE_A));
	hosts_free(h);
}

static void
other_types_of_a_name_are_nodata(void)
{
	struct hosts *h = hosts_parse(text, strlen(text), NULL);

	CU_ASSERT(asked(h, "printer", TYPE_AAAA));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_NODATA);
	CU_ASSERT(asked(h, "printer", TYPE_MX));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_NODATA);
	hosts_free(h);
}

static void
names_that_are_not_listed_are_not_owned(void)
{
	struct hosts *h = hosts_parse(text, strlen(text), NULL);

	CU_ASSERT_FALSE(asked(h, "www.printer", TYPE_A));
	CU_ASSERT_FALSE(asked(h, "example", TYPE_A));
	CU_ASSERT_FALSE(asked(h, "port.example", TYPE_A));
	CU_ASSERT_FALSE(asked(h, "9.2.0.192.in-addr.arpa", TYPE_PTR));
	hosts_free(h);
}

static void
addresses_give_the_first_name_back(void)
{
	struct hosts *h = hosts_parse(text, strlen(text), NULL);
	char name[NAME_TEXT_MAX];

	CU_ASSERT(asked(h, "7.2.0.192.in-addr.arpa", TYPE_PTR));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_PTR);
	CU_ASSERT_STRING_EQUAL(name_to_text(&answer.ptr, name), "printer.example.");
	CU_ASSERT(asked(h, "7.2.0.192.in-addr.arpa", TYPE_A));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_NODATA);
	/* A list of blocked names says nothing about 0.0.0.0. */
	CU_ASSERT_FALSE(asked(h, "0.0.0.0.in-addr.arpa", TYPE_PTR));
	CU_ASSERT(asked(h, "ads.example", TYPE_A));
	CU_ASSERT_EQUAL(answer.kind, LOCAL_ADDRESSES);
	hosts_free(h);
}

static void
a_name_keeps_at_most_32_addresses(void)
{
	char many[4096] = "";
	struct hosts *h;

	for (int i = 0; i < 100; i++)
		sprintf(many + strlen(many), "10.0.0.%d many\n", i);
	h = hosts_parse(many, strlen(many), NULL);
	CU_ASSERT(asked(h, "many", TYPE_A));
	CU_ASSERT_EQUAL(answer.naddresses, LOCAL_ADDRESSES_MAX);
	hosts_free(h);
}

static void
a_large_blocklist_is_held(void)
{
	size_t n = 0, room = 100000 * 32;
	char *many = malloc(room), name[32];
	struct hosts *h;

	for (int i = 0; i < 100000; i++)
		n += (size_t)snprintf(many + n, room - n, "0.0.0.0 ad%d.example\n", i);
	h = hosts_parse(many, n, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	for (int i = 0; i < 100000; i += 997) {
		snprintf(name, sizeof(name), "ad%d.example", i);
		CU_ASSERT(asked(h, name, TYPE_A));
	}
	CU_ASSERT_FALSE(asked(h, "ad100000.example", TYPE_A));
	hosts_free(h);
	free(many);
}

static void
a_missing_file_is_empty_and_a_folder_is_an_error(void)
{
	char path[48];
	struct hosts *h = NULL;
	FILE *f;

	CU_ASSERT_EQUAL(hosts_read("/nonexistent/hosts", &h), 0);
	CU_ASSERT_FALSE(asked(h, "localhost", TYPE_A));
	hosts_free(h);
	h = NULL;
	CU_ASSERT_EQUAL(hosts_read("/", &h), -EISDIR);
	CU_ASSERT_PTR_NULL(h);
	snprintf(path, sizeof(path), "/tmp/stubd-hosts-%d", (int)getpid());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
	CU_ASSERT_EQUAL(hosts_read(path, &h), 0);
	CU_ASSERT(asked(h, "printer", TYPE_A));
	hosts_free(h);
	unlink(path);
}

static const struct unit_case cases[] = {
	{ "names and aliases give addresses", names_and_aliases_give_addresses },
	{ "other types of a name are NODATA", other_types_of_a_name_are_nodata },
	{ "names that are not listed are not owned", names_that_are_not_listed_are_not_owned },
	{ "addresses give the first name back", addresses_give_the_first_name_back },
	{ "a name keeps at most 32 addresses", a_name_keeps_at_most_32_addresses },
	{ "a large blocklist is held", a_large_blocklist_is_held },
	{ "a missing file is empty and a folder is an error",
	    a_missing_file_is_empty_and_a_folder_is_an_error },
};

UNIT_MAIN("policy/hosts", cases)
