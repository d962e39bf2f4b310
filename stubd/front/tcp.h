/*
 * The TCP front (RFC 7766): pipelined questions, answers in the order they are ready.
 *
 *	accept ─► OPEN ──────────── peer's FIN, or drain ─────────────► LAST
 *	           │ ▲ TCP_INFLIGHT questions: reading pauses            │ the last answer is written
 *	           │ └──────── answers go out: reading goes on           ▼
 *	           │                                                  CLOSING: FIN sent; what still
 *	           │ error, idle, slow reader, bad frame                 │ comes is thrown away
 *	           ▼                                                     │ peer's FIN, or TCP_LINGER
 *	         freed ◄─────────────────────────────────────────────────┘
 *
 * Limits: MAX_TCP_CLIENTS connections; when full the longest idle makes room, and when none is idle
 * the newcomer is closed. TCP_INFLIGHT questions of one connection, then it is not read (what was
 * read already is still answered). A peer that does not read its answers is not read from TCP_UNSENT
 * octets on, and closed when the stream's queue is full. TCP_IDLE without a whole question or an
 * answer closes.
 */
#ifndef FRONT_TCP_H
#define FRONT_TCP_H

#include <stddef.h>
#include <stdint.h>

struct resolver;
struct tcp_front;

enum {
	MAX_TCP_CLIENTS = 256,
	TCP_INFLIGHT = 100,
	TCP_UNSENT = 64 * 1024, /* octets */
	TCP_IDLE = 10000,	/* ms; RFC 7766 section 6.2.3 */
	TCP_LINGER = 1000,	/* ms that CLOSING waits for the peer */
};

struct tcp_counters {
	uint64_t accepted;
	uint64_t received;	/* questions */
	uint64_t refused;	/* MAX_TCP_CLIENTS, and none was idle */
	uint64_t displaced;	/* idle ones that made room */
	uint64_t closed_idle;	/* by TCP_IDLE */
	uint64_t closed_slow;	/* did not read their answers */
	uint64_t closed_frame;	/* zero-length or too short a frame */
	uint64_t closed_error;	/* reset and the like */
	uint64_t closed_memory; /* no memory */
	uint64_t clients;	/* a level */
	uint64_t waiting;	/* a level: questions without an answer yet */
};

/* resolver is borrowed. NULL: out of memory. */
struct tcp_front *tcp_new(struct resolver *resolver);

/* Lets waiting queries go, closes everything. Returns NULL; NULL is allowed. */
struct tcp_front *tcp_free(struct tcp_front *front);

/* Serves a listening socket: takes fd (on failure it stays the caller's). Returns 0 or -ENOMEM. */
int tcp_add(struct tcp_front *front, int fd);

/* Takes no more connections and questions; answers what was asked, then closes. Counters' `clients`
 * falls to 0. */
void tcp_drain(struct tcp_front *front);

void tcp_counters(const struct tcp_front *front, struct tcp_counters *out);

#endif
