/*
 * Building blocks of the JSON reports: addresses, upstreams, counters, texts from outside. Each
 * returns an owned value.
 */
#ifndef FRONT_REPORT_PARTS_H
#define FRONT_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr;
struct resolver;

struct report_count {
	const char *name; /* NULL ends a list */
	uint64_t n;
};

json_t *report_counts(const struct report_count *counts);
json_t *report_addr(const struct addr *addr);

/* A JSON string of text from outside: what is not UTF-8 becomes "?". */
json_t *report_text(const char *text);

/* One upstream: who it is, its standing, its connections, its last error. */
json_t *report_upstream(const struct resolver *resolver, uint16_t upstream);

/* Its place in the draw, counted from 1; 0: not drawn (a split rule's server). */
size_t report_rank(const struct resolver *resolver, uint16_t upstream);

/* Whether there is IPv4, the prefix of NAT64 or null, and whether names get addresses in it. */
json_t *report_network(const struct resolver *resolver);

bool report_is_down(const struct resolver *resolver, uint16_t upstream);

#endif
