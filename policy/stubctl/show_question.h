/*
 * One name as text: what policy decides for it, and how its answer came. See policy/stubctl/show.h
 * for out and the exit codes.
 */
#ifndef STUBCTL_SHOW_QUESTION_H
#define STUBCTL_SHOW_QUESTION_H

#include <jansson.h>
#include <stdio.h>

int show_explain(FILE *out, const json_t *json);

/* Exit code 1 for NXDOMAIN, SERVFAIL and the like, and when there is no record of the type. */
int show_query(FILE *out, const json_t *json);

/* The same, under the heading that `explain --live` gives it. */
int show_live(FILE *out, const json_t *json);

#endif
