/*
 * What the person typed: "stubctl [--socket PATH] [--json] COMMAND [WORDS]". Options may stand
 * anywhere; "--" ends them.
 */
#ifndef STUBCTL_ARGS_H
#define STUBCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum { ARGS_WORDS_MAX = 3, ARGS_ERROR_MAX = 512 };

/* Exit codes, the same for every command. */
enum { EXIT_OK = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

struct args;

struct command {
	const char *name, *words, *help;
	int min, max;			     /* how many words */
	bool live, exposure;		     /* takes --live, --exposure */
	int (*run)(const struct args *args); /* returns the exit code */
};

struct args {
	const char *socket; /* --socket, else $STUBD_CONTROL, else the standard path; borrowed */
	bool json, live, exposure, help, version;
	const struct command *command; /* NULL only with help or version */
	const char *words[ARGS_WORDS_MAX];
	int nwords;
};

/* Reads argv against the table. env is $STUBD_CONTROL's value or NULL. Returns 0, or -EINVAL and one
 * line for the person in error. */
int args_parse(int argc, char *const *argv, const char *env, const struct command *table, size_t n,
    struct args *out, char error[ARGS_ERROR_MAX]);

/* Checks that name can go to the daemon: ASCII only, not empty. Returns 0, or -EINVAL and one line
 * in error that says what to write instead. */
int args_check_name(const char *name, char error[ARGS_ERROR_MAX]);

#endif
