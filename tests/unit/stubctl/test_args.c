#include "policy/stubctl/args.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static const struct command table[] = {
	{ "status", "", "", 0, 0, false, false, NULL },
	{ "query", "NAME [TYPE]", "", 1, 2, false, false, NULL },
	{ "explain", "NAME [TYPE]", "", 1, 2, true, false, NULL },
	{ "providers", "", "", 0, 2, false, true, NULL },
};

static struct args args;
static char error[ARGS_ERROR_MAX];

static int
parse(const char *env, char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	memset(&args, 0, sizeof(args));
	return args_parse(argc, argv, env, table, sizeof(table) / sizeof(*table), &args, error);
}

#define ARGV(...) ((char *const[]){ "stubctl", __VA_ARGS__, NULL })

static void
a_command_with_words_is_read(void)
{
	CU_ASSERT_EQUAL_FATAL(parse(NULL, ARGV("query", "www.example", "AAAA")), 0);
	CU_ASSERT_PTR_EQUAL(args.command, &table[1]);
	CU_ASSERT_EQUAL(args.nwords, 2);
	CU_ASSERT_STRING_EQUAL(args.words[0], "www.example");
	CU_ASSERT_STRING_EQUAL(args.words[1], "AAAA");
	CU_ASSERT_STRING_EQUAL(args.socket, "/run/stubd/control.sock");
}

static void
options_may_stand_anywhere(void)
{
	CU_ASSERT_EQUAL_FATAL(
	    parse(NULL, ARGV("--json", "explain", "--live", "a.example", "--socket", "/s")), 0);
	CU_ASSERT_TRUE(args.json && args.live);
	CU_ASSERT_STRING_EQUAL(args.socket, "/s");
	CU_ASSERT_EQUAL_FATAL(parse(NULL, ARGV("--socket=/t", "status")), 0);
	CU_ASSERT_STRING_EQUAL(args.socket, "/t");
}

static void
the_option_wins_over_the_environment(void)
{
	CU_ASSERT_EQUAL_FATAL(parse("/env", ARGV("status")), 0);
	CU_ASSERT_STRING_EQUAL(args.socket, "/env");
	CU_ASSERT_EQUAL_FATAL(parse("/env", ARGV("status", "--socket", "/opt")), 0);
	CU_ASSERT_STRING_EQUAL(args.socket, "/opt");
}

static void
two_dashes_end_the_options(void)
{
	CU_ASSERT_EQUAL_FATAL(parse(NULL, ARGV("query", "--", "--json")), 0);
	CU_ASSERT_FALSE(args.json);
	CU_ASSERT_STRING_EQUAL(args.words[0], "--json");
}

static void
wrong_usage_is_told(void)
{
	CU_ASSERT_EQUAL(parse(NULL, ARGV("statsu")), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "unknown command \"statsu\""));
	CU_ASSERT_EQUAL(parse(NULL, ARGV("query")), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "stubctl query NAME [TYPE]"));
	CU_ASSERT_EQUAL(parse(NULL, ARGV("status", "x")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("query", "a", "b", "c")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("query", "--live", "a")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("query", "--exposure", "a")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("providers", "--exposure")), 0);
	CU_ASSERT_TRUE(args.exposure);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("--wat", "status")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("status", "--socket")), -EINVAL);
	CU_ASSERT_EQUAL(parse(NULL, ((char *const[]){ "stubctl", NULL })), -EINVAL);
}

static void
help_needs_no_more(void)
{
	CU_ASSERT_EQUAL(parse(NULL, ARGV("help")), 0);
	CU_ASSERT_TRUE(args.help);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("query", "-h")), 0);
	CU_ASSERT_TRUE(args.help);
	CU_ASSERT_EQUAL(parse(NULL, ARGV("-V")), 0);
	CU_ASSERT_TRUE(args.version);
}

static void
u_labels_are_refused_with_what_to_write(void)
{
	CU_ASSERT_EQUAL(args_check_name("b\xc3\xbc"
					"cher.example",
			    error),
	    -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "xn--"));
	CU_ASSERT_EQUAL(args_check_name("", error), -EINVAL);
	CU_ASSERT_EQUAL(args_check_name("xn--bcher-kva.example", error), 0);
}

static const struct unit_case cases[] = {
	{ "a command with words is read", a_command_with_words_is_read },
	{ "options may stand anywhere", options_may_stand_anywhere },
	{ "the option wins over the environment", the_option_wins_over_the_environment },
	{ "two dashes end the options", two_dashes_end_the_options },
	{ "wrong usage is told", wrong_usage_is_told },
	{ "help and version need no more", help_needs_no_more },
	{ "U-labels are refused with what to write", u_labels_are_refused_with_what_to_write },
};

UNIT_MAIN("stubctl/args", cases)
