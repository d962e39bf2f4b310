/*
 * The names that are excepted from validation, as JSON: {"name", "until" (seconds since 1970),
 * "left_s"}. Each returns an owned value.
 */
#ifndef FRONT_REPORT_NTA_H
#define FRONT_REPORT_NTA_H

#include <jansson.h>

struct name;
struct resolver;

/* All of them, in the order in which they end. */
json_t *report_ntas(const struct resolver *resolver);

/* The one that covers name; null: none. */
json_t *report_nta(const struct resolver *resolver, const struct name *name);

#endif
