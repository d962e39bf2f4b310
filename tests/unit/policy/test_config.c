#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#include "policy/report.h"
#include "policy/schema.h"

#include <errno.h>
#include <sys/stat.h>

#define CUSTOM                                                                                  \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"office\", \"url\": " \
	"\"https://doh.example/dns-query\", \"addresses\": [ \"192.0.2.1\", "                   \
	"\"[2001:db8::1]:8443\" ] } ] }"

static void
an_empty_object_gives_the_defaults(void)
{
	struct policy *p = load("{ \"providers\": { \"catalogue\": null }, \"on_miss\": [ "
				"\"recurse\" ] }");
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nlisten, 1);
	CU_ASSERT_STRING_EQUAL(addr_to_text(&p->listen[0], text), "127.0.0.53:53");
	CU_ASSERT_EQUAL(p->privacy, PRIVACY_ENCRYPTED);
	CU_ASSERT_EQUAL(p->strategy, STRATEGY_ONE);
	CU_ASSERT_EQUAL(p->dnssec, DNSSEC_VALIDATE);
	CU_ASSERT_EQUAL(p->draw_size, 3);
	CU_ASSERT_EQUAL(p->cache_size, 16 << 20);
	CU_ASSERT_STRING_EQUAL(p->control, "/run/stubd/control.sock");
	CU_ASSERT_STRING_EQUAL(p->state, "/var/lib/stubd");
	CU_ASSERT_PTR_NULL(p->root_hints);
	CU_ASSERT_EQUAL(p->nfiles, 1);
	policy_free(p);
}

