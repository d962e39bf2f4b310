#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#include "policy/catalogue.h"

#include <sys/stat.h>

static const char catalogue[] =
    "{ \"version\": 2, \"operators\": [ { \"id\": \"a\", \"name\": \"A\" }, { \"id\": \"b\", "
    "\"name\": \"B\" } ], \"providers\": [\n"
    "{ \"name\": \"alpha\", \"operator\": \"a\", \"logs\": { \"value\": false, \"source\": "
    "\"https://a.example/\" }, \"filters\": { \"value\": [] }, \"doh\": { \"value\": "
    "\"https://a.example/q\" }, \"dot\": { \"value\": \"tls://a.example\" }, \"addresses\": { "
    "\"value\": [ \"192.0.2.1\" ] } },\n"
    "{ \"name\": \"beta\", \"operator\": \"b\", \"logs\": { \"value\": true }, \"filters\": { "
    "\"value\": [] }, \"doh\": null, \"dot\": { \"value\": \"tls://b.example\" }, \"addresses\": { "
    "\"value\": [ \"192.0.2.2\", \"2001:db8::2\" ] } },\n"
    "{ \"name\": \"gamma\", \"operator\": \"b\", \"logs\": { \"value\": false }, \"filters\": { "
    "\"value\": [ \"malware\" ] }, \"doh\": { \"value\": \"https://g.example/\" }, "
    "\"addresses\": { \"value\": [ \"192.0.2.3\" ] }, \"news\": 1 },\n"
    "{ \"name\": \"delta\", \"operator\": \"b\", \"logs\": { \"value\": false }, \"filters\": "
    "null, \"doh\": { \"value\": \"https://d.example/\" }, \"addresses\": { \"value\": [ "
    "\"192.0.2.4\" ] } } ] }\n";

#define OFFICE                                                                 \
	"{ \"name\": \"office\", \"url\": \"https://doh.example/dns-query\", " \
	"\"addresses\": [ \"192.0.2.9\", \"[2001:db8::9]:8443\" ] }"

static char folder[48];
static struct policy_load_options options;

static void
set_catalogue(const char *text)
{
	char path[80];
	FILE *f;

	options = no_files;
	options.data_dir = folder;
	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "/tmp/stubd-cat-%d", (int)getpid());
		CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/providers.brief.json", folder);
	unlink(path);
	if (!text)
		return;
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* "a b c": the names of the providers, in order; "refused" when the configuration is. */
static const char *
names(const char *json)
{
	static char text[256];
	struct policy *p = load_with(json, &options);

	text[0] = '\0';
	if (!p)
		return "refused";
	for (size_t i = 0; i < p->nproviders; i++) {
		strcat(text, i ? " " : "");
		strcat(text, p->upstreams[i]->name);
	}
	policy_free(p);
	return text;
}

static bool
refused_with(const char *json, const char *part)
{
	char *text = errors_with(json, &options);
	bool right = strstr(text, part) != NULL;

	if (!right)
		fprintf(stderr, "wanted \"%s\", got:\n%s", part, text);
	free(text);
	return right;
}

static void
an_empty_choice_takes_all_that_match_what_is_required(void)
{
	set_catalogue(catalogue);
	CU_ASSERT_STRING_EQUAL(names("{}"), "alpha");
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"providers\": { \"require\": { \"logs\": null } } }"), "alpha beta");
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"providers\": { \"require\": { \"filters\": true } } }"), "gamma");
	CU_ASSERT_STRING_EQUAL(names("{ \"providers\": { \"require\": { \"logs\": null, "
				     "\"filters\": null } } }"),
	    "alpha beta gamma delta");
}

