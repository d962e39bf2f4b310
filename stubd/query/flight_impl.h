/*
 * What the two files of flights share: flight.c, how they begin, are waited on and end; and
 * flight_stages.c, whom they ask meanwhile.
 */
#ifndef QUERY_FLIGHT_IMPL_H
#define QUERY_FLIGHT_IMPL_H

#include "policy/config.h"
#include "stubd/net/loop.h"
#include "stubd/query/designations.h"
#include "stubd/query/flight.h"
#include "stubd/query/recursion.h"
#include "stubd/query/validation.h"

enum {
	FLIGHT_DEADLINE =
	    QUERY_DEADLINE - 100, /* ms; so that the flight's own reason comes first */
};

struct flight {
	struct map_node node; /* in resolver->flights */
	struct list link;     /* in resolver->flying */
	struct resolver *resolver;
	enum flight_kind kind;
	bool cd;
	uint64_t hash;	       /* cache_hash() of the name */
	unsigned ledger;       /* enum ledger_why: what for, and the registrable domain */
	struct domain *domain; /* borrowed; where it takes a place, or NULL */
	struct list waits;

	struct route route;
	unsigned stage;			      /* number in route.stages */
	struct loop_later start;	      /* after flight_join(), or a reload */
	struct recursion recursion;	      /* of the stage that asks the engine */
	struct designations_wait designation; /* of the stage that asks the network's servers */
	msec started;

	enum ede ede;
	enum failure_kind failure;
	bool unreached;
	bool own;	       /* a stage had no room */
	bool scoped;	       /* for one network, subnet (query/scopes.h) */
	struct answer *answer; /* the result; owned */
	enum dnssec_mode mode; /* of the question, as of flight_on_start() */
	struct flight_trace trace;
	struct pursuit pursuit;	      /* of stages that ask upstreams */
	struct validation validation; /* of stages that ask providers */
	/* from here on, and the ends of those two: not cleared by flight_new() */
	char why[PURSUIT_WHY_MAX]; /* names upstreams and causes */
	struct question question;
	struct view view;
	struct subnet subnet;
};

/* After the start, or after a reload: finds its stages and enters the first. arg is the flight. */
void flight_on_start(void *arg);

/* Ends whatever the current stage has under way. */
void flight_stop(struct flight *f);

/* The two ends. f is gone after them. */
void flight_succeed(struct flight *f, enum ede ede, const char *text);
void flight_fail(struct flight *f, enum ede ede, enum failure_kind failure);

#endif
