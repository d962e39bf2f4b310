/*
 * A load in progress: what the parts of policy/config share. Values that failed their check are
 * absent or null in `merged`, and were reported; the builders pass over them without a word.
 */
#ifndef POLICY_CONFIG_LOAD_H
#define POLICY_CONFIG_LOAD_H

#include "policy/config.h"
#include "policy/config_doc.h"
#include "policy/report.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct config_load {
	const struct policy_load_options *options; /* borrowed */
	struct config_doc *docs;		   /* owned; in order */
	size_t ndocs;
	json_t *merged;	       /* owned; defaults and documents, one over the other */
	struct policy *policy; /* owned until the load succeeds */
	struct report report;
	struct report warnings; /* moves into the policy when the load succeeds */
	bool incomplete;	/* a file could not be read or parsed: reported */
};

/* The value at a path of the merged configuration, or NULL. */
json_t *config_at(const struct config_load *load, const char *path);

/* Its text, or NULL where it is null or missing. */
const char *config_text(const struct config_load *load, const char *path);

/* Reports an error at the last file that writes path. */
void config_error(struct config_load *load, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* True where a file writes path itself. */
bool config_written(const struct config_load *load, const char *path);

/* strdup() that notes a lack of memory in the load; NULL for NULL. */
char *config_strdup(struct config_load *load, const char *text);

/* Whether the file that is named at path (NULL: none) can be read. Returns 0, or -EINVAL:
 * reported. */
int config_check_readable(struct config_load *load, const char *path, const char *file);

/* Appends an upstream (takes it, clears it on failure). Returns its number, or -1: reported. */
int config_add_upstream(struct config_load *load, const char *path, struct upstream_spec *spec);

/* Fills the policy from the merged configuration; policy/config_build.c. */
void config_build(struct config_load *load);

#endif