static void
a_custom_provider_may_go_without_tickets_and_plain_ones_without_ecs(void)
{
	static const char *const texts[] = { "", ", \"tickets\": true", ", \"tickets\": false" };
	char json[512];

	set_catalogue(catalogue);
	for (size_t i = 0; i < 3; i++) {
		struct policy *p;

		snprintf(json, sizeof(json),
		    "{ \"providers\": { \"choose\": [ \"mine\" ], \"custom\": [ { \"name\": "
		    "\"mine\", \"url\": \"tls://192.0.2.1\"%s } ] } }",
		    texts[i]);
		p = load_with(json, &options);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->upstreams[0]->untied, i == 2);
		policy_free(p);
	}
	for (size_t i = 0; i < 4; i++) {
		static const char *const ecs[] = { "", ", \"ecs\": \"off\"", ", \"ecs\": \"zero\"",
			", \"ecs\": \"pass\"" };
		static const enum ecs_mode modes[] = { ECS_OFF, ECS_OFF, ECS_ZERO, ECS_PASS };
		struct policy *p;

		snprintf(json, sizeof(json),
		    "{ \"providers\": { \"choose\": [ \"mine\" ], \"custom\": [ { \"name\": "
		    "\"mine\", \"url\": \"tls://192.0.2.1\", \"other_url\": "
		    "\"https://192.0.2.1/dns-query\"%s } ] } }",
		    ecs[i]);
		p = load_with(json, &options);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->upstreams[0]->ecs, modes[i]);
		CU_ASSERT_EQUAL(p->upstreams[0]->other->ecs, modes[i]);
		CU_ASSERT_EQUAL(p->ecs_pass, i == 3);
		policy_free(p);
	}
	CU_ASSERT(refused_with("{ \"providers\": { \"custom\": [ { \"name\": \"mine\", \"url\": "
			       "\"tls://192.0.2.1\", \"tickets\": \"no\" } ] } }",
	    "/providers/custom/0/tickets"));
	CU_ASSERT(refused_with(
	    "{ \"privacy\": \"opportunistic\", \"providers\": { \"custom\": [ { \"name\": "
	    "\"mine\", \"url\": \"dns://192.0.2.1\", \"ecs\": \"zero\" } ] } }",
	    "/providers/custom/0: has \"ecs\""));
}

static void
a_choice_is_taken_in_its_order(void)
{
	set_catalogue(catalogue);
	CU_ASSERT_STRING_EQUAL(names("{ \"providers\": { \"choose\": [ \"gamma\", \"office\", "
				     "\"beta\" ], \"custom\": [ " OFFICE " ] } }"),
	    "gamma office beta");
	CU_ASSERT(refused_with("{ \"providers\": { \"choose\": [ \"nobody\" ] } }",
	    "/providers/choose/0: \"nobody\" is neither in the catalogue nor in a list nor a "
	    "custom provider"));
	CU_ASSERT(refused_with("{ \"providers\": { \"choose\": [ \"beta\", \"beta\" ] } }",
	    "/providers/choose/1: \"beta\" is chosen twice"));
}

static void
custom_ones_come_first_and_take_the_place_of_a_namesake(void)
{
	set_catalogue(catalogue);
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"providers\": { \"custom\": [ " OFFICE " ] } }"), "office alpha");
	CU_ASSERT_STRING_EQUAL(names("{ \"providers\": { \"custom\": [ { \"name\": \"alpha\", "
				     "\"url\": \"tls://192.0.2.77\" } ] } }"),
	    "alpha");
}

static void
doh_comes_before_dot(void)
{
	struct policy *p;

	set_catalogue(catalogue);
	p = load_with("{ \"providers\": { \"choose\": [ \"alpha\", \"beta\" ] } }", &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->upstreams[0]->scheme, SCHEME_HTTPS);
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->host, "a.example");
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->path, "/q");
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->operator_name, "A");
	CU_ASSERT_EQUAL(p->upstreams[0]->addresses[0].port, 443);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p->upstreams[0]->other);
	CU_ASSERT_EQUAL(p->upstreams[0]->other->scheme, SCHEME_TLS);
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->other->name, "alpha");
	CU_ASSERT_EQUAL(p->upstreams[0]->other->addresses[0].port, 853);
	CU_ASSERT_PTR_NULL(p->upstreams[1]->other);
	CU_ASSERT_EQUAL(p->upstreams[1]->scheme, SCHEME_TLS);
	CU_ASSERT_EQUAL(p->upstreams[1]->naddresses, 2);
	CU_ASSERT_EQUAL(p->upstreams[1]->addresses[1].port, 853);
	CU_ASSERT_PTR_NULL(p->upstreams[1]->path);
	policy_free(p);
}

