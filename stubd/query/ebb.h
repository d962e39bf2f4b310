/*
 * Gives memory back that a crowd of waiting queries took: an outage can make thousands of them, and
 * malloc() keeps what they leave behind among what stays.
 *
 *	quiet ── EBB_CROWD queries wait ──► crowded ── EBB_DELAY later, fewer wait ──► given back, quiet
 *	                                      ▲ │
 *	                                      └─┘ EBB_DELAY later, as many wait
 *
 * So it happens at most once in EBB_DELAY, and a stub that sees no crowd has no timer.
 */
#ifndef QUERY_EBB_H
#define QUERY_EBB_H

struct resolver;

enum {
	EBB_CROWD = 256, /* waiting queries: some hundred kilobytes with all that belongs to them */
	EBB_DELAY = 10000, /* ms */
};

/* One more query waits. The main thread's only. */
void ebb_query_waits(struct resolver *resolver);

#endif
