/*
 * The catalogue: a file with the encrypted resolvers that are known, and what each claims. Its form
 * is policy/providers.schema.json; docs/providers.md tells how its facts are sourced.
 *
 * A fact is null, where nobody knows, or an object whose "value" it is; the rest of the object says
 * where that was read, which is for people and for `make lint`. Members that are not known here are
 * passed over, so that the daemon can be given a brief of the file without all that, which is read in a
 * fifth of the time; its "sources" names the whole one (Makefile, providers.brief.json). An entry that is written wrongly is left out and named in a warning; the others are
 * used. A file of which nothing can be used is an error: whoever has an older catalogue keeps it.
 */
#ifndef POLICY_CATALOGUE_H
#define POLICY_CATALOGUE_H

#include "policy/report.h"
#include "policy/upstream_spec.h"

#include <stddef.h>

enum { CATALOGUE_MAX = 512, CATALOGUE_VERSION = 2 };

/* What a provider says of itself. */
enum claim { CLAIM_UNKNOWN, CLAIM_NO, CLAIM_YES };

struct catalogue_entry {
	struct upstream_spec spec; /* owned */
	enum claim logs;	   /* keeps records of who asked what */
	enum claim filters;	   /* blocks names, of whatever kind */
	enum claim dnssec;	   /* validates */
};

struct catalogue {
	struct catalogue_entry *entries; /* owned */
	size_t n;
};

/* Reads a file. Returns 0; -EINVAL when nothing of it can be used, which is in errors; -ENOMEM; or
 * another -errno, not reported, when it cannot be read. Entries that were left out are in warnings.
 * The caller clears *out in any case. */
int catalogue_read(
    struct catalogue *out, const char *file, struct report *errors, struct report *warnings);

/* The same for text[n], which errors and warnings call `file`. */
int catalogue_parse(struct catalogue *out, const char *file, const char *text, size_t n,
    struct report *errors, struct report *warnings);

void catalogue_clear(struct catalogue *catalogue);

/* The entry of a name, or NULL; one whose spec was taken out is not found. */
struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name);

#endif
