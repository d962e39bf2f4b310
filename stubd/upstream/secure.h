/*
 * What DoT and DoH have in common: one TLS connection that carries many questions at a time, its
 * life, and the questions on it. How a question looks on the wire is the codec's.
 *
 * Life: it closes itself SECURE_IDLE ms after the last answer, or sooner where that server is known
 * to close sooner or says so (RFC 7828), and takes nothing new after SECURE_AGE. A question after
 * SECURE_QUIET ms of rest goes with a request for a sign of life in the same write, if that costs no
 * question (secure_codec.ping_is_free): a path that is gone and a name that is slow are then told apart.
 * Silence: when the first question that was written since the last octet came is
 * SECURE_PING ms old, the server is asked for a sign of life; after SECURE_STALL ms of silence the
 * connection counts as broken, also when nobody waits for the answer any more. So a path that swallows everything is noticed in that time, while a
 * server that is alive may take its time over one name.
 *
 * Messages are padded to SECURE_PAD octets (RFC 8467 section 4.1) and advertise SECURE_UDP_SIZE
 * (RFC 6891), whatever the transport, so that all questions look alike.
 */
#ifndef UPSTREAM_SECURE_H
#define UPSTREAM_SECURE_H

#include "stubd/net/timer.h"
#include "stubd/net/loop.h"
#include "stubd/net/tls.h"
#include "stubd/upstream/transport.h"

enum {
	SECURE_OUTSTANDING = 300, /* questions on one connection; beyond: -EBUSY. The longest fit in
				   * TLS_QUEUE */
	SECURE_IDLE = 30000,	  /* ms, RFC 7858 section 3.4 */
	SECURE_IDLE_MARGIN =
	    500, /* ms, and a tenth of it: so long before the server does it is closed */
	SECURE_AGE = 3600000, /* ms */
	SECURE_QUIET = 2000,  /* ms */
	SECURE_PING = 750,    /* ms */
	SECURE_STALL = 1500,  /* ms */
	SECURE_PAD = 128,
	SECURE_UDP_SIZE = 1232,
	SECURE_QUERY = 512, /* octets; the longest name, OPT and padding take 384 */
};

struct secure_codec {
	const char *alpn;
	bool alpn_required;
	bool last_apart; /* the last secure_write() of a turn is a TLS record of its own */
	/* Makes t->state. Returns 0 or -ENOMEM. */
	int (*start)(
	    struct transport *t, const struct upstream_spec *spec, const struct addr *addr);
	void (*stop)(struct transport *t);
	/* TLS is up: what has to be said first. */
	void (*ready)(struct transport *t);
	/* Writes a question. Returns 0, -EBUSY, -EPIPE or -ENOMEM. */
	int (*send)(struct transport *t, struct transport_ask *ask);
	/* Forgets a question that was sent. */
	void (*cancel)(struct transport *t, struct transport_ask *ask);
	/* Takes octets; calls secure_answer(), secure_retired(), secure_broken(). */
	void (*feed)(struct transport *t, const uint8_t *bytes, size_t n);
	size_t (*room)(const struct transport *t);
	void (*ping)(struct transport *t);
	bool ping_is_free; /* it is no question */
	bool keepalive;	   /* each question asks how long the server keeps it, RFC 7828 */
};

/* The connection: opaque to all but secure.c and the codecs. */
struct transport {
	struct loop *loop;
	const struct secure_codec *codec;
	void *state; /* the codec's */
	const struct transport_events *events;
	void *arg;
	struct tls *tls;	   /* NULL once closed */
	struct list waiting, sent; /* transport_ask.link */
	size_t nwaiting, nsent;
	struct timer life; /* idle limit; before READY: nothing */
	msec idle;	   /* that limit */
	msec told;	   /* what the server's last word makes of it; 0: it said nothing */
	struct timer age;
	struct timer stall;
	struct loop_later later; /* what may not happen inside a call */
	uint64_t opened_us;
	msec heard;
	msec unheard; /* when the first question since then was written; 0: none */
	msec pinged;
	enum ecs_mode ecs; /* of upstream_spec */
	bool ready, retired, retired_told;
	bool closing;	    /* nothing may be asked, the end is being told */
	bool silent;	    /* events are not called any more */
	enum ask_fail fail; /* found inside open(); told later */
	char text[TLS_TEXT];
};

struct transport *secure_open(const struct transport_env *env, const struct upstream_spec *spec,
    const struct addr *addr, const struct secure_codec *codec,
    const struct transport_events *events, void *arg);
int secure_send(struct transport *t, struct transport_ask *ask);
void secure_cancel(struct transport *t, struct transport_ask *ask);
size_t secure_room(const struct transport *t);
void secure_retire(struct transport *t);
void secure_close(struct transport *t);
msec secure_heard(const struct transport *t);
void secure_limit_idle(struct transport *t, msec limit);

/* For codecs. After each of these the connection may be closing: see t->closing. */

/* Ends a question: wire[len] on ASK_OK, else text. */
void secure_answer(struct transport *t, struct transport_ask *ask, enum ask_fail fail,
    const char *text, const uint8_t *wire, size_t len);

/* The server has said how long it keeps the connection while it rests; 0: its last answer does not say. */
void secure_kept(struct transport *t, msec time);

/* The server takes no more questions. */
void secure_retired(struct transport *t);

/* The connection is of no use any more; it fails what is outstanding. */
void secure_broken(struct transport *t, enum ask_fail fail, const char *text);

/* Writes octets for the server; a failure breaks the connection, later. */
void secure_write(struct transport *t, const void *bytes, size_t n);

/* Writes the message of a question with this ID into out[SECURE_QUERY]; returns its length. */
size_t secure_query(const struct transport *t, uint8_t *out, const struct question *question,
    const struct msg_ask *flags, uint16_t id);

#endif
