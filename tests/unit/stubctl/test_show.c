#include "policy/stubctl/args.h"
#include "policy/stubctl/show.h"
#include "policy/stubctl/show_exposure.h"
#include "policy/stubctl/show_question.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static char *text; /* what the last show() printed; owned */

static int
show(int (*fn)(FILE *, const json_t *), const char *source)
{
	json_t *json = json_loads(source, 0, NULL);
	size_t n;
	FILE *out;
	int code, silent;

	free(text);
	text = NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	out = open_memstream(&text, &n);
	show_clean(json);
	code = fn(out, json);
	silent = fn(NULL, json);
	CU_ASSERT_EQUAL(code, silent); /* --json has the same exit code */
	fclose(out);
	json_decref(json);
	return code;
}

static void
has(const char *part)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
	if (!strstr(text, part))
		fprintf(stderr, "missing \"%s\" in:\n%s\n", part, text);
}

static const char answered[] =
    "{\"name\": \"www.example.com.\", \"type\": \"A\", \"rcode\": \"NOERROR\", "
    "\"authenticated\": true, \"answers\": [{\"name\": \"www.example.com.\", \"ttl\": 300, "
    "\"class\": \"IN\", \"type\": \"A\", \"data\": \"192.0.2.1\"}], \"authority\": [], "
    "\"took_ms\": 21, \"view\": {\"kind\": \"providers\"}, \"cached\": false, \"trace\": "
    "{\"stage\": \"providers\", \"upstream\": \"quad9\", \"transport\": \"doh\", \"address\": "
    "\"9.9.9.9:443\", \"connection_age_ms\": 65000, \"rtt_ms\": 12.34, \"asks\": 1}, \"ede\": "
    "null}";

static void
an_answer_says_whence_it_came(void)
{
	CU_ASSERT_EQUAL(show(show_query, answered), EXIT_OK);
	has("www.example.com.     300  A       192.0.2.1\n");
	has("NOERROR, authenticated");
	has("quad9 by doh, 9.9.9.9:443");
	has("1 min old; the answer took 12.3 ms");
	has("21 ms");
}

static void
no_such_name_is_a_no(void)
{
	CU_ASSERT_EQUAL(show(show_query, "{\"name\": \"x.\", \"type\": \"A\", \"rcode\": "
					 "\"NXDOMAIN\", \"answers\": [], \"ede\": null}"),
	    EXIT_NO);
	has("x. does not exist");
	has("NXDOMAIN");
}

static void
no_record_of_the_type_is_a_no(void)
{
	CU_ASSERT_EQUAL(show(show_query, "{\"rcode\": \"NOERROR\", \"answers\": []}"), EXIT_NO);
}

static void
a_failure_tells_the_reason(void)
{
	CU_ASSERT_EQUAL(show(show_query, "{\"rcode\": \"SERVFAIL\", \"answers\": [], \"ede\": "
					 "{\"code\": 22, \"text\": \"quad9: refused\"}}"),
	    EXIT_NO);
	has("quad9: refused (extended error 22)");
}

static void
an_explanation_names_rule_candidates_and_cache(void)
{
	CU_ASSERT_EQUAL(show(show_explain,
			    "{\"name\": \"a.corp.example.\", \"type\": \"A\", \"view\": {\"kind\": "
			    "\"split\", \"rule\": 2, \"owner\": \"corp.example\", \"why\": \"split "
			    "rule 2\"}, \"stages\": [{\"kind\": \"servers\", \"candidates\": "
			    "[{\"name\": \"corp/10.7.0.53\", \"transport\": \"do53\", "
			    "\"encrypted\": false, \"standing\": \"up\", \"rtt_ms\": 1.5}]}], "
			    "\"cache\": {\"state\": \"fresh\", \"ttl_left\": 42, \"security\": "
			    "\"secure\"}}"),
	    EXIT_OK);
	has("split, by the suffix corp.example");
	has("rule    /split/2");
	has("1. servers");
	has("corp/10.7.0.53  do53  up");
	has("plaintext");
	has("fresh, 42 s left, secure");
}

static void
a_local_name_shows_its_answer(void)
{
	CU_ASSERT_EQUAL(
	    show(show_explain,
		"{\"name\": \"localhost.\", \"type\": \"A\", \"view\": {\"kind\": "
		"\"local\", \"rule\": null, \"why\": \"RFC 6761 localhost\"}, \"local\": "
		"{\"kind\": \"addresses\", \"ttl\": 10, \"data\": [\"127.0.0.1\"]}}"),
	    EXIT_OK);
	has("RFC 6761 localhost");
	has("127.0.0.1");
	CU_ASSERT_PTR_NULL(strstr(text, "cache"));
}

static void
status_of_an_empty_daemon_is_shown(void)
{
	CU_ASSERT_EQUAL(show(show_status, "{}"), EXIT_OK);
	has("providers in use\n  none");
	CU_ASSERT_PTR_NULL(strstr(text, "warnings"));
	CU_ASSERT_PTR_NULL(strstr(text, "split rules"));
}

static void
status_lists_sockets_plain_servers_and_warnings(void)
{
	show(show_status,
	    "{\"version\": \"0.1.0\", \"uptime_ms\": 7980000, \"workers\": 3, \"listen\": "
	    "[{\"address\": "
	    "\"127.0.0.53:53\", \"transport\": \"udp\", \"inherited\": true}], \"providers\": "
	    "[{\"name\": \"quad9\", \"transport\": \"doh\", \"standing\": \"down\", "
	    "\"retry_in_ms\": 4000, \"last_error\": \"certificate has expired\"}], \"split\": "
	    "[{\"rule\": 0, \"domains\": [\"corp.example\"], \"link\": null, \"servers\": "
	    "[{\"name\": \"s\", \"transport\": \"do53\", \"encrypted\": false, \"standing\": "
	    "\"untried\"}]}], \"warnings\": [\"no provider answers\"]}");
	has("stubd 0.1.0, pid 0, up 2 h 13 min");
	has("127.0.0.53:53 udp (inherited)");
	has("  workers        3\n");
	has("(certificate has expired)");
	has("tried again in 4 s");
	has("untried          -  plaintext");
	has("warnings\n  no provider answers\n");
}

