/*
 * The daemon's JSON as text for a person. Each show_ function prints to out (NULL: prints nothing)
 * and returns the exit code that the answer deserves. Missing members read as empty, so that an
 * older or newer daemon is still shown.
 */
#ifndef STUBCTL_SHOW_H
#define STUBCTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* Makes every string in json safe for a terminal: control characters become "?". Do it first. */
void show_clean(json_t *json);

/* As it came, indented. */
void show_json(FILE *out, const json_t *json);

/* {"error": ...} with an HTTP status other than 200: 400 is wrong usage, the rest is a no. */
int show_error(FILE *out, const json_t *json, long status);

int show_status(FILE *out, const json_t *json);
int show_providers(FILE *out, const json_t *json);
int show_stamp(FILE *out, const json_t *json);
int show_shuffle(FILE *out, const json_t *json);
int show_reload(FILE *out, const json_t *json);
int show_flush(FILE *out, const json_t *json);

/* A table of upstreams, indented; its rows begin with name, transport, standing and time. */
void show_upstreams(FILE *out, const json_t *upstreams, int indent);

/* Members of an object; "" and 0 when missing. */
const char *show_str(const json_t *json, const char *key);
long long show_int(const json_t *json, const char *key);

/* Writes "12 s", "3 min", "2 h 5 min", "4 d 3 h" into text[32]; returns text. */
char *show_duration(long long ms, char text[32]);

#endif
