/*
 * The exposure ledger (query/ledger.h) as JSON: { "network": { "number", "age_ms" },
 * "error_percent", "providers": [ { "name", "network": counts, "total": counts } ],
 * "network_servers": { "network": counts, "total": counts },
 * "recursion": { "network": counts, "total": counts } }.
 */
#ifndef FRONT_REPORT_EXPOSURE_H
#define FRONT_REPORT_EXPOSURE_H

#include <jansson.h>

struct resolver;

/* An owned value, or NULL when out of memory. */
json_t *report_exposure(const struct resolver *resolver);

#endif