static void
values_are_read(void)
{
	struct policy *p = load(
	    "{ \"//\": \"a comment\", \"//\": 2, \"listen\": [ \"127.0.0.1:5300\", \"[::1]:5300\" "
	    "], " CUSTOM ", \"privacy\": \"strict\", \"cache\": { \"size\": \"512K\", \"//\": 1 }, "
	    "\"control\": \"/tmp/c.sock\", \"engine\": { \"root_hints\": \"/dev/null\" } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nlisten, 2);
	CU_ASSERT_EQUAL(p->privacy, PRIVACY_STRICT);
	CU_ASSERT_EQUAL(p->non_miss, 1);
	CU_ASSERT_EQUAL(p->on_miss[0], MISS_PROVIDERS);
	CU_ASSERT_EQUAL(p->cache_size, 512 << 10);
	CU_ASSERT_STRING_EQUAL(p->control, "/tmp/c.sock");
	CU_ASSERT_STRING_EQUAL(p->root_hints, "/dev/null");
	CU_ASSERT_EQUAL(p->nproviders, 1);
	policy_free(p);
}

static void
on_miss_has_any_order(void)
{
	struct policy *p = load("{ " CUSTOM ", \"on_miss\": [ \"recurse\", \"providers\" ] }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->non_miss, 2);
	CU_ASSERT_EQUAL(p->on_miss[0], MISS_RECURSE);
	CU_ASSERT_EQUAL(p->on_miss[1], MISS_PROVIDERS);
	policy_free(p);
	CU_ASSERT(refused("{ " CUSTOM ", \"on_miss\": [ \"recurse\", \"recurse\" ] }", 1,
	    "test.json:1: /on_miss/1: \"recurse\" is listed twice; write it once"));
	CU_ASSERT(refused("{ " CUSTOM ", \"on_miss\": [] }", 1, "has 0 elements; write 1 to 3"));
}

static void
strict_privacy_and_recursion_are_at_odds(void)
{
	CU_ASSERT(refused("{ " CUSTOM ",\n\"privacy\": \"strict\",\n\"on_miss\": [ \"providers\",\n"
			  "\"recurse\" ] }",
	    1, "test.json:4: /on_miss/1: \"recurse\" asks in plaintext"));
}

static void
all_errors_come_at_once_with_their_lines(void)
{
	char *text = errors_with("{\n"
				 "\"listen\": [ \"127.0.0.1:5300\",\n"
				 "\t\"nonsense\" ],\n"
				 "\"privcy\": \"strict\",\n"
				 "\"dnssec\": \"valid\",\n"
				 "\"cache\": { \"size\": true },\n"
				 "\"workers\": 0,\n"
				 "\"split\": [ {\n"
				 "\t\"domains\": [ \"a..b\" ] } ]\n"
				 "}\n",
	    &no_files);
	static const char *const wanted[] = {
		"test.json:3: /listen/1: \"nonsense\" is not an address; write ",
		"test.json:4: /privcy: is not a known key; the nearest known one is \"privacy\"\n",
		"test.json:5: /dnssec: \"valid\" is not known; write \"validate\", \"trust\" or "
		"\"off\"\n",
		"test.json:6: /cache/size: has the wrong type; write a size like \"16M\"\n",
		"test.json:7: /workers: is out of range; write a number from 1 to 64\n",
		"test.json:8: /split/0: has no \"servers\"; write an array",
		"test.json:9: /split/0/domains/0: \"a..b\" is not a domain; write ",
		"test.json:1: /providers/catalogue: \"/nonexistent/providers.brief.json\" cannot "
		"be read",
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (!strstr(text, wanted[i]))
			CU_FAIL(wanted[i]);
	}
	free(text);
}

static void
unknown_keys_name_the_nearest(void)
{
	CU_ASSERT(refused("{ " CUSTOM ", \"lissten\": [] }", 1, "nearest known one is \"listen\""));
	CU_ASSERT(refused("{ " CUSTOM ", \"strategy\": \"one\" }", 1,
	    "nearest known one is \"providers/strategy\""));
	CU_ASSERT(refused("{ " CUSTOM ", \"cache\": { \"prefech\": false } }", 1,
	    "/cache/prefech: is not a known key; the nearest known one is \"cache/prefetch\""));
	CU_ASSERT(refused("{ " CUSTOM ", \"cache\": { \"a/b\": 1, \"*\": 1 } }", 2, "/cache/*: "));
}

static void
keys_that_come_twice_are_errors(void)
{
	CU_ASSERT(refused("{ " CUSTOM ",\n\"privacy\": \"strict\",\n\"privacy\": \"encrypted\" }",
	    1, "test.json:3: /privacy: is written twice, in line 2 too; write it once"));
	CU_ASSERT(refused("{ " CUSTOM ", \"priv\\u0061cy\": \"strict\" }", 1, "without escapes"));
}

static void
syntax_errors_have_their_line(void)
{
	CU_ASSERT(refused("{\n\"listen\": [\n}", 1, "test.json:3: /: is not JSON: "));
	CU_ASSERT(refused("[]", 1, "test.json:1: /: is not an object"));
	CU_ASSERT(refused("", 1, "is not JSON"));
}

static void
what_is_not_built_is_refused(void)
{
	static const char *const rows[][2] = {
		{ "\"split\": [ { \"domains\": [ \"a\" ], \"servers\": [], \"dnssec\": "
		  "\"validate\" } ]",
		    "/split/0/dnssec: \"validate\" needs the keys of the rule's own zones; write "
		    "\"trust_anchors\": \"FILE\" beside it" },
		{ "\"split\": [ { \"domains\": [ \"a\" ], \"servers\": [], \"trust_anchors\": "
		  "\"/f\" } ]",
		    "/split/0/trust_anchors: /f: No such file or directory; name a file that can "
		    "be "
		    "read" },
	};
	char json[600];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(json, sizeof(json), "{ " CUSTOM ", %s }", rows[i][0]);
		CU_ASSERT(refused(json, 1, rows[i][1]));
	}
	CU_ASSERT(refused("{ \"providers\": { \"catalogue\": null, \"reshuffle\": \"5m\" }, "
			  "\"on_miss\": [ \"recurse\" ] }",
	    1, "/providers/reshuffle: is out of range; write a time from 3600000 to"));
	CU_ASSERT(refused("{ \"providers\": { \"catalogue\": null, \"strategy\": \"best\" } }", 1,
	    "\"best\" is not known; write \"one\", \"spread\", \"shard\", \"fastest\" or "
	    "\"ordered\""));
}

static void
what_is_built_of_those_is_accepted(void)
{
	struct policy *p =
	    load("{ " CUSTOM ", \"dnssec\": \"off\", \"workers\": 3, \"cache\": { \"stale\": 0, "
		 "\"prefetch\": false, \"size\": 0 }, \"doh\": { \"listen\": [], "
		 "\"path\": \"/dns-query\", \"certificate\": null, \"key\": null } }");

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->cache_size, 0);
	CU_ASSERT_EQUAL(p->workers, 3);
	policy_free(p);
}

