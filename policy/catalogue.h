/*
 * The catalogue: a file with the encrypted resolvers that are known, and what each claims. Members
 * that are not known here are passed over, so that a newer catalogue can be read; what is written
 * wrongly is reported.
 */
#ifndef POLICY_CATALOGUE_H
#define POLICY_CATALOGUE_H

#include "policy/report.h"
#include "policy/upstream_spec.h"

#include <stddef.h>

enum { CATALOGUE_MAX = 512 };

/* What a provider says of itself. */
enum claim { CLAIM_UNKNOWN, CLAIM_NO, CLAIM_YES };

struct catalogue_entry {
	struct upstream_spec spec; /* owned */
	enum claim logs;	   /* keeps records of who asked what */
	enum claim filters;	   /* blocks names */
	enum claim dnssec;	   /* validates */
};

struct catalogue {
	struct catalogue_entry *entries; /* owned */
	size_t n;
};

/* Reads a file. Returns 0, -EINVAL (reported), -ENOMEM, or another -errno, not reported, when it
 * cannot be read. The caller clears *out in any case. */
int catalogue_read(struct catalogue *out, const char *file, struct report *report);
void catalogue_clear(struct catalogue *catalogue);

/* The entry of a name, or NULL; one whose spec was taken out is not found. */
struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name);

#endif
