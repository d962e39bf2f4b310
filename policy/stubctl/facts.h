/*
 * The catalogue of providers for a person: what is said of each, by whom, where, and when it was
 * read. Read from the file itself, not from the daemon, which keeps none of it; docs/providers.md
 * tells what the keys mean.
 */
#ifndef STUBCTL_FACTS_H
#define STUBCTL_FACTS_H

#include <jansson.h>
#include <stdio.h>

/* Reads the file, or the one in the same folder that it names as its "sources", and checks that it is
 * a catalogue. Returns an owned object, made safe for a terminal; or NULL after a line on err. */
json_t *facts_read(const char *file, FILE *err);

/* One line for each entry. Returns the exit code. */
int facts_list(FILE *out, const json_t *catalogue);

/* The entry and its operator as one owned object: { "provider": ..., "operator": ... }; NULL where
 * there is no such entry. */
json_t *facts_of(const json_t *catalogue, const char *name);

/* All that is known of it, each with its source. Returns the exit code. */
int facts_show(FILE *out, const json_t *facts);

#endif