static void
a_custom_provider_is_read_whole(void)
{
	struct policy *p;
	const struct upstream_spec *u;

	set_catalogue(NULL);
	p = load_with("{ \"providers\": { \"custom\": [ { \"name\": \"x\", \"url\": "
		      "\"tls://dot.example:8853\", \"addresses\": [ \"192.0.2.1\", "
		      "\"[2001:db8::1]:853\" ], \"pins\": [ "
		      "\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\" ], \"ca_file\": "
		      "\"/dev/null\" } ] } }",
	    &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	u = p->upstreams[0];
	CU_ASSERT_EQUAL(u->scheme, SCHEME_TLS);
	CU_ASSERT_STRING_EQUAL(u->host, "dot.example");
	CU_ASSERT_EQUAL(u->naddresses, 2);
	CU_ASSERT_EQUAL(u->addresses[0].port, 8853);
	CU_ASSERT_EQUAL(u->addresses[1].port, 853);
	CU_ASSERT_EQUAL(u->npins, 1);
	CU_ASSERT_EQUAL(u->pins[0][31], 0x55);
	CU_ASSERT_STRING_EQUAL(u->ca_file, "/dev/null");
	CU_ASSERT_FALSE(u->split);
	policy_free(p);
}

static void
a_custom_provider_may_have_both_transports(void)
{
	struct policy *p;
	const struct upstream_spec *u;

	set_catalogue(NULL);
	p = load_with("{ \"providers\": { \"custom\": [ { \"name\": \"x\", \"url\": "
		      "\"tls://dot.example\", \"other_url\": \"https://doh.example/q\", "
		      "\"addresses\": [ \"192.0.2.1\", \"[2001:db8::1]:8853\" ], "
		      "\"ca_file\": \"/dev/null\" } ] } }",
	    &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nupstreams, 1);
	CU_ASSERT_EQUAL(p->upstreams[0]->scheme, SCHEME_TLS);
	CU_ASSERT_PTR_NULL(p->upstreams[0]->path);
	u = p->upstreams[0]->other;
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	CU_ASSERT_EQUAL(u->scheme, SCHEME_HTTPS);
	CU_ASSERT_STRING_EQUAL(u->host, "doh.example");
	CU_ASSERT_STRING_EQUAL(u->path, "/q");
	CU_ASSERT_STRING_EQUAL(u->ca_file, "/dev/null");
	CU_ASSERT_EQUAL(u->naddresses, 2);
	CU_ASSERT_EQUAL(u->addresses[0].port, 443);
	CU_ASSERT_EQUAL(u->addresses[1].port, 443);
	CU_ASSERT_PTR_NULL(u->other);
	policy_free(p);
}

static void
a_literal_host_needs_no_addresses_and_is_verified_itself(void)
{
	struct policy *p;

	set_catalogue(NULL);
	p = load_with("{ \"providers\": { \"custom\": [ { \"name\": \"x\", \"url\": "
		      "\"https://[2001:db8::1]/q\" } ] } }",
	    &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_PTR_NULL(p->upstreams[0]->host);
	CU_ASSERT_EQUAL(p->upstreams[0]->naddresses, 1);
	CU_ASSERT_EQUAL(p->upstreams[0]->addresses[0].port, 443);
	policy_free(p);
}

static void
custom_providers_that_cannot_work_are_refused(void)
{
	static const char *const rows[][2] = {
		{ "{ \"name\": \"x\", \"url\": \"https://a.example/\" }",
		    "/providers/custom/0: has no \"addresses\"" },
		{ "{ \"url\": \"tls://192.0.2.1\" }", "/providers/custom/0: has no \"name\"" },
		{ "{ \"name\": \"x\" }", "/providers/custom/0: has no \"url\"" },
		{ "{ \"name\": \"x\", \"url\": \"dns://192.0.2.1\" }",
		    "/providers/custom/0/url: is plain DNS, which privacy \"encrypted\"" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\", \"other_url\": "
		  "\"tls://192.0.2.2\" }",
		    "/providers/custom/0/other_url: is not the other encrypted transport" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\", \"other_url\": "
		  "\"dns://192.0.2.1\" }",
		    "/providers/custom/0/other_url: is not the other encrypted transport" },
		{ "{ \"name\": \"x\", \"url\": \"192.0.2.1\" }", "is not a URL; write one like" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\", \"stamp\": \"sdns://x\" }",
		    "/providers/custom/0: has a \"url\" and a \"stamp\"; write one of them" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\", \"ca_file\": \"/nonexistent\" "
		  "}",
		    "/providers/custom/0/ca_file: \"/nonexistent\" cannot be read" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\", \"pins\": [ \"abc\" ] }",
		    "/providers/custom/0/pins/0: is not a pin" },
		{ "{ \"name\": \"x\", \"url\": \"tls://127.0.0.53:53\" }",
		    "/providers/custom/0: has the address 127.0.0.53:53, at which stubd itself" },
		{ "{ \"name\": \"x\", \"url\": \"tls://192.0.2.1\" }, { \"name\": \"x\", \"url\": "
		  "\"tls://192.0.2.2\" }",
		    "/providers/custom/1: has the name \"x\", which is taken" },
	};
	char json[400];

	set_catalogue(NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(
		    json, sizeof(json), "{ \"providers\": { \"custom\": [ %s ] } }", rows[i][0]);
		CU_ASSERT(refused_with(json, rows[i][1]));
	}
}

static void
plain_providers_are_for_opportunistic_privacy(void)
{
	set_catalogue(NULL);
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"privacy\": \"opportunistic\", \"providers\": { \"custom\": "
		  "[ { \"name\": \"x\", \"url\": \"dns://192.0.2.1\" } ] } }"),
	    "x");
	CU_ASSERT(refused_with("{ \"privacy\": \"opportunistic\", \"providers\": { \"custom\": [ { "
			       "\"name\": \"x\", \"url\": \"dns://192.0.2.1\", \"ca_file\": "
			       "\"/dev/null\" } ] } }",
	    "which plain DNS cannot check"));
}

