/*
 * What many waiting queries make of the daemon.
 *
 * While CROWD_GATHERS of them wait the loop gathers (loop_gather()): what comes in quick succession is
 * handled together, and leaves together.
 *
 * After CROWD_EBBS of them, which an outage makes, memory is given back that malloc() would keep among
 * what stays:
 *
 *	quiet ── CROWD_EBBS wait ──► crowded ── CROWD_EBB later, fewer wait ──► given back, quiet
 *	                               ▲ │
 *	                               └─┘ CROWD_EBB later, as many wait
 *
 * So that happens at most once in CROWD_EBB, and a stub that sees no crowd has no timer.
 */
#ifndef QUERY_CROWD_H
#define QUERY_CROWD_H

struct resolver;

enum {
	CROWD_GATHERS = 8,
	CROWD_EBBS = 256,  /* some hundred kilobytes with all that belongs to them */
	CROWD_EBB = 10000, /* ms */
};

/* One more waits, or one fewer; counters.waiting tells. On the main thread. */
void crowd_grew(struct resolver *resolver);
void crowd_shrank(struct resolver *resolver);

#endif
