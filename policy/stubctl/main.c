/*
 * stubctl: the person's hands on stubd. One row of the table is one command; each asks the daemon,
 * shows what it said and turns it into the exit code.
 */
#include "policy/stubctl/api.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/facts.h"
#include "policy/stubctl/show.h"
#include "policy/stubctl/show_exposure.h"
#include "policy/stubctl/show_nta.h"
#include "policy/stubctl/show_question.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shows an answer of status 200; returns the exit code. */
typedef int show_fn(FILE *out, const json_t *json);

static int
usage(const char *error)
{
	fprintf(stderr, "stubctl: %s\n", error);
	return EXIT_USAGE;
}

static int
exit_code(int r)
{
	return r == -ECONNREFUSED || r == -EACCES || r == -ETIMEDOUT ? EXIT_UNREACHABLE : EXIT_NO;
}

/* Calls the daemon. Returns EXIT_OK with an owned *json, or the exit code after a line on stderr. */
static int
fetch(const struct args *args, const char *method, const char *path, const char *const *pairs,
    json_t **json, long *status)
{
	char error[CTL_ERROR_MAX];
	char *target = ctl_target(path, pairs);
	int r;

	if (!target)
		return usage("out of memory");
	r = ctl_call(args->socket, method, target, json, status, error);
	free(target);
	if (r == 0)
		return EXIT_OK;
	fprintf(stderr, "stubctl: %s\n", error);
	return exit_code(r);
}

/* Calls and shows; the daemon's own errors go to stderr. */
static int
call(const struct args *args, const char *method, const char *path, const char *const *pairs,
    show_fn *show)
{
	json_t *json;
	long status = 0;
	int code = fetch(args, method, path, pairs, &json, &status);

	if (code)
		return code;
	if (args->json)
		show_json(stdout, json);
	show_clean(json);
	code = status == 200 ? show(args->json ? NULL : stdout, json)
			     : show_error(args->json ? NULL : stderr, json, status);
	json_decref(json);
	return code;
}

static int
run_status(const struct args *args)
{
	return call(args, "GET", "/v1/status", (const char *const[]){ NULL }, show_status);
}

static int
run_shuffle(const struct args *args)
{
	return call(args, "POST", "/v1/shuffle", (const char *const[]){ NULL }, show_shuffle);
}

static int
run_providers(const struct args *args)
{
	if (args->exposure && args->nwords == 0)
		return call(
		    args, "GET", "/v1/exposure", (const char *const[]){ NULL }, show_exposure);
	if (args->nwords == 0)
		return call(
		    args, "GET", "/v1/providers", (const char *const[]){ NULL }, show_providers);
	if (args->exposure)
		return usage("--exposure goes with providers alone");
	if (strcmp(args->words[0], "shuffle") == 0)
		return run_shuffle(args);
	if (strcmp(args->words[0], "stamp") == 0 && args->nwords == 2) {
		const char *const pairs[] = { "name", args->words[1], NULL };

		return call(args, "GET", "/v1/stamp", pairs, show_stamp);
	}
	return usage("write: stubctl providers [shuffle | stamp PROVIDER]");
}

/* The file that the daemon uses, owned; the shipped one where the daemon cannot be asked. NULL: the
 * daemon uses none, or out of memory. */
static char *
catalogue_file(const struct args *args)
{
	const char *file = STUBD_DATA_DIR "/providers.json";
	char error[CTL_ERROR_MAX], *copy;
	json_t *json = NULL;
	long status = 0;

	if (ctl_call(args->socket, "GET", "/v1/catalogue", &json, &status, error) == 0 &&
	    status == 200)
		file = json_string_value(json_object_get(json, "file"));
	copy = file ? strdup(file) : NULL;
	json_decref(json);
	return copy;
}

/* No question to the daemon but for the file: the catalogue is there without it. */
static int
run_catalogue(const struct args *args)
{
	FILE *out = args->json ? NULL : stdout;
	char *file = catalogue_file(args);
	json_t *catalogue = file ? facts_read(file, stderr) : NULL, *facts;
	int code = EXIT_NO;

	if (!file)
		fputs("stubctl: no catalogue is in use\n", stderr);
	free(file);
	facts = catalogue && args->nwords ? facts_of(catalogue, args->words[0]) : NULL;
	if (catalogue && args->nwords && !facts)
		fprintf(stderr, "stubctl: \"%s\" is not in the catalogue\n", args->words[0]);
	else if (catalogue)
		code = facts ? facts_show(out, facts) : facts_list(out, catalogue);
	if (code == EXIT_OK && args->json)
		show_json(stdout, facts ? facts : catalogue);
	json_decref(facts);
	json_decref(catalogue);
	return code;
}

static int
run_reload(const struct args *args)
{
	return call(args, "POST", "/v1/reload", (const char *const[]){ NULL }, show_reload);
}

static int
run_query(const struct args *args)
{
	const char *const pairs[] = { "name", args->words[0], "type", args->words[1], NULL };

	return call(args, "POST", "/v1/query", pairs, show_query);
}