/* --- files ------------------------------------------------------------------------------------ */

static char folder[64];

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void
drop_ins_override_in_the_order_of_their_names(void)
{
	char main_file[128], dir[128], command[160];
	struct policy_load_options options = {
		.file = main_file,
		.dir = dir,
		.data_dir = "/nonexistent",
		.hosts_file = "/nonexistent/hosts",
	};
	struct policy_errors errors = { .n = 0 };
	struct policy *p = NULL;

	snprintf(folder, sizeof(folder), "/tmp/stubd-config-%d", (int)getpid());
	CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
	snprintf(main_file, sizeof(main_file), "%s/stubd.json", folder);
	snprintf(dir, sizeof(dir), "%s/stubd.d", folder);
	mkdir(dir, 0700);
	write_file("stubd.json", "{ " CUSTOM ", \"listen\": [ \"127.0.0.1:1\", \"127.0.0.1:2\" ], "
				 "\"cache\": { \"size\": \"1M\" }, \"privacy\": \"strict\" }");
	write_file("stubd.d/20-b.json", "{ \"privacy\": \"opportunistic\" }");
	write_file("stubd.d/10-a.json",
	    "{ \"privacy\": \"encrypted\", \"listen\": [ \"127.0.0.1:3\" ],"
	    " \"providers\": { \"draw\": 2 } }");
	write_file("stubd.d/30-c.json.bak", "garbage");
	write_file("stubd.d/.40.json", "garbage");
	CU_ASSERT_EQUAL_FATAL(policy_load(&options, &p, &errors), 0);
	CU_ASSERT_EQUAL(p->nfiles, 3);
	CU_ASSERT_EQUAL(p->nlisten, 1);
	CU_ASSERT_EQUAL(p->listen[0].port, 3);
	CU_ASSERT_EQUAL(p->privacy, PRIVACY_OPPORTUNISTIC);
	CU_ASSERT_EQUAL(p->cache_size, 1 << 20);
	CU_ASSERT_EQUAL(p->draw_size, 2);
	CU_ASSERT_EQUAL(p->nproviders, 1);
	policy_free(p);
	/* An error in what another file overrides is an error all the same, in its own file. */
	write_file("stubd.d/10-a.json", "{ \"privacy\": \"none\" }");
	write_file("stubd.d/20-b.json", "{\n\"on_miss\": [ \"recurse\" ] }");
	CU_ASSERT_EQUAL_FATAL(policy_load(&options, &p, &errors), -EINVAL);
	CU_ASSERT_EQUAL(errors.n, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(errors.lines[0], "10-a.json:1: /privacy: \"none\" is not"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(errors.lines[1], "20-b.json:2: /on_miss/0: \"recurse\" asks"));
	policy_errors_clear(&errors);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
a_named_file_must_be_there(void)
{
	struct policy_load_options options = no_files;
	struct policy_errors errors = { .n = 0 };
	struct policy *p = NULL;

	options.file = "/nonexistent/stubd.json";
	CU_ASSERT_EQUAL(policy_load(&options, &p, &errors), -EINVAL);
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT_FATAL(errors.n > 0);
	CU_ASSERT_STRING_EQUAL(errors.lines[0],
	    "/nonexistent/stubd.json:1: /: cannot be read: No such file or directory; name a file "
	    "that can");
	policy_errors_clear(&errors);
}

/* --- the snapshot ----------------------------------------------------------------------------- */

static void
keys_that_need_a_restart_are_listed(void)
{
	struct policy *a = load("{ " CUSTOM " }");
	struct policy *b =
	    load("{ " CUSTOM ", \"listen\": [ \"127.0.0.1:5300\" ], "
		 "\"control\": \"/tmp/x\", \"state\": \"/tmp/y\", "
		 "\"cache\": { \"size\": 0 }, \"workers\": 2, \"engine\": { "
		 "\"root_hints\": \"/dev/null\", \"trust_anchors\": \"/dev/null\" } }");
	static const char *const wanted[] = { "listen", "engine/root_hints", "engine/trust_anchors",
		"cache/size", "control", "state", "workers" };
	const size_t n = sizeof(wanted) / sizeof(*wanted);
	const char *keys[POLICY_RESTART_KEYS];

	CU_ASSERT_EQUAL(policy_restart_keys(a, a, keys), 0);
	CU_ASSERT_PTR_NULL(keys[0]);
	CU_ASSERT_EQUAL_FATAL(policy_restart_keys(a, b, keys), n);
	CU_ASSERT_PTR_NULL(keys[n]);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_STRING_EQUAL(keys[i], wanted[i]);
		CU_ASSERT(schema_find(keys[i])->flags & SCHEMA_RESTART);
	}
	/* Nothing else that is built claims to need one. */
	for (size_t i = 0; i < schema_keys; i++) {
		bool listed = schema[i].built;

		for (size_t j = 0; j < n; j++)
			listed |= strcmp(schema[i].path, wanted[j]) == 0;
		CU_ASSERT(listed || !(schema[i].flags & SCHEMA_RESTART));
	}
	policy_free(a);
	policy_free(b);
}

static void
files_of_the_engine_have_to_be_readable(void)
{
	CU_ASSERT(refused("{ " CUSTOM ", \"engine\": { \"root_hints\": \"/nonexistent/h\" } }", 1,
	    "/engine/root_hints: \"/nonexistent/h\" cannot be read: No such file"));
	CU_ASSERT(refused("{ " CUSTOM ", \"engine\": { \"trust_anchors\": \"/nonexistent/k\" } }",
	    1, "/engine/trust_anchors: \"/nonexistent/k\" cannot be read: No such file"));
}

static void
errors_are_bounded(void)
{
	char *json = calloc(1, 64 * 1024), *text;
	size_t lines = 0;

	strcpy(json, "{ \"listen\": [ \"127.0.0.1\"");
	for (int i = 0; i < 1000; i++)
		sprintf(json + strlen(json), "], \"k%d\": [", i);
	strcat(json, "] }");
	text = errors_with(json, &no_files);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	CU_ASSERT_EQUAL(lines, REPORT_MAX + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "there are more errors"));
	free(text);
	free(json);
}