static void
a_missing_catalogue_is_an_error_unless_it_is_not_needed(void)
{
	set_catalogue(NULL);
	CU_ASSERT(refused_with("{}", "/providers/catalogue: \""));
	CU_ASSERT(refused_with(
	    "{ \"providers\": { \"catalogue\": \"/nonexistent\", \"custom\": [ " OFFICE " ] } }",
	    "/providers/catalogue: \"/nonexistent\" cannot be read: No such file"));
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"providers\": { \"custom\": [ " OFFICE " ] } }"), "office");
	CU_ASSERT_STRING_EQUAL(
	    names("{ \"providers\": { \"catalogue\": null, \"custom\": [ " OFFICE " ] } }"),
	    "office");
	CU_ASSERT_STRING_EQUAL(names("{ \"on_miss\": [ \"recurse\" ] }"), "");
}

static void
no_provider_at_all_is_an_error_where_one_is_asked(void)
{
	set_catalogue(catalogue);
	CU_ASSERT(refused_with(
	    "{ \"providers\": { \"catalogue\": null } }", "/providers: leaves no provider to ask"));
	CU_ASSERT(
	    refused_with("{ \"providers\": { \"require\": { \"logs\": true, \"filters\": true "
			 "} } }",
		"/providers: leaves no provider to ask"));
}

