/*
 * How much is under way below each registrable domain (policy/registrable.h), so that names made up by
 * a page or a program, thousands below one domain, take nobody else's room and are not all passed on
 * to providers.
 *
 * A flight to providers or to the recursion takes one of its domain's DOMAIN_FLIGHTS places. What comes
 * of it decides when the place is free again:
 *
 *	an answer, also that there is nothing of that type	when it ends: a page's hundred host names,
 *		each asked for three types, are under way together and find room
 *	no such name, an error, bogus	DOMAIN_FRUITLESS of them a second: names that are made up
 *					are of this sort
 *	nobody was reached, or a limit of ours	when it ends: it says nothing of the domain
 *
 * A table of DOMAINS places and no more, which is never full: domains share one when their keyed hashes
 * do, and then share what one may use.
 */
#ifndef QUERY_DOMAINS_H
#define QUERY_DOMAINS_H

#include "stubd/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DOMAINS = 2048,
	DOMAIN_FLIGHTS = 300,	/* and those that came to nothing lately; beyond: SERVFAIL + EDE */
	DOMAIN_FRUITLESS = 100, /* a second */
};

struct domains;

struct domain {
	uint32_t flying;
	uint32_t fruitless; /* thousandths of a flight that are still held against it */
	msec last;	    /* when that was so */
};

/* NULL: out of memory. */
struct domains *domains_new(void);
struct domains *domains_free(struct domains *domains);

/* The place of a domain, its wire form; borrowed, it stays where it is. */
struct domain *domains_find(struct domains *domains, const uint8_t *wire, size_t n);

/* A flight begins. False: it may not, there are too many. */
bool domain_take(struct domain *domain, msec now);

/* A flight that was taken has ended. */
void domain_give(struct domain *domain, bool fruitless, msec now);

#endif
