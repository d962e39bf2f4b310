/*
 * The DoH server as JSON: { "listen": [ URLs ], "certificate_until": seconds since 1970 or null,
 * counters of doh.h }. Returns an owned value.
 */
#ifndef FRONT_REPORT_DOH_H
#define FRONT_REPORT_DOH_H

#include <jansson.h>

struct doh_front;
struct policy;

json_t *report_doh(const struct doh_front *front, const struct policy *policy);

#endif
