#include "stubd/front/totals.h"

#include <stdint.h>

/* All of these are counters and nothing else. */
static void
add(void *sum, const void *more, size_t size)
{
	const uint64_t *from = more;
	uint64_t *to = sum;

	for (size_t i = 0; i < size / sizeof(*to); i++)
		to[i] += from[i];
}

_Static_assert(sizeof(struct query_counters) % sizeof(uint64_t) == 0, "counters only");
_Static_assert(sizeof(struct udp_counters) % sizeof(uint64_t) == 0, "counters only");
_Static_assert(sizeof(struct tcp_counters) % sizeof(uint64_t) == 0, "counters only");

void
totals_add(struct totals *sum, const struct query_counters *query, const struct udp_front *udp,
    const struct tcp_front *tcp)
{
	struct udp_counters u = { 0 };
	struct tcp_counters t = { 0 };

	if (udp)
		udp_counters(udp, &u);
	if (tcp)
		tcp_counters(tcp, &t);
	sum->threads++;
	add(&sum->query, query, sizeof(*query));
	add(&sum->udp, &u, sizeof(u));
	add(&sum->tcp, &t, sizeof(t));
}
