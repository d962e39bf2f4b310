/*
 * Checks one configuration file against the schema, before files are merged: unknown keys, wrong
 * types, values out of range, values that are not built yet, missing members. Each is reported, and
 * what is wrong is taken out of the document (members) or made null (elements), so that the rest
 * can still be checked.
 */
#ifndef POLICY_CONFIG_CHECK_H
#define POLICY_CONFIG_CHECK_H

#include "policy/config_doc.h"
#include "policy/report.h"

#include <stdint.h>

void config_check(struct config_doc *doc, struct report *report);

/* A size in octets or a time in ms that passed the check. */
int64_t config_size(const json_t *value);
int64_t config_time(const json_t *value);

#endif
