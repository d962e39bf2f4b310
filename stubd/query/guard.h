/*
 * What each client beyond this machine uses: how fast it asks, and how many of its questions wait.
 *
 * A table of GUARD_CLIENTS places and no more, which is never full: clients share a place when their
 * addresses' keyed hashes do, and then share what one may use. IPv6 clients are told apart by the
 * first 64 bits of their addresses, since one host has as many of the rest as it likes.
 *
 * All threads have one guard: a client whose questions come to several of them has no more for it.
 * guard_client() and guard_take() may be called by any; `waiting` is the main thread's alone.
 */
#ifndef QUERY_GUARD_H
#define QUERY_GUARD_H

#include "policy/addr.h"
#include "stubd/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_CLIENTS = 4096 };

struct guard;

struct guard_client {
	unsigned waiting; /* its questions that wait for an answer; who starts one counts it */
	uint32_t saved;	  /* thousandths of a question that it may ask at once */
	msec last;	  /* when that was so; 0: never */
};

/* NULL: out of memory. */
struct guard *guard_new(void);
struct guard *guard_free(struct guard *guard);

/* The client's place, borrowed from the guard; it stays where it is. */
struct guard_client *guard_client(struct guard *guard, const struct addr *addr);

/* Takes one question out of `rate` a second; what was not used is saved, for one second at most. False:
 * that was one too many. The threads' clocks may differ by a turn. */
bool guard_take(struct guard *guard, struct guard_client *client, unsigned rate, msec now);

#endif
