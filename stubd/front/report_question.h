/*
 * One question as JSON: what policy decides for it, and how it was answered. Each returns an owned
 * value.
 */
#ifndef FRONT_REPORT_QUESTION_H
#define FRONT_REPORT_QUESTION_H

#include "policy/name.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct query_trace;
struct resolver;

/* What would happen to question now: runs policy_view() and policy_route() on the daemon's own
 * values, and looks into the cache without counting a hit. */
json_t *report_explain(const struct resolver *resolver, const struct question *question);

/* A reply's records in presentation format, and how it came; took in ms. */
json_t *report_reply(const struct question *question, const uint8_t *wire, size_t len,
    const struct query_trace *trace, uint64_t took);

#endif