static void
status_says_whom_the_network_names_and_how_they_fare(void)
{
	show(show_status, "{\"network\": {\"servers\": [\"192.0.2.53:53\", \"192.0.2.54:53\"], "
			  "\"servers_from\": \"/etc/resolv.conf\", \"asked_for\": \"public "
			  "names\", \"asked\": [{\"name\": "
			  "\"network 192.0.2.53\", \"transport\": \"do53\", \"encrypted\": "
			  "false, \"standing\": \"up\"}]}}");
	has("network's own  192.0.2.53:53, 192.0.2.54:53 (/etc/resolv.conf)\n");
	has("the network's own resolvers (asked for public names)\n");
	has("network 192.0.2.53  do53  up               -  plaintext\n");
}

static void
nothing_from_outside_moves_the_cursor(void)
{
	show(show_providers, "{\"providers\": [{\"name\": \"a\\u001b[2Jb\\u009bc\\u0007\", "
			     "\"transport\": \"doh\", \"standing\": \"up\"}]}");
	has("a?[2Jb??c?");
}

static void
a_refused_configuration_prints_every_line(void)
{
	json_t *json = json_loads(
	    "{\"error\": \"refused\", \"errors\": [\"a.json:1: x\", \"a.json:2: y\"]}", 0, NULL);
	size_t n;
	FILE *out;

	free(text);
	out = open_memstream(&text, &n);
	CU_ASSERT_EQUAL(show_error(out, json, 409), EXIT_NO);
	CU_ASSERT_EQUAL(show_error(out, json, 400), EXIT_USAGE);
	fclose(out);
	has("a.json:1: x\na.json:2: y\nstubctl: refused\n");
	json_decref(json);
	free(text);
	text = NULL;
}

static void
exposure_has_a_block_for_the_network_and_one_for_all(void)
{
	CU_ASSERT_EQUAL(
	    show(show_exposure,
		"{\"network\": {\"number\": 2, \"age_ms\": 61000}, \"error_percent\": "
		"3.25, \"providers\": [{\"name\": \"quad9\", \"network\": {\"queries\": 0}, "
		"\"total\": {\"queries\": 40, \"domains\": 7}}], \"network_servers\": "
		"{\"network\": {\"queries\": 5, \"domains\": 2}}, \"recursion\": "
		"{\"network\": {\"queries\": 3, \"domains\": 1}}}"),
	    EXIT_OK);
	has("on this network");
	has("recursion, in plaintext        3       1\n");
	has("network's own                  5       2         0");
	has("changed 2 times");
	has("quad9                         40       7         0");
	/* Who was asked nothing on this network is not in its block. */
	CU_ASSERT(strstr(text, "quad9") > strstr(text, "changed 2 times"));
	CU_ASSERT_EQUAL(show(show_exposure, "{}"), EXIT_OK);
}

static void
providers_tell_times_and_troubles_of_those_that_were_used(void)
{
	CU_ASSERT_EQUAL(
	    show(show_providers,
		"{\"providers\": [{\"name\": \"quad9\", \"transport\": \"doh\", \"standing\": "
		"\"up\", \"asked_ms_ago\": 3000, \"handshake\": {\"times\": 2, \"mean_ms\": "
		"31.5, \"p50_ms\": 30.0, \"p99_ms\": 33.25}, \"query\": {\"times\": 0}, "
		"\"troubles\": [{\"when\": \"asking\", \"kind\": \"http\", \"text\": "
		"\"HTTP status 500\", \"times\": 2, \"ms_ago\": 65000}], \"other_troubles\": 4}, "
		"{\"name\": \"idle\", \"transport\": \"dot\", \"standing\": \"untried\"}]}"),
	    EXIT_OK);
	has("    last asked 3 s ago\n");
	has("    handshakes: 31.5 ms on average, half within 30.0 ms, 99 % within 33.2 ms\n");
	has("    2 times http, asking: HTTP status 500; 1 min ago\n");
	has("    4 times something else\nidle ");
	CU_ASSERT_PTR_NULL(strstr(text, "answers:"));
}

static const struct unit_case cases[] = {
	{ "an answer says whence it came", an_answer_says_whence_it_came },
	{ "no such name is a no", no_such_name_is_a_no },
	{ "no record of the type is a no", no_record_of_the_type_is_a_no },
	{ "a failure tells the reason", a_failure_tells_the_reason },
	{ "an explanation names rule, candidates and cache",
	    an_explanation_names_rule_candidates_and_cache },
	{ "a local name shows its answer", a_local_name_shows_its_answer },
	{ "status of an empty daemon is shown", status_of_an_empty_daemon_is_shown },
	{ "status says whom the network names, and how they fare",
	    status_says_whom_the_network_names_and_how_they_fare },
	{ "status lists sockets, plain servers and warnings",
	    status_lists_sockets_plain_servers_and_warnings },
	{ "nothing from outside moves the cursor", nothing_from_outside_moves_the_cursor },
	{ "a refused configuration prints every line", a_refused_configuration_prints_every_line },
	{ "exposure has a block for the network, and one for all",
	    exposure_has_a_block_for_the_network_and_one_for_all },
	{ "providers tell times and troubles of those that were used",
	    providers_tell_times_and_troubles_of_those_that_were_used },
};

UNIT_MAIN("stubctl/show", cases)
