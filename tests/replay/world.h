/*
 * One scenario's world: the real resolver, cache, pool and policy between a fake net, a fake engine
 * and a fake clock, and the clients that ask.
 *
 * Whatever the script does not look at is a failure at its end: a question that nobody expected, an
 * answer nobody expected, a client left waiting, a question left in flight, counters that do not
 * add up, a timer or a connection that outlives its owner.
 */
#ifndef REPLAY_WORLD_H
#define REPLAY_WORLD_H

#include "policy/nta.h"
#include "stubd/query/query.h"
#include "stubd/query/resolver.h"
#include "tests/replay/fake_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script;
struct step;
struct refresh;

enum { WORLD_FAILURE_MAX = 4096, WORLD_HOSTS_MAX = 4096 };

struct client {
	struct list link;
	struct world *world;
	unsigned id;
	bool raw; /* its bytes need not be a query */
	bool stream;
	uint8_t *wire; /* owned */
	size_t len;
	struct query *query; /* while it waits */
	struct query_trace trace;
	unsigned replies;
	bool cancelled, seen;
	uint8_t *reply; /* owned; NULL: it was dropped */
	size_t reply_len;
	msec sent, answered;
};

struct world {
	const struct script *script;
	const struct step *step; /* the one that runs */
	struct loop *loop;
	struct fake_net net;
	struct engine *engine;
	struct pool *pool;
	struct cache *cache;
	struct resolver resolver;
	struct nat64_ask *nat64_ask;
	bool running;		 /* the resolver is open */
	struct refresh *refresh; /* owned; NULL: nobody looks for addresses */
	struct list clients;
	struct nta_table ntas;
	uint16_t *order; /* owned; the draw: providers as they are listed */
	char hosts[WORLD_HOSTS_MAX];
	char failure[WORLD_FAILURE_MAX];
};

/* Says what went wrong; the first word counts. Returns -1. */
int world_fail(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Runs a scenario. Returns true when all of it came true; else failure says what did not. */
bool world_run(const struct script *script, char failure[WORLD_FAILURE_MAX]);

/* Reads the step's policy, from its block or from the file it names, and makes it the current one:
 * the first time everything is made with it. Returns 0 or -1 (world_fail). */
int world_configure(struct world *w);

/* nta add|remove NAME: the person excepts a name from validation, or ends that. Returns 0 or -1. */
int world_nta(struct world *w, const struct step *step);

/* From now on addresses of providers are looked for, and nothing is kept of them. Returns 0. */
int world_refresh(struct world *w, const struct step *step);

/* Ends the resolver. Returns 0 or -1. */
int world_stop(struct world *w);

/* A client sends its bytes (taken). Returns 0 or -1. */
int world_send(struct world *w, struct client *client);
struct client *world_client(struct world *w, unsigned id);

/* Queries = answers + named drops + waiting. Returns 0 or -1. */
int world_balance(struct world *w);

/* The steps, in steps.c, steps_engine.c and expect.c. Return 0 or -1. */
int step_recurse(struct world *w, const struct step *step);
int step_verdict(struct world *w, const struct step *step);
int step_fetch(struct world *w, const struct step *step);
int step_run(struct world *w, const struct step *step);
int expect_run(struct world *w, const struct step *step);

#endif
