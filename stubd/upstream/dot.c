/*
 * DNS over TLS (RFC 7858): framed messages, many at a time, answers in any order (RFC 7766 section
 * 6.2.1.1). Each is a TLS record of its own: there are servers (dnsdist 1.7) that read one message
 * of a record and see the rest only when the next record comes.
 *
 * Each question asks how long the server keeps the connection (RFC 7828 section 3.2.1): so it may say
 * another time with each answer, and all questions look alike.
 */
#include "stubd/base/rand.h"
#include "stubd/net/frame.h"
#include "stubd/upstream/secure.h"
#include "stubd/wire/match.h"
#include "stubd/wire/option.h"

#include <errno.h>
#include <stdlib.h>

struct dot {
	struct frame_reader reader;
};

static int
start(struct transport *t, const struct upstream_spec *spec, const struct addr *addr)
{
	(void)spec;
	(void)addr;
	t->state = calloc(1, sizeof(struct dot));
	return t->state ? 0 : -ENOMEM;
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

static struct secure_ask *
find(struct transport *t, uint16_t id)
{
	list_for_each (it, &t->sent) {
		struct secure_ask *sa = container_of(it, struct secure_ask, link);

		if (sa->id == id)
			return sa;
	}
	return NULL;
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
send_ask(struct transport *t, struct secure_ask *sa)
{
	do
		sa->id = rand_u16();
	while (find(t, sa->id));
	return write_query(t, sa->ask->question, &sa->ask->flags, sa->id);
}

/* Its answer will be for an ID that nobody knows. */
static void
cancel(struct transport *t, struct secure_ask *sa)
{
	(void)t;
	(void)sa;
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
	uint16_t id;

	do
		id = rand_u16();
	while (find(t, id));
	(void)write_query(t, &root_ns, &flags, id);
}

/* RFC 7828 section 3.2.2: the last answer counts, also by saying nothing; no time at all means that this
 * connection is to be asked no more. */
static void
heed_keepalive(struct transport *t, const uint8_t *bytes, size_t n)
{
	uint16_t time = 0;
	const bool said = option_keepalive(bytes, n, &time);

	secure_kept(t, time * (msec)100);
	if (said && !time)
		secure_retired(t);
}

static bool
on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct transport *t = arg;
	struct secure_ask *sa = find(t, (uint16_t)(bytes[0] << 8 | bytes[1]));
	const char *why;

	if (!sa)
		return true;
	why = match_reply(bytes, n, sa->id, sa->ask->question);
	if (!why)
		heed_keepalive(t, bytes, n);
	secure_answer(t, sa, why ? ASK_MALFORMED : ASK_OK, why, why ? NULL : bytes, why ? 0 : n);
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
	.separate = true,
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
