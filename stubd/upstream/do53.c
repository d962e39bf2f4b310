/*
 * Plain DNS: UDP, and TCP for what does not fit (RFC 1035 section 4.2, RFC 7766).
 *
 * Each question has a socket, a source port and an ID of its own, all of the kernel's choosing
 * (RFC 5452 section 9.2); the socket is connected, so that only the server's address gets through.
 * What does not match is not for us and changes nothing, unless there is too much of it: then
 * somebody is guessing, and the question moves to TCP.
 *
 *	UDP ──answer──────────────────────────────► done
 *	 │ │ silence: once more, from another port; the first may still answer
 *	 │ └─ ICMP says no ───────────────────────► done(REFUSED)
 *	 ├─ FORMERR without OPT ─► once more, without EDNS, and so is every later question
 *	 └─ TC, or too many that do not match ─► TCP ─► done
 *
 * Limits: DO53_QUESTIONS of one association, DO53_ALL of all together; beyond: -EBUSY. Each has two
 * sockets at most, so a server that is silent cannot use up the descriptors of everybody else. It
 * has no end of its own to its patience: that is the pool's.
 */
#include "stubd/base/rand.h"
#include "stubd/net/frame.h"
#include "stubd/net/loop.h"
#include "stubd/net/stream.h"
#include "stubd/net/timer.h"
#include "stubd/upstream/transport.h"
#include "stubd/wire/match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DO53_QUESTIONS = 100,
	DO53_ALL = 1000,
	DO53_TRIES = 2,
	DO53_RETRY = 700,     /* ms of silence before the second try */
	DO53_MISMATCHES = 16, /* messages that do not match, then TCP */
	DO53_UDP_SIZE = 1232, /* EDNS; fits a packet everywhere */
	DO53_QUERY = 512,     /* octets of a question */
	DO53_PACKET = 4096,   /* octets of an answer by UDP; longer ones go to TCP */
	DO53_READS = 8,	      /* packets a turn and socket */
	DO53_TEXT = 96,
};

struct transport {
	struct loop *loop;
	size_t *all; /* borrowed; NULL: not counted */
	struct addr addr;
	char *link; /* owned; NULL: any */
	const struct transport_events *events;
	void *arg;
	struct list asks;
	size_t nasks;
	struct loop_later later;
	uint64_t opened_us;
	msec heard;
	bool no_edns; /* it said that it knows none (RFC 6891 section 7); silence says nothing */
	bool told_ready, retired, silent, closing;
};

struct
try {
	struct query *query;
	int fd; /* -1: none */
	struct loop_watch *watch;
	uint16_t id;
};

/* One question. */
struct query {
	struct list link;
	struct transport *t;
	struct transport_ask *ask;
	struct try tries[DO53_TRIES];
	unsigned ntries, mismatches;
	bool edns; /* in what was sent last */
	struct timer retry;
	struct stream *tcp;
	struct frame_reader reader;
	uint16_t tcp_id;
	enum ask_fail fail; /* to be told later; ASK_OK: none */
	char text[DO53_TEXT];
};

static void on_watch(void *arg, int events);

static void
free_later(void *arg)
{
	free(arg);
}

static void
settle(struct transport *t)
{
	if (t->retired && !t->nasks && !t->closing)
		loop_later_start(&t->later);
}

static void
close_tries(struct query *q)
{
	for (size_t i = 0; i < DO53_TRIES; i++) {
		struct try *try = &q->tries[i];

		try->watch = loop_watch_free(try->watch);
		if (try->fd >= 0)
			close(try->fd);
		try->fd = -1;
	}
}

static void
query_free(struct query *q)
{
	struct transport *t = q->t;

	timer_stop(&q->retry);
	close_tries(q);
	q->tcp = stream_free(q->tcp);
	frame_clear(&q->reader);
	q->ask->priv = NULL;
	list_remove(&q->link);
	t->nasks--;
	if (t->all)
		--*t->all;
	free(q);
	settle(t);
}

static void
answer(struct query *q, enum ask_fail fail, const char *text, const uint8_t *wire, size_t len)
{
	struct transport_ask *ask = q->ask;
	char copy[DO53_TEXT];

	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	query_free(q);
	ask->done(ask, fail, copy, wire, len);
}

/* For failures found where nobody may be called. */
static void
fail_later(struct query *q, enum ask_fail fail, const char *text)
{
	q->fail = fail;
	snprintf(q->text, sizeof(q->text), "%s", text);
	timer_start(&q->retry, 0);
}

