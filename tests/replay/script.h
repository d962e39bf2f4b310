/*
 * A scenario (.rpl) as a list of steps.
 *
 * One step a line: words parted by blanks; "a word in quotes" may hold blanks. "# ..." and empty
 * lines are skipped; the first comment is the scenario's title. Lines that begin with a blank belong
 * to the step before them, up to the next empty line or step. Steps that read text as it stands
 * (config, reload and hosts without a file) take every line up to `end`.
 */
#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { STEP_WORDS_MAX = 24, SCRIPT_ERROR_MAX = 256 };

struct step {
	unsigned line;		     /* of its first word, from 1 */
	char *text;		     /* owned; the line as it was written */
	char *words[STEP_WORDS_MAX]; /* owned */
	size_t at[STEP_WORDS_MAX];   /* where in text each word begins */
	size_t nwords;		     /* ≥ 1 */
	char **block;		     /* owned; the lines that belong to it, without first blanks */
	size_t nblock;
};

struct script {
	char *path;  /* owned */
	char *title; /* owned; "" when there is none */
	struct step *steps;
	size_t nsteps;
};

/* Reads a scenario. Returns 0 and an owned *out, or -errno and error "file:line: what is wrong". */
int script_read(const char *path, struct script **out, char error[SCRIPT_ERROR_MAX]);
struct script *script_free(struct script *script);

/* The rest of a step's line from word i on, as it was written; "" beyond the end. */
const char *step_rest(const struct step *step, size_t i);

#endif
