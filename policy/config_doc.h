/*
 * One configuration file in memory: its text, its JSON, its lines. Lines are found when the first error
 * asks for one: a file without any need not be gone through for them.
 */
#ifndef POLICY_CONFIG_DOC_H
#define POLICY_CONFIG_DOC_H

#include "policy/jsonline.h"
#include "policy/report.h"

#include <jansson.h>
#include <stddef.h>

enum { CONFIG_FILE_MAX = 4 << 20 };

struct config_doc {
	char *file; /* owned; as errors name it */
	char *text; /* owned */
	size_t n;
	json_t *root;		/* owned; NULL when it is no JSON object */
	struct jsonline *lines; /* owned; NULL: nobody has asked yet */
};

/* Parses text[n]; syntax errors, keys that come twice and keys with escapes are reported. Returns
 * 0, -EINVAL (reported; doc may be partly filled) or -ENOMEM. The caller clears doc in any case. */
int config_doc_parse(
    struct config_doc *doc, const char *file, const char *text, size_t n, struct report *report);

/* Reads a file of at most CONFIG_FILE_MAX octets and parses it. Returns as config_doc_parse(), or
 * another -errno, not reported and with doc empty, when it cannot be read. */
int config_doc_read(struct config_doc *doc, const char *file, struct report *report);

void config_doc_clear(struct config_doc *doc);

/* The value at a path like "/providers/custom/0", borrowed; NULL if there is none. */
json_t *config_doc_at(json_t *root, const char *path);

/* Reports an error at the line of path. */
void config_doc_error(struct config_doc *doc, struct report *report, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