/* What an error of a socket means for the question. */
static enum ask_fail
error_kind(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
		return ASK_REFUSED;
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
		return ASK_RESET;
	default:
		return ask_fail_own(error);
	}
}

static const char *
error_text(int error)
{
	return error == ECONNREFUSED ? "connection refused" : strerror(error);
}

static size_t
write_query(struct query *q, uint16_t id, uint8_t out[DO53_QUERY])
{
	struct msg_ask how = q->ask->flags;

	q->edns = !q->t->no_edns;
	how.id = id;
	how.udp_size = q->edns ? DO53_UDP_SIZE : 0;
	how.pad_to = 0;
	how.has_subnet = false; /* that is for providers, encrypted */
	return msg_write_query(out, DO53_QUERY, q->ask->question, &how);
}

/* Opens the socket of a try. Returns 0, or -errno. */
static int
open_try(struct transport *t, struct try *try)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&t->addr, &ss);
	int error = 0;

	try->fd = socket(t->addr.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (try->fd < 0)
		return -errno;
	if ((t->link && setsockopt(try->fd, SOL_SOCKET, SO_BINDTODEVICE, t->link,
			    (socklen_t)strlen(t->link)) != 0) ||
	    connect(try->fd, (struct sockaddr *)&ss, len) != 0)
		error = -errno;
	if (!error) {
		try->watch = loop_watch_new(t->loop, try->fd, LOOP_READ, on_watch, try);
		error = try->watch ? 0 : -ENOMEM;
	}
	if (error) {
		close(try->fd);
		try->fd = -1;
	}
	return error;
}

/* Sends the question once more. */
static void
send_try(struct query *q)
{
	struct try *try = &q->tries[q->ntries];
	uint8_t out[DO53_QUERY];
	char text[DO53_TEXT];
	int error = open_try(q->t, try);
	size_t n;

	if (error && q->ntries) /* the first may still answer */
		return;
	if (error == -ENODEV) {
		snprintf(text, sizeof(text), "link %s is not there", q->t->link);
		fail_later(q, ASK_LOCAL, text);
		return;
	}
	if (!error) {
		q->ntries++;
		try->id = rand_u16();
		n = write_query(q, try->id, out);
		if (send(try->fd, out, n, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			error = -errno;
	}
	if (error)
		fail_later(q, error_kind(-error), error_text(-error));
	else if (q->ntries < DO53_TRIES)
		timer_start(&q->retry, DO53_RETRY);
}

static void
on_retry(void *arg)
{
	struct query *q = arg;

	if (q->fail != ASK_OK)
		answer(q, q->fail, q->text, NULL, 0);
	else if (!q->tcp)
		send_try(q);
}

/* The server is from before EDNS: asks it as such, from now on. */
static void
forgo_edns(struct query *q)
{
	q->t->no_edns = true;
	timer_stop(&q->retry);
	close_tries(q);
	q->ntries = 0;
	send_try(q);
}

/* --- TCP -------------------------------------------------------------------------------------- */

static bool
on_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct query *q = arg;
	const char *why = match_reply(bytes, n, q->tcp_id, q->ask->question);

	q->t->heard = loop_now(q->t->loop);
	answer(q, why ? ASK_MALFORMED : ASK_OK, why, why ? NULL : bytes, why ? 0 : n);
	return false;
}

static void
on_tcp_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct query *q = arg;
	int error = frame_feed(&q->reader, bytes, n, on_message, q);

	if (error == -EBADMSG)
		answer(q, ASK_MALFORMED, "a message shorter than a header", NULL, 0);
	else if (error)
		answer(q, ASK_FULL, "out of memory", NULL, 0);
}

static void
on_tcp_ended(void *arg, int error)
{
	struct query *q = arg;
	char text[DO53_TEXT];

	snprintf(
	    text, sizeof(text), "TCP: %s", error ? error_text(-error) : "closed without an answer");
	answer(q, error ? error_kind(-error) : ASK_RESET, text, NULL, 0);
}

static const struct stream_events tcp_events = { .data = on_tcp_data, .ended = on_tcp_ended };

static void
start_tcp(struct query *q)
{
	uint8_t out[DO53_QUERY];
	size_t n;
	int error;

	timer_stop(&q->retry);
	q->tcp_id = rand_u16();
	n = write_query(q, q->tcp_id, out);
	error = stream_connect(q->t->loop, &q->t->addr, q->t->link, &tcp_events, q, &q->tcp);
	if (!error)
		error = frame_write(q->tcp, out, n);
	if (error)
		fail_later(q, error_kind(-error), error_text(-error));
}

