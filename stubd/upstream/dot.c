/*
 * DNS over TLS (RFC 7858): framed messages, many at a time, answers in any order (RFC 7766 section
 * 6.2.1.1). Those of one turn share TLS records, except the last, which has one of its own: there are
 * servers (dnsdist 1.7, unless its maxInFlight is set) that go on with what they have decrypted only
 * while their socket has something to read, and none says which it is. A record behind keeps them
 * going, and in the last there is nothing left to wait for.
 *
 * IDs count up from one that nobody knows: inside TLS they have nothing to prove, but have to differ.
 *
 * Each question asks how long the server keeps the connection (RFC 7828 section 3.2.1): so it may say
 * another time with each answer, and all questions look alike.
 */
#include "stubd/base/rand.h"
#include "stubd/net/frame.h"
#include "stubd/upstream/secure.h"
#include "stubd/wire/match.h"
#include "stubd/wire/option.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SLOTS = 512 /* more than SECURE_OUTSTANDING */ };

static_assert((int)SLOTS > (int)SECURE_OUTSTANDING, "one must be free for the next question");

struct dot {
	struct frame_reader reader;
	uint16_t id;			   /* the last one */
	struct transport_ask *asks[SLOTS]; /* that were sent, at their ID modulo SLOTS */
};

static int
start(struct transport *t, const struct upstream_spec *spec, const struct addr *addr)
{
	struct dot *dot = calloc(1, sizeof(*dot));

	(void)spec;
	(void)addr;
	if (!dot)
		return -ENOMEM;
	dot->id = rand_u16();
	t->state = dot;
	return 0;
}

static void
stop(struct transport *t)
{
	struct dot *dot = t->state;

	frame_clear(&dot->reader);
	free(dot);
	t->state = NULL;
}

static void
ready(struct transport *t)
{
	(void)t;
}

/* Where an ask with that ID is, or would be. */
static struct transport_ask **
slot_of(struct transport *t, uint16_t id)
{
	struct dot *dot = t->state;

	return &dot->asks[id % SLOTS];
}

/* An ID that no ask has, with a free slot. */
static uint16_t
next_id(struct transport *t)
{
	struct dot *dot = t->state;

	do
		dot->id++;
	while (*slot_of(t, dot->id));
	return dot->id;
}

static int
write_query(
    struct transport *t, const struct question *question, const struct msg_ask *flags, uint16_t id)
{
	uint8_t out[FRAME_HEAD + SECURE_QUERY];
	size_t n = secure_query(t, out + FRAME_HEAD, question, flags, id);

	if (!n)
		return -EMSGSIZE;
	frame_head(out, n);
	secure_write(t, out, FRAME_HEAD + n);
	return 0;
}

static int
send_ask(struct transport *t, struct transport_ask *ask)
{
	int error;

	ask->id = next_id(t);
	error = write_query(t, ask->question, &ask->flags, ask->id);
	if (!error)
		*slot_of(t, ask->id) = ask;
	return error;
}

/* Its answer will be for an ID that nobody knows. */
static void
cancel(struct transport *t, struct transport_ask *ask)
{
	*slot_of(t, ask->id) = NULL;
}

/* A question that any resolver has the answer to at hand. Its answer belongs to nobody; that it
 * comes is what counts. */
static void
ping(struct transport *t)
{
	static const struct question root_ns = {
		.name = { .len = 1, .wire = { 0 } },
		.type = TYPE_NS,
		.class = CLASS_IN,
	};
	static const struct msg_ask flags = { .rd = true };

	(void)write_query(t, &root_ns, &flags, next_id(t));
}

/* RFC 7828 section 3.2.2: the last answer counts, also by saying nothing; no time at all means that this
 * connection is to be asked no more. */
static void
heed_keepalive(struct transport *t, struct rcur options)
{
	uint16_t time = 0;
	const bool said = option_keepalive(options, &time);

	secure_kept(t, time * (msec)100);
	if (said && !time)
		secure_retired(t);
}

static bool
on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct transport *t = arg;
	const uint16_t id = load_u16(bytes);
	struct transport_ask **slot = slot_of(t, id), *ask = *slot;
	struct rcur options = { 0 };
	const char *why;

	if (!ask || ask->id != id)
		return true;
	*slot = NULL;
	why = match_whole(bytes, n, ask->id, ask->question, &options);
	if (!why)
		heed_keepalive(t, options);
	secure_answer(t, ask, why ? ASK_MALFORMED : ASK_OK, why, why ? NULL : bytes, why ? 0 : n);
	return !t->closing;
}

static void
feed(struct transport *t, const uint8_t *bytes, size_t n)
{
	struct dot *dot = t->state;
	int error = frame_feed(&dot->reader, bytes, n, on_message, t);

	if (error == -EBADMSG)
		secure_broken(t, ASK_MALFORMED, "a message shorter than a header");
	else if (error)
		secure_broken(t, ASK_FULL, "out of memory");
}

static size_t
room(const struct transport *t)
{
	return t->nsent < SECURE_OUTSTANDING ? SECURE_OUTSTANDING - t->nsent : 0;
}

static const struct secure_codec codec = {
	.alpn = "dot",
	.alpn_required = false, /* many servers never heard of it */
	.last_apart = true,
	.keepalive = true,
	.start = start,
	.stop = stop,
	.ready = ready,
	.send = send_ask,
	.cancel = cancel,
	.feed = feed,
	.room = room,
	.ping = ping,
};

static struct transport *
open_dot(const struct transport_env *env, const struct upstream_spec *spec, const struct addr *addr,
    const struct transport_events *events, void *arg)
{
	return secure_open(env, spec, addr, &codec, events, arg);
}

const struct transport_ops transport_dot = {
	.name = "dot",
	.open = open_dot,
	.ask = secure_send,
	.cancel = secure_cancel,
	.room = secure_room,
	.retire = secure_retire,
	.close = secure_close,
	.heard = secure_heard,
	.limit_idle = secure_limit_idle,
};
