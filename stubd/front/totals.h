/*
 * What was counted, by all threads together.
 */
#ifndef FRONT_TOTALS_H
#define FRONT_TOTALS_H

#include "stubd/front/tcp.h"
#include "stubd/front/udp.h"
#include "stubd/query/resolver.h"

#include <stddef.h>

struct totals {
	size_t threads; /* that answer */
	struct query_counters query;
	struct udp_counters udp;
	struct tcp_counters tcp;
};

/* Adds what one thread has counted, of a worker as it stands: what it handed over is counted by the
 * main thread. The fronts may be NULL. Nobody else may write them meanwhile. */
void totals_add(struct totals *sum, const struct query_counters *query, const struct udp_front *udp,
    const struct tcp_front *tcp);

#endif