/* --- UDP -------------------------------------------------------------------------------------- */

/* Takes one packet; returns false when there is none, or the question is over. */
static bool
read_packet(struct try *try)
{
	struct query *q = try->query;
	uint8_t buf[DO53_PACKET];
	ssize_t n = recv(try->fd, buf, sizeof(buf), MSG_TRUNC);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			answer(q, error_kind(errno), error_text(errno), NULL, 0);
		return false;
	}
	if (n > DO53_PACKET)
		n = DO53_PACKET;
	if (match_reply(buf, (size_t)n, try->id, q->ask->question) != NULL) {
		if (++q->mismatches <= DO53_MISMATCHES)
			return true;
	} else {
		q->t->heard = loop_now(q->t->loop);
		if (q->edns && match_lacks_edns(buf, (size_t)n)) {
			forgo_edns(q);
			return false;
		}
		/* An answer that fills the buffer may have been cut by it. */
		if (!(buf[2] & (FLAG_TC >> 8)) && n < DO53_PACKET) {
			answer(q, ASK_OK, NULL, buf, (size_t)n);
			return false;
		}
	}
	close_tries(q);
	start_tcp(q);
	return false;
}

static void
on_watch(void *arg, int events)
{
	struct try *try = arg;

	(void)events; /* an error is fetched by the read */
	for (int i = 0; i < DO53_READS && read_packet(try); i++)
		;
}

/* --- the association -------------------------------------------------------------------------- */

static void
finish(struct transport *t)
{
	if (t->closing)
		return;
	t->closing = t->retired = true;
	while (!list_empty(&t->asks))
		answer(
		    container_of(t->asks.next, struct query, link), ASK_RESET, "given up", NULL, 0);
	if (!t->silent)
		t->events->closed(t->arg, ASK_OK, "retired");
	free(t->link);
	loop_later_stop(&t->later);
	loop_later_init(&t->later, t->loop, free_later, t);
	loop_later_start(&t->later);
}

static void
on_later(void *arg)
{
	struct transport *t = arg;

	if (t->retired && !t->nasks) {
		finish(t);
	} else if (!t->told_ready) {
		t->told_ready = true;
		t->events->ready(t->arg, (uint32_t)(clock_monotonic_us() - t->opened_us));
	}
}

static struct transport *
open_do53(const struct transport_env *env, const struct upstream_spec *spec,
    const struct addr *addr, const struct transport_events *events, void *arg)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = env->loop;
	t->all = env->plain;
	t->addr = *addr;
	t->events = events;
	t->arg = arg;
	t->opened_us = clock_monotonic_us();
	t->link = spec->link ? strdup(spec->link) : NULL;
	list_init(&t->asks);
	if (spec->link && !t->link) {
		free(t);
		return NULL;
	}
	loop_later_init(&t->later, t->loop, on_later, t);
	loop_later_start(&t->later);
	return t;
}

static size_t
room(const struct transport *t)
{
	size_t all = t->all ? *t->all : 0;

	if (t->retired || t->nasks >= DO53_QUESTIONS || all >= DO53_ALL)
		return 0;
	return DO53_QUESTIONS - t->nasks < DO53_ALL - all ? DO53_QUESTIONS - t->nasks
							  : DO53_ALL - all;
}

static int
ask_do53(struct transport *t, struct transport_ask *ask)
{
	struct query *q;

	if (t->retired)
		return -EPIPE;
	if (!room(t))
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->t = t;
	q->ask = ask;
	ask->priv = q;
	for (size_t i = 0; i < DO53_TRIES; i++)
		q->tries[i] = (struct try){ .query = q, .fd = -1 };
	timer_init(&q->retry, t->loop, on_retry, q);
	list_push_back(&t->asks, &q->link);
	t->nasks++;
	if (t->all)
		++*t->all;
	send_try(q);
	return 0;
}

static void
cancel_do53(struct transport *t, struct transport_ask *ask)
{
	(void)t;
	query_free(ask->priv);
}

static void
retire_do53(struct transport *t)
{
	t->retired = true;
	settle(t);
}

static void
close_do53(struct transport *t)
{
	t->silent = true;
	finish(t);
}

static msec
heard(const struct transport *t)
{
	return t->heard;
}

const struct transport_ops transport_do53 = {
	.name = "do53",
	.open = open_do53,
	.ask = ask_do53,
	.cancel = cancel_do53,
	.room = room,
	.retire = retire_do53,
	.close = close_do53,
	.heard = heard,
};