static void
control_characters_are_not_passed_on(void)
{
	CU_ASSERT(refused("{ " CUSTOM ", \"a\x7f\": 1 }", 1, "/a?: is not a known key"));
}

static void
the_schema_is_sound(void)
{
	for (size_t i = 0; i < schema_keys; i++) {
		char parent[64];
		char *slash;

		snprintf(parent, sizeof(parent), "%s", schema[i].path);
		slash = strrchr(parent, '/');
		CU_ASSERT_PTR_EQUAL(schema_find(schema[i].path), &schema[i]);
		if (!slash)
			continue;
		*slash = '\0';
		CU_ASSERT_FATAL(schema_find(parent) != NULL);
		CU_ASSERT(schema_find(parent) < &schema[i]);
		CU_ASSERT_EQUAL(schema_find(parent)->type,
		    strcmp(slash + 1, "*") == 0 ? SCHEMA_ARRAY : SCHEMA_OBJECT);
	}
}

static const struct unit_case cases[] = {
	{ "an empty object gives the defaults", an_empty_object_gives_the_defaults },
	{ "values are read", values_are_read },
	{ "on_miss has any order", on_miss_has_any_order },
	{ "strict privacy and recursion are at odds", strict_privacy_and_recursion_are_at_odds },
	{ "all errors come at once with their lines", all_errors_come_at_once_with_their_lines },
	{ "unknown keys name the nearest", unknown_keys_name_the_nearest },
	{ "keys that come twice are errors", keys_that_come_twice_are_errors },
	{ "syntax errors have their line", syntax_errors_have_their_line },
	{ "what is not built is refused", what_is_not_built_is_refused },
	{ "what is built of those is accepted", what_is_built_of_those_is_accepted },
	{ "drop-ins override in the order of their names",
	    drop_ins_override_in_the_order_of_their_names },
	{ "a named file must be there", a_named_file_must_be_there },
	{ "keys that need a restart are listed", keys_that_need_a_restart_are_listed },
	{ "files of the engine have to be readable", files_of_the_engine_have_to_be_readable },
	{ "errors are bounded", errors_are_bounded },
	{ "control characters are not passed on", control_characters_are_not_passed_on },
	{ "the schema is sound", the_schema_is_sound },
};

UNIT_MAIN("policy/config", cases)
