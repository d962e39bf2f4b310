/*
 * Negative trust anchors: names that the person has excepted from validation for a while, because
 * a zone's own DNSSEC is broken (RFC 7646). A name covers all below it; it is insecure until its time
 * is over. A table of plain values; time is an argument, in seconds since 1970: what is kept over
 * restarts must be of the wall clock.
 *
 * As text it is one entry a line, "bogus.example. 1795728935"; lines that begin with ";" are comments.
 *
 * Limits: NTA_MAX names, more are refused; no entry lives longer than NTA_TIME_MAX (RFC 7646 section
 * 2). The root has no entry: who wants no validation at all writes so in the configuration.
 */
#ifndef POLICY_NTA_H
#define POLICY_NTA_H

#include "policy/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NTA_MAX = 64,
	NTA_TIME_DEFAULT = 3600, /* seconds */
	NTA_TIME_MAX = 7 * 86400,
	NTA_TEXT_MAX = 1 << 17, /* octets of a table as text */
};

struct nta {
	struct name name;
	int64_t until; /* seconds since 1970 */
};

/* Zeroed: empty. In the order in which they end. */
struct nta_table {
	size_t n;
	struct nta entries[NTA_MAX];
};

/* Adds a name, or gives it another end. Returns 0, -EINVAL (the root), -ERANGE (`until` is not within
 * NTA_TIME_MAX of now) or -ENOSPC (full). */
int nta_add(struct nta_table *table, const struct name *name, int64_t until, int64_t now);

/* Takes a name out; false: it is not in it. */
bool nta_remove(struct nta_table *table, const struct name *name);

/* Takes the next entry that is over out of the table, into *out; false: there is none. */
bool nta_take_over(struct nta_table *table, int64_t now, struct nta *out);

/* Shortens what would last longer than NTA_TIME_MAX from now: the clock was ahead when it was made.
 * Returns how many. */
size_t nta_shorten(struct nta_table *table, int64_t now);

/* The longest entry at or above name; NULL: none. Borrowed until the table changes. */
const struct nta *nta_find(const struct nta_table *table, const struct name *name);

/* Says what is wrong with a line, counted from 1. */
typedef void nta_complain(void *arg, unsigned line, const char *what);

/* Fills an empty table from text[n]. What is malformed is named and skipped; what is over is not
 * taken; what lasts too long is shortened. */
void nta_read(struct nta_table *table, const char *text, size_t n, int64_t now,
    nta_complain *complain, void *arg);

/* The table as text; owned. NULL: out of memory. */
char *nta_write(const struct nta_table *table);

#endif
