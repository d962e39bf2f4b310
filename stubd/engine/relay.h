/*
 * The relay, our chain listener: where our validator asks for what it judges, and nobody else.
 *
 * libunbound validates only what it has asked for itself, so it forwards everything to this TCP
 * listener on a private 127.x address and a random port. What comes in is handed up; the answer
 * goes back when it is there, in any order (RFC 7766 section 6.2.1.1).
 *
 *	connection ─► is it libunbound's own socket? ──no──► closed, counted
 *	                 │ yes
 *	              question ─► ask(fetch) … relay_answer(fetch) ─► reply, or SERVFAIL
 *
 * TCP alone: a connection has one owner, whose address is compared with libunbound's live sockets
 * once, and a slow answer is not asked for again.
 *
 * Limits: RELAY_CONNS_MAX connections, more are closed; RELAY_FETCHES_MAX questions, more get
 * SERVFAIL at once.
 */
#ifndef ENGINE_RELAY_H
#define ENGINE_RELAY_H

#include "policy/addr.h"
#include "stubd/wire/answer.h"

#include <stdbool.h>
#include <stdint.h>

struct relay;
struct relay_fetch; /* one question */
struct loop;

enum {
	RELAY_CONNS_MAX = 64,
	RELAY_FETCHES_MAX = 6000,
};

struct relay_events {
	/* Does one of libunbound's sockets speak from this address and port? */
	bool (*owns)(void *arg, const struct addr *peer);
	/* A question; it may be answered within this call. */
	void (*ask)(void *arg, const struct question *question, struct relay_fetch *fetch);
};

struct relay_counters {
	uint64_t questions, strangers, overloaded;
};

/* Listens. events is borrowed (static). Returns 0 and an owned *out, or -errno. */
int relay_new(struct loop *loop, const struct relay_events *events, void *arg, struct relay **out);

/* Closes everything; questions without an answer still have to be answered. NULL is allowed. */
struct relay *relay_free(struct relay *relay);

/* Where it listens. */
const struct addr *relay_address(const struct relay *relay);
const struct relay_counters *relay_counters(const struct relay *relay);

const struct question *relay_question(const struct relay_fetch *fetch);

/* Answers, once; answer is borrowed, NULL: SERVFAIL. Takes the fetch. Returns the arg of relay_new(),
 * NULL when the chain is gone. */
void *relay_answer(struct relay_fetch *fetch, const struct answer *answer);

/* The same with raw as it is, or with its part that begins at a later name of its chain. */
void relay_answer_part(struct relay_fetch *fetch, const struct answer *raw);

#endif
