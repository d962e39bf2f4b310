/*
 * A file of trust anchors for names of a split rule: DS and DNSKEY records in presentation format
 * (RFC 1035 section 5.1, RFC 4034 sections 2.2 and 5.3).
 *
 * What a validator would silently pass over, and so take the zone for an insecure one, is an error:
 * an algorithm or a digest that it does not know, a revoked key, a file without records.
 *
 * Limits: ANCHORS_MAX records, a file of ANCHORS_FILE_MAX octets.
 */
#ifndef POLICY_ANCHORS_H
#define POLICY_ANCHORS_H

#include "policy/name.h"
#include "policy/why.h"

#include <stdbool.h>
#include <stddef.h>

enum { ANCHORS_MAX = 64, ANCHORS_FILE_MAX = 1 << 16 };

struct anchor {
	struct name name;
	char *text; /* owned; the record in one line */
};

/* Reads a file. Returns 0, an owned *out of *n; -EINVAL and why, which begins with the file and, where
 * there is one, the line; or -ENOMEM. */
int anchors_read(const char *path, struct anchor **out, size_t *n, struct why *why);

/* Is one of them for what is asked, or above it? What a DS says is its parent's word. */
bool anchors_cover(const struct anchor *anchors, size_t n, const struct question *question);

/* Returns NULL; NULL is allowed. */
struct anchor *anchors_free(struct anchor *anchors, size_t n);

#endif
