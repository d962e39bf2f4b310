#include "policy/stubctl/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char standard_socket[] = "/run/stubd/control.sock";

struct reading {
	int argc, at;
	char *const *argv;
	struct args *args;
	const char *command;
	bool words_only; /* after "--" */
	char *error;
};

static int
fail(struct reading *r, const char *what, const char *word)
{
	snprintf(r->error, ARGS_ERROR_MAX, "%s \"%s\"; see `stubctl help`", what, word);
	return -EINVAL;
}

static int
read_socket(struct reading *r, const char *value)
{
	if (!value)
		value = r->at < r->argc ? r->argv[r->at++] : NULL;
	if (!value || !*value) {
		snprintf(r->error, ARGS_ERROR_MAX, "--socket wants a path");
		return -EINVAL;
	}
	r->args->socket = value;
	return 0;
}

static int
read_option(struct reading *r, const char *word)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--json", &r->args->json },
		{ "--live", &r->args->live },
		{ "--exposure", &r->args->exposure },
		{ "--help", &r->args->help },
		{ "-h", &r->args->help },
		{ "--version", &r->args->version },
		{ "-V", &r->args->version },
	};

	if (strcmp(word, "--") == 0) {
		r->words_only = true;
		return 0;
	}
	if (strcmp(word, "--socket") == 0)
		return read_socket(r, NULL);
	if (strncmp(word, "--socket=", 9) == 0)
		return read_socket(r, word + 9);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (strcmp(word, flags[i].name) == 0) {
			*flags[i].flag = true;
			return 0;
		}
	}
	return fail(r, "unknown option", word);
}

static int
read_word(struct reading *r, const char *word)
{
	if (!r->command) {
		r->command = word;
		return 0;
	}
	if (r->args->nwords == ARGS_WORDS_MAX)
		return fail(r, "one word too many:", word);
	r->args->words[r->args->nwords++] = word;
	return 0;
}

/* Finds the command and checks what was said with it. */
static int
check(struct reading *r, const struct command *table, size_t n)
{
	struct args *args = r->args;
	const struct command *c = NULL;

	if (args->help || args->version)
		return 0;
	if (!r->command) {
		snprintf(r->error, ARGS_ERROR_MAX, "what shall I do? See `stubctl help`");
		return -EINVAL;
	}
	if (strcmp(r->command, "help") == 0) {
		args->help = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, r->command) == 0)
			c = &table[i];
	if (!c)
		return fail(r, "unknown command", r->command);
	args->command = c;
	if (args->nwords < c->min || args->nwords > c->max) {
		snprintf(r->error, ARGS_ERROR_MAX, "write: stubctl %s%s%s", c->name,
		    *c->words ? " " : "", c->words);
		return -EINVAL;
	}
	if (args->live && !c->live)
		return fail(r, "--live does not go with", c->name);
	if (args->exposure && !c->exposure)
		return fail(r, "--exposure does not go with", c->name);
	return 0;
}

int
args_parse(int argc, char *const *argv, const char *env, const struct command *table, size_t n,
    struct args *out, char error[ARGS_ERROR_MAX])
{
	struct args args = { .socket = env && *env ? env : standard_socket };
	struct reading r = { .argc = argc, .at = 1, .argv = argv, .args = &args, .error = error };
	int e = 0;

	while (e == 0 && r.at < argc) {
		const char *word = argv[r.at++];

		if (!r.words_only && word[0] == '-' && word[1])
			e = read_option(&r, word);
		else
			e = read_word(&r, word);
	}
	if (e == 0)
		e = check(&r, table, n);
	if (e == 0)
		*out = args;
	return e;
}

int
args_check_name(const char *name, char error[ARGS_ERROR_MAX])
{
	if (!*name) {
		snprintf(error, ARGS_ERROR_MAX, "the name is empty; the root is written \".\"");
		return -EINVAL;
	}
	for (const char *p = name; *p; p++) {
		if (!(*p & 0x80))
			continue;
		snprintf(error, ARGS_ERROR_MAX,
		    "\"%s\" is not ASCII: write its A-labels (xn--...), which `idn2 %s` prints",
		    name, name);
		return -EINVAL;
	}
	return 0;
}
