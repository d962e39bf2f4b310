/*
 * The engine from inside, shared by its files: engine.c is the door and the helper's counterpart,
 * engine_ask.c the life of one ask.
 *
 *	                       helper lost, once
 *	          ┌────────────────────────────────┐
 *	          ▼                                │  result
 *	new ─► QUEUED ──a helper takes messages──► SENT ──────► ANSWERED ──next turn──► DELIVERED, gone
 *	          └───────── deadline, or no helper in time ─────────────────────────────┘
 */
#ifndef ENGINE_ENGINE_IMPL_H
#define ENGINE_ENGINE_IMPL_H

#include "stubd/base/list.h"
#include "stubd/engine/engine.h"
#include "stubd/engine/message.h"
#include "stubd/engine/program.h"
#include "stubd/net/timer.h"

struct keeper;

enum ask_state {
	ASK_QUEUED, /* for a helper */
	ASK_SENT,
	ASK_ANSWERED,
	ASK_DELIVERED,
};

struct engine_ask {
	struct engine *engine;
	uint64_t id; /* its slot is id % MESSAGE_ASKS_MAX */
	struct question question;
	const struct answer *raw; /* borrowed; what is to be validated; NULL: a recursion */
	msec started, until;
	unsigned deaths; /* helpers that were lost with it */
	enum ask_state state;
	engine_cb *cb;
	void *arg;
	struct timer timer; /* QUEUED, SENT: the deadline; ANSWERED: at once */
	struct engine_result result;
	uint8_t *wire; /* owned; result.wire */
	char why[ENGINE_WHY_MAX];
};

/* A question of the validator's that its owner works on. */
struct engine_fetch {
	struct list link;
	struct engine *engine; /* NULL: whoever asked is gone */
	uint64_t id;
	struct question question;
};

struct engine {
	struct loop *loop;
	struct engine_config config; /* owned strings, none NULL but outgoing_interface */
	int program;		     /* descriptor of the helper's file; -1: there is none */
	char lack[PROGRAM_WHY_MAX];  /* where it should be; "": it is there */
	struct keeper *keeper;
	struct engine_ask *asks[MESSAGE_ASKS_MAX]; /* recursions, then validations */
	uint64_t round;				   /* makes ids differ that share a slot */
	size_t waiting;				   /* asks QUEUED or SENT */
	struct list fetches;			   /* engine_fetch.link */
	size_t nfetches;
	engine_fetch_cb *fetch;
	void *fetch_arg;
	msec lost_at; /* when a fetch was last lost because nobody could be reached */
	bool lost;    /* lost_at means something */
	struct engine_stats recursion, validation; /* but for running */
	struct worker_stats before;		   /* of the helpers that are gone */
	struct worker_stats now;		   /* of this one */
};

bool engine_ask_waits(const struct engine_ask *ask);

/* A new ask in a slot of its own, QUEUED. NULL: out of memory. */
struct engine_ask *engine_ask_new(
    struct engine *engine, size_t slot, const struct question *question, msec timeout);

/* Takes it out of its slot and back from the helper; its callback never comes. */
void engine_ask_drop(struct engine_ask *ask);

/* The same at the end of the engine, when there is nobody to tell. Returns NULL. */
struct engine_ask *engine_ask_free(struct engine_ask *ask);

struct engine_stats *engine_ask_stats(const struct engine_ask *ask);

/* Hands it to the helper, which must be ready. Returns 0, -EBUSY or -ENOMEM. */
int engine_ask_send(struct engine_ask *ask);

/* The helper is gone, and had it. */
void engine_ask_lose(struct engine_ask *ask);

/* Ends it: keeps copies of the message and the reason, calls back in a moment. */
void engine_ask_answer(struct engine_ask *ask, const struct engine_result *result);
void engine_ask_fail(struct engine_ask *ask, int error, const char *why);

#endif
