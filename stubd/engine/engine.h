/*
 * The engine's one door: local recursion, and validation of what providers answer, by libunbound.
 *
 * libunbound lives in a helper process (engine/helper.h), which is started on the first question and
 * shut in (engine/sandbox.h): who never recurses never pays, and what libunbound's reading of the network
 * may do to it ends there. A request and its result are plain messages (engine/message.h), and nothing
 * that comes back is trusted further than what it is for: a verdict.
 *
 *	stub                                          helper
 *	engine_recurse(), engine_validate(raw) ─────► libunbound ◄─► raw, or …
 *	engine_fetched() ◄── providers ◄── fetch ◄─── … keys and delegations
 *	callback ◄─────────────────────────────────── secure | insecure | bogus | failed
 *
 * When the helper crashes or hangs (engine/keeper.h), another takes its place. What was in its hands is
 * asked once more if there is time; a question that was in the hands of ENGINE_DEATHS_MAX lost helpers
 * fails with -EPIPE, and so does one that would have to wait beyond its deadline. -EPIPE is no reason to
 * open another stage. So it fails, too, and at once, while the helper's program is known to be of another build.
 *
 * Bogus data never comes out: such a result has rcode SERVFAIL, no message, and a reason.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "policy/name.h"
#include "stubd/base/clock.h"
#include "stubd/wire/answer.h"

struct engine;
struct engine_ask;
struct engine_fetch;
struct loop;

enum {
	/* Recursions in flight; more fail with -EBUSY. libunbound takes 1,024, those that were
	 * forgotten included. */
	ENGINE_ASKS_MAX = 800,
	ENGINE_VALIDATIONS_MAX = 2000,
	ENGINE_FETCHES_MAX = 6000, /* the validator's questions in hand; more are dropped */
	ENGINE_DEATHS_MAX = 2,	   /* of helpers, before a question that all of them had fails */
	ENGINE_WHY_MAX = 256,	   /* octets of a reason, the NUL included; longer ones are cut */
};

/* What is not validated from the root. Plain texts, one entry a line, so that they can be sent as a
 * message; NULL: none. */
struct engine_exceptions {
	char *insecure; /* names in presentation format: they and all below are left unproved */
	char *anchors;	/* DS and DNSKEY records from which split zones are proved */
	char *
	    dead_ends; /* names that, with all below, recursion asks nobody for (engine/deadend.h) */
	/* Path of the file in which the root's keys are followed (engine/rootstate.h), in place of
	 * trust_anchors; by one context: the validation's, or, where nothing is validated, the
	 * recursion's. */
	char *root_state;
	bool root_by_recursion;
};

struct engine_config {
	char *root_hints;	  /* owned copy; path; NULL: the shipped one */
	char *trust_anchors;	  /* owned copy; path; NULL: the shipped one */
	char *outgoing_interface; /* tests only; NULL: any */
	const char *program; /* tests only; borrowed; path of the helper's; NULL: the shipped one */
	int64_t time; /* seconds since 1970 by which signatures are checked; 0: the clock's */
	struct engine_exceptions exceptions; /* owned; see engine_set_exceptions() */
};

/* A question on its way in. */
struct engine_request {
	uint64_t id; /* comes back with the result */
	struct question question;
};

struct engine_result {
	int error; /* 0, or -errno: -ETIMEDOUT, -EIO (context could not be made), -ENOMEM, -EBUSY
		    * (libunbound has no room), -EPIPE (helpers were lost), -EAGAIN (the chain of
		    * trust was lost on its way to this result) */
	uint8_t rcode;
	enum security security;
	const uint8_t *wire; /* borrowed for the callback, header ID 0, RRSIGs included; NULL when
				error, bogus, or SERVFAIL without message */
	size_t len;
	const char *why; /* why bogus or failed; borrowed; "" when nothing */
};

typedef void engine_cb(void *arg, const struct engine_result *result);

/* Copies config; opens the file of the helper's program, which a later user may not be able to; starts nothing
 * yet. NULL: out of memory. */
struct engine *engine_new(struct loop *loop, const struct engine_config *config);

/* Forgets the asks in flight: their callbacks never come. Waits until the helper is gone. May be called
 * in a callback. Returns NULL; NULL is allowed. */
struct engine *engine_free(struct engine *engine);

/* Recurses from the root. The callback comes exactly once, never inside this call, at latest after
 * timeout ms, unless cancelled. Returns 0 and *out, -EBUSY or -ENOMEM. */
int engine_recurse(struct engine *engine, const struct question *question, msec timeout,
    engine_cb *cb, void *arg, struct engine_ask **out);

/* A question of the validator's: whoever is called must answer it once, by engine_fetched(), also
 * within the call. question is borrowed until then. */
typedef void engine_fetch_cb(
    void *arg, const struct question *question, struct engine_fetch *fetch);
void engine_set_fetch(struct engine *engine, engine_fetch_cb *cb, void *arg);

enum fetch_end {
	FETCH_ANSWERED,
	FETCH_REFUSED, /* an error came */
	FETCH_DROPPED, /* a limit of our own was met, that of time too */
	FETCH_LOST,    /* nobody could be reached */
};

/* Takes the fetch; answer (borrowed) was not validated; it is NULL unless ANSWERED. */
void engine_fetched(struct engine_fetch *fetch, const struct answer *answer, enum fetch_end end);

/* Validates raw, the answer to question as it came (borrowed until the callback or engine_cancel()).
 * The result's message is libunbound's own, made from what it found in raw. As engine_recurse(). */
int engine_validate(struct engine *engine, const struct question *question,
    const struct answer *raw, msec timeout, engine_cb *cb, void *arg, struct engine_ask **out);

/* Why it can do nothing: its program is not there. Borrowed; NULL: it is. */
const char *engine_lack(const struct engine *engine);

/* The same, and the mend: its program was tried, and is of another build than this one. */
const char *engine_stranger(const struct engine *engine);

/* Can the trust anchors be read, and are they some? Returns 0, or -EIO and why. */
int engine_check_anchors(const struct engine *engine, char why[ENGINE_WHY_MAX]);

/* Forgets keys, delegations and what is known of servers: those who answer are others now. */
void engine_forget(struct engine *engine);

/* Signatures are checked at that time from the next question on, in seconds since 1970; 0: by the
 * machine's clock. Another time makes it forget, too. */
void engine_set_time(struct engine *engine, int64_t seconds);

/* What is validated by other rules from the next question on, and what waits, too; exceptions is
 * copied. When they differ from those before, both contexts are made anew; root_state counts for
 * helpers that are to come. Returns 0, -E2BIG (see engine/except.h) or -ENOMEM. */
int engine_set_exceptions(struct engine *engine, const struct engine_exceptions *exceptions);

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

struct engine_validator_stats {
	struct engine_stats asks;
	uint64_t chain_questions; /* libunbound's, those for the message itself included */
	uint64_t strangers;	  /* connections to the listener that were not libunbound's */
	uint64_t renewals;	  /* contexts made anew */
};
void engine_validator_stats(const struct engine *engine, struct engine_validator_stats *out);

/* Is there a helper now? */
bool engine_running(const struct engine *engine);

/* Helpers that crashed or hung, or could not be started. */
uint64_t engine_restarts(const struct engine *engine);

#endif
