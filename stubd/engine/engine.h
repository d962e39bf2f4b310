/*
 * The engine's one door: local recursion (and later validation) by libunbound.
 *
 * A request and its result are plain messages (values without pointers into the engine), so that
 * the engine may live in this process, on a thread, or in a helper process without its users
 * noticing. libunbound's context is made on the first request: who never recurses never pays.
 *
 *	                 result                 next turn
 *	engine_recurse ─────────────► answered ───────────► callback, gone
 *	   │ waiting                                           ▲
 *	   └──────────────── deadline: -ETIMEDOUT ─────────────┘
 *
 * Bogus data never leaves this room: such a result has rcode SERVFAIL, no message, and a reason.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "policy/name.h"
#include "stubd/base/clock.h"
#include "stubd/wire/answer.h"

struct engine;
struct engine_ask;
struct loop;

enum {
	ENGINE_ASKS_MAX = 200, /* in flight; more fail with -EBUSY (libunbound's burst must fit our
				  buffers) */
	ENGINE_WHY_MAX = 256,  /* octets of a reason, the NUL included; longer ones are cut */
};

struct engine_config {
	char *root_hints;	  /* owned copy; path; NULL: the shipped one */
	char *trust_anchors;	  /* owned copy; path; NULL: the shipped one */
	char *outgoing_interface; /* tests only; NULL: any */
};

/* A question on its way in. */
struct engine_request {
	uint64_t id; /* comes back with the result */
	struct question question;
};

struct engine_result {
	int error; /* 0, or -errno: -ETIMEDOUT, -EIO (context could not be made), -ENOMEM */
	uint8_t rcode;
	enum security security;
	const uint8_t *wire; /* borrowed for the callback, header ID 0, RRSIGs included; NULL when
				error, bogus, or SERVFAIL without message */
	size_t len;
	const char *why; /* why bogus or failed; borrowed; "" when nothing */
};

typedef void engine_cb(void *arg, const struct engine_result *result);

/* Copies config; makes no context yet. NULL: out of memory. */
struct engine *engine_new(struct loop *loop, const struct engine_config *config);

/* Forgets the asks in flight: their callbacks never come. May be called in a callback. Returns
 * NULL; NULL is allowed. */
struct engine *engine_free(struct engine *engine);

/* Recurses from the root. The callback comes exactly once, never inside this call, at latest after
 * timeout ms, unless cancelled. Returns 0 and *out, -EBUSY or -ENOMEM. */
int engine_recurse(struct engine *engine, const struct question *question, msec timeout,
    engine_cb *cb, void *arg, struct engine_ask **out);

/* Its callback never comes. libunbound finishes the work for its cache. NULL is allowed, and so is
 * an ask whose callback is running. */
void engine_cancel(struct engine_ask *ask);

struct engine_stats {
	uint64_t asks;	   /* taken */
	uint64_t answers;  /* that ended with a message other than SERVFAIL */
	uint64_t failures; /* that ended otherwise; the cancelled ones are in neither */
	uint64_t busy;	   /* refused with -EBUSY */
	bool running;	   /* the context exists */
};
void engine_stats(const struct engine *engine, struct engine_stats *out);

#endif