#define HEAD                                                                                       \
	"{ \"version\": 2, \"operators\": [ { \"id\": \"a\", \"name\": \"A\" } ], \"providers\": " \
	"[\n"
#define GOOD(name)                                                                             \
	"{ \"name\": \"" name "\", \"operator\": \"a\", \"logs\": { \"value\": false }, "      \
	"\"filters\": { \"value\": [] }, \"dot\": { \"value\": \"tls://" name ".example\" }, " \
	"\"addresses\": { \"value\": [ \"192.0.2.1\" ] } }"

/* One entry that is wrong in one way: its text after the name, and what the warning says. */
static const char *const faults[][2] = {
	{ "\"operator\": \"nobody\"", "/providers/1/operator: is not the \"id\" of one of" },
	{ "\"operator\": \"a\"", "/providers/1: has neither \"doh\" nor \"dot\"" },
	{ "\"operator\": \"a\", \"doh\": \"https://x/\"", "/providers/1/doh: is no fact" },
	{ "\"operator\": \"a\", \"doh\": { \"value\": 1 }", "/providers/1/doh: is no text" },
	{ "\"operator\": \"a\", \"doh\": { \"value\": \"https://a b/\" }", "/providers/1/doh: " },
	{ "\"operator\": \"a\", \"dot\": { \"value\": \"https://x.example/\" }",
	    "/providers/1/dot: is of another scheme; write tls://host" },
	{ "\"operator\": \"a\", \"dot\": { \"value\": \"tls://x.example\" }",
	    "/providers/1/addresses: is no list of 1 to 8 addresses" },
	{ "\"operator\": \"a\", \"dot\": { \"value\": \"tls://x.example\" }, \"addresses\": { "
	  "\"value\": [ \"x\" ] }",
	    "/providers/1/addresses: " },
	{ "\"operator\": \"a\", \"dot\": { \"value\": \"tls://x.example\" }, \"addresses\": { "
	  "\"value\": [ \"192.0.2.1\" ] }, \"logs\": { \"value\": \"no\" }",
	    "/providers/1/logs: is neither true nor false" },
	{ "\"operator\": \"a\", \"dot\": { \"value\": \"tls://x.example\" }, \"addresses\": { "
	  "\"value\": [ \"192.0.2.1\" ] }, \"filters\": { \"value\": true }",
	    "/providers/1/filters: is no list" },
};

static void
an_entry_that_is_wrong_is_named_and_the_rest_is_used(void)
{
	char json[1024];
	struct policy *p;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		snprintf(json, sizeof(json), HEAD "%s,\n{ \"name\": \"bad\", %s },\n%s ] }",
		    GOOD("one"), faults[i][0], GOOD("two"));
		set_catalogue(json);
		p = load_with("{}", &options);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->nproviders, 2);
		CU_ASSERT_STRING_EQUAL(p->upstreams[1]->name, "two");
		CU_ASSERT_EQUAL_FATAL(p->warnings.n, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(p->warnings.lines[0], "providers.brief.json:3: "));
		CU_ASSERT_PTR_NOT_NULL(strstr(p->warnings.lines[0], "\"bad\" is left out"));
		if (!strstr(p->warnings.lines[0], faults[i][1]))
			CU_FAIL(faults[i][1]);
		policy_free(p);
	}
}

static void
a_name_that_is_taken_or_missing_leaves_the_entry_out(void)
{
	struct policy *p;

	set_catalogue(HEAD GOOD("one") ",\n" GOOD("one") ",\n{ \"operator\": \"a\" },\n7 ] }");
	p = load_with("{}", &options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->nproviders, 1);
	CU_ASSERT_EQUAL_FATAL(p->warnings.n, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(p->warnings.lines[0], ":3: /providers/1/name: is taken"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p->warnings.lines[1], ":4: /providers/2: has no \"name\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(p->warnings.lines[2], ":5: /providers/3: has no \"name\""));
	policy_free(p);
}

