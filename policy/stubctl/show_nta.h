/*
 * The names that are excepted from validation, as text. See policy/stubctl/show.h for out and the exit
 * codes.
 */
#ifndef STUBCTL_SHOW_NTA_H
#define STUBCTL_SHOW_NTA_H

#include <jansson.h>
#include <stdio.h>

/* All of them. */
int show_ntas(FILE *out, const json_t *json);

/* One that was added; one that was removed. */
int show_nta_added(FILE *out, const json_t *json);
int show_nta_removed(FILE *out, const json_t *json);

/* A block of status, when there are any; a line of explain, when one covers the name. */
void show_nta_block(FILE *out, const json_t *ntas);
void show_nta_line(FILE *out, const json_t *nta);

#endif
