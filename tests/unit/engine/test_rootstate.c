#include "tests/unit/unit.h"

#include "stubd/base/state_file.h"
#include "stubd/engine/rootstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST "44a17cbec2fa78f1397af399081cb21c3f5f10cb1808af3c7c00df4d8db92e3e"
#define KEY \
	"ifTROGk0yJOGestb6B4JFMwCg8056nQ/Nkg6wqUMz1uaem3xKBXWSMtq/jV3hWJ8vQIpP2NruupbQJuAKYJMGA=="
#define LINE(flags, state)                                                                        \
	".\t3600\tIN\tDNSKEY\t" flags " 3 13 " KEY " ;{id = 1 (ksk), size = 256b} ;;state=" state \
	" [ ] ;;count=0 ;;lastchange=1795728935 ;;Fri Nov 27\n"

static unsigned
trusted(const char *text)
{
	char *list = rootstate_trusted(text, strlen(text));
	unsigned n = 0;

	for (const char *p = list; p && *p; p++)
		n += *p == '\n';
	free(list);
	return n;
}

static void
only_valid_and_missing_keys_are_trusted(void)
{
	CU_ASSERT_EQUAL(trusted("; autotrust\n;;id: . 1\n" LINE("257", "2") LINE("257", "1")), 1);
	CU_ASSERT_EQUAL(trusted(LINE("257", "2") LINE("257", "3") LINE("385", "4")), 2);
	CU_ASSERT_EQUAL(trusted(". IN DS 1 13 2 " DIGEST "\n\n; x\n. IN DS 2 13 2 " DIGEST), 2);
}

static void
what_leaves_nothing_to_trust_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"; nothing\n",
		LINE("257", "1"),
		LINE("385", "4"),
		LINE("257", "9"),
		LINE("257", "x"),
		";;REVOKED\n" LINE("257", "2"),
		LINE("257", "2") "garbage\n",
		LINE("257", "2") "corp. IN DS 1 13 2 " DIGEST "\n",
		LINE("257", "2") ". IN A 192.0.2.1\n",
		LINE("257", "2") ". IN DNSKEY 257 3 ;;state=2\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(trusted(bad[i]), 0);
	CU_ASSERT_PTR_NULL(rootstate_trusted(LINE("257", "2") "\0", sizeof(LINE("257", "2"))));
}

struct place {
	char folder[64], seed[128], why[ROOTSTATE_WHY_MAX];
	char *path;
};

static int
open_place(struct place *p, const char *seed)
{
	free(p->path);
	p->path = NULL;
	CU_ASSERT_EQUAL(state_file_write(p->seed, seed, strlen(seed)), 0);
	return rootstate_open(p->seed, p->folder, &p->path, p->why);
}

static bool
has(const char *path, const char *part)
{
	char *text = NULL;
	size_t n;
	bool yes = state_file_read(path, ROOTSTATE_MAX, &text, &n) == 0 && strstr(text, part);

	free(text);
	return yes;
}

static void
the_state_wins_until_the_seed_is_another(void)
{
	struct place p = { .folder = "/tmp/stubd-root.XXXXXX" };
	char file[128];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p.folder));
	snprintf(p.seed, sizeof(p.seed), "%s/seed", p.folder);
	CU_ASSERT_EQUAL(open_place(&p, "; first\n. IN DS 11 13 2 " DIGEST "\n"), 0);
	CU_ASSERT_STRING_EQUAL(p.why, "");
	CU_ASSERT_TRUE(has(p.path, "11 13 2"));
	CU_ASSERT_EQUAL(state_file_write(p.path, LINE("257", "2"), strlen(LINE("257", "2"))), 0);
	CU_ASSERT_EQUAL(open_place(&p, "; first\n. IN DS 11 13 2 " DIGEST "\n"), 0);
	CU_ASSERT_TRUE(has(p.path, "state=2"));
	CU_ASSERT_EQUAL(open_place(&p, ". IN DS 22 13 2 " DIGEST "\n"), 0);
	CU_ASSERT_STRING_EQUAL(p.why, "");
	CU_ASSERT_TRUE(has(p.path, "22 13 2"));
	CU_ASSERT_EQUAL(state_file_write(p.path, "", 0), 0);
	CU_ASSERT_EQUAL(open_place(&p, ". IN DS 22 13 2 " DIGEST "\n"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.why, "malformed"));
	CU_ASSERT_TRUE(has(p.path, "22 13 2"));
	CU_ASSERT_TRUE(open_place(&p, "corp. IN DS 33 13 2 " DIGEST "\n") < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.why, "not followed"));
	CU_ASSERT_PTR_NULL(p.path);
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "seed", "root.key", "root.key.seed",
			"root.key.old" };

		snprintf(file, sizeof(file), "%s/%s", p.folder, names[i]);
		unlink(file);
	}
	CU_ASSERT_EQUAL(rmdir(p.folder), 0);
}

static const struct unit_case cases[] = {
	{ "only keys that are valid or missing are trusted",
	    only_valid_and_missing_keys_are_trusted },
	{ "what is malformed or leaves nothing to trust is refused",
	    what_leaves_nothing_to_trust_is_refused },
	{ "the state wins until the seed is another, or it is broken",
	    the_state_wins_until_the_seed_is_another },
};

UNIT_MAIN("engine/rootstate", cases)