static void
a_catalogue_of_which_nothing_can_be_used_is_an_error(void)
{
	set_catalogue(HEAD "{ \"name\": \"x\", \"operator\": \"a\" },\n{} ] }");
	CU_ASSERT(refused_with("{}", "/providers: has no entry that can be used"));
	CU_ASSERT(
	    refused_with("{}", "providers.brief.json:2: /providers/0: has neither \"doh\" nor"));
	CU_ASSERT(refused_with("{}", "providers.brief.json:3: /providers/1: has no \"name\""));
	set_catalogue("{ \"version\": 2, \"providers\": 1 }");
	CU_ASSERT(refused_with("{}", "/providers: is not an array"));
	set_catalogue("{ \"version\": 1, \"providers\": [] }");
	CU_ASSERT(refused_with("{}", "/version: is not 2"));
	set_catalogue("{");
	CU_ASSERT(refused_with("{}", "providers.brief.json:1: /: is not JSON"));
}

static void
the_shipped_catalogue_is_sound(void)
{
	struct report errors = { .n = 0 }, warnings = { .n = 0 };
	struct catalogue shipped;
	size_t quiet = 0;

	CU_ASSERT_EQUAL_FATAL(
	    catalogue_read(&shipped, "policy/providers.json", &errors, &warnings), 0);
	CU_ASSERT_EQUAL(warnings.n, 0);
	for (size_t i = 0; i < shipped.n; i++) {
		CU_ASSERT_NOT_EQUAL(shipped.entries[i].spec.scheme, SCHEME_DNS);
		CU_ASSERT_PTR_NOT_NULL(shipped.entries[i].spec.host);
		CU_ASSERT_PTR_NOT_NULL(shipped.entries[i].spec.operator_name);
		quiet +=
		    shipped.entries[i].logs == CLAIM_NO && shipped.entries[i].filters == CLAIM_NO;
	}
	CU_ASSERT(quiet >= 3);
	CU_ASSERT_PTR_NOT_NULL(catalogue_find(&shipped, "quad9"));
	catalogue_clear(&shipped);
	report_clear(&errors);
	report_clear(&warnings);
	set_catalogue(NULL);
	rmdir(folder);
}

static const struct unit_case cases[] = {
	{ "an empty choice takes all that match what is required",
	    an_empty_choice_takes_all_that_match_what_is_required },
	{ "a custom provider may go without tickets, a plain one goes without ECS",
	    a_custom_provider_may_go_without_tickets_and_plain_ones_without_ecs },
	{ "a choice is taken in its order", a_choice_is_taken_in_its_order },
	{ "custom ones come first and take the place of a namesake",
	    custom_ones_come_first_and_take_the_place_of_a_namesake },
	{ "DoH comes before DoT", doh_comes_before_dot },
	{ "a custom provider is read whole", a_custom_provider_is_read_whole },
	{ "a custom provider may have both transports",
	    a_custom_provider_may_have_both_transports },
	{ "a literal host needs no addresses and is verified itself",
	    a_literal_host_needs_no_addresses_and_is_verified_itself },
	{ "custom providers that cannot work are refused",
	    custom_providers_that_cannot_work_are_refused },
	{ "plain providers are for opportunistic privacy",
	    plain_providers_are_for_opportunistic_privacy },
	{ "a missing catalogue is an error unless it is not needed",
	    a_missing_catalogue_is_an_error_unless_it_is_not_needed },
	{ "no provider at all is an error where one is asked",
	    no_provider_at_all_is_an_error_where_one_is_asked },
	{ "an entry that is wrong is named and the rest is used",
	    an_entry_that_is_wrong_is_named_and_the_rest_is_used },
	{ "a name that is taken or missing leaves the entry out",
	    a_name_that_is_taken_or_missing_leaves_the_entry_out },
	{ "a catalogue of which nothing can be used is an error",
	    a_catalogue_of_which_nothing_can_be_used_is_an_error },
	{ "the shipped catalogue is sound", the_shipped_catalogue_is_sound },
};

UNIT_MAIN("policy/provider", cases)