static int
run_flush(const struct args *args)
{
	const bool kind = args->nwords > 1;
	const char *const all[] = { NULL };
	const char *const pairs[] = { "name", args->words[kind], "what",
		kind ? args->words[0] : "below", NULL };

	if (kind && strcmp(args->words[0], "name") != 0 && strcmp(args->words[0], "view") != 0) {
		fprintf(stderr, "stubctl: flush what? write flush, flush NAME, flush name NAME or "
				"flush view NAME\n");
		return EXIT_USAGE;
	}
	return call(args, "POST", "/v1/flush", args->nwords ? pairs : all, show_flush);
}

/* nta; nta add NAME [DURATION]; nta remove NAME */
static int
run_nta(const struct args *args)
{
	const char *verb = args->words[0], *const name = args->words[1];
	const bool add = verb && strcmp(verb, "add") == 0;
	const char *const pairs[] = { "name", name, "duration", args->words[2], NULL };
	char error[ARGS_ERROR_MAX];

	if (!verb)
		return call(args, "GET", "/v1/nta", (const char *const[]){ NULL }, show_ntas);
	if (!name || (!add && (strcmp(verb, "remove") != 0 || args->words[2])))
		return usage("write: stubctl nta [add NAME [DURATION] | remove NAME]");
	if (args_check_name(name, error) < 0)
		return usage(error);
	return add ? call(args, "POST", "/v1/nta/add", pairs, show_nta_added)
		   : call(args, "POST", "/v1/nta/remove", pairs, show_nta_removed);
}

/* With --live the decision is shown first, then the name is asked for; as JSON it is one object. */
static int
run_explain(const struct args *args)
{
	const char *const pairs[] = { "name", args->words[0], "type", args->words[1], NULL };
	json_t *json = NULL, *live = NULL;
	long status = 0;
	int code;

	if (!args->live)
		return call(args, "GET", "/v1/explain", pairs, show_explain);
	code = fetch(args, "GET", "/v1/explain", pairs, &json, &status);
	if (code == EXIT_OK && status == 200)
		code = fetch(args, "POST", "/v1/query", pairs, &live, &status);
	if (code == EXIT_OK && status != 200) {
		show_clean(live ? live : json);
		code = show_error(stderr, live ? live : json, status);
	} else if (code == EXIT_OK) {
		json_object_set(json, "live", live);
		if (args->json)
			show_json(stdout, json);
		show_clean(json);
		show_explain(args->json ? NULL : stdout, json);
		code = show_live(args->json ? NULL : stdout, live);
	}
	json_decref(live);
	json_decref(json);
	return code;
}

static const struct command commands[] = {
	{ "status", "", "what stubd is, whom it asks, how it fares", 0, 0, false, false,
	    run_status },
	{ "query", "NAME [TYPE]", "ask now, and tell how the answer came", 1, 2, false, false,
	    run_query },
	{ "explain", "[--live] NAME [TYPE]", "which rule owns a name, and who would be asked", 1, 2,
	    true, false, run_explain },
	{ "providers", "[shuffle | stamp P]",
	    "all and their standing, or --exposure; draw anew; as a DNS stamp", 0, 2, false, true,
	    run_providers },
	{ "catalogue", "[PROVIDER]", "the known providers; what is known of one, and whence", 0, 1,
	    false, false, run_catalogue },
	{ "nta", "[add|remove NAME]", "names that are not validated; add NAME [DURATION]", 0, 3,
	    false, false, run_nta },
	{ "flush", "[[name | view] NAME]", "forget everything, or what a name stands for", 0, 2,
	    false, false, run_flush },
	{ "reload", "", "read the configuration again", 0, 0, false, false, run_reload },
};

enum { NCOMMANDS = sizeof(commands) / sizeof(*commands) };

static int
help(void)
{
	puts("stubctl [--socket PATH] [--json] COMMAND\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		printf("  %-9s %-21s %s\n", commands[i].name, commands[i].words, commands[i].help);
	puts("  help                            this text\n\n"
	     "TYPE is A unless given. --json prints what the daemon said.\n"
	     "Exit: 0 yes, 1 the answer is no, 2 wrong usage, 3 stubd cannot be reached.");
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	char error[ARGS_ERROR_MAX];
	struct args args;
	int code;

	if (args_parse(argc, argv, getenv("STUBD_CONTROL"), commands, NCOMMANDS, &args, error) < 0)
		return usage(error);
	if (args.version) {
		puts("stubctl " STUBD_VERSION);
		return EXIT_OK;
	}
	if (args.help)
		return help();
	if (args.nwords && args_check_name(args.words[0], error) < 0)
		return usage(error);
	curl_global_init(CURL_GLOBAL_NOTHING);
	code = args.command->run(&args);
	curl_global_cleanup();
	if (fflush(stdout) != 0 && code == EXIT_OK)
		code = EXIT_NO;
	return code;
}
