/*
 * The part of a report that tells how an upstream has done on the present network: times, and what went
 * wrong (upstream/record.h).
 */
#ifndef FRONT_REPORT_STANDING_H
#define FRONT_REPORT_STANDING_H

#include "stubd/base/clock.h"

#include <jansson.h>

struct resolver;
struct upstream_info;

/* Adds to the upstream's object; now is the loop's time. */
void report_standing(json_t *json, const struct upstream_info *info, msec now);

/* The addresses beside the written ones that it was found to have (query/refresh.h). Owned. */
json_t *report_found(const struct resolver *resolver, uint16_t upstream);

#endif
