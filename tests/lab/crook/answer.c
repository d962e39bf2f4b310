/*
 * One question's life: into the record, to the real resolver, back, spoilt.
 *
 *	request_start ──► forward ──► upstream_ready ──► finish ──► request_answer
 *	     │ (a mode that needs no answer)                │ slow: waits till due
 *	     └─────────────────────────────────────────────┘
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "crook.h"

#define HEADER 12
#define GARBAGE 64
#define HUGE_DOH 70000
#define HUGE_DOT 65535
#define TRAILING 16

static void
record(const struct request *r)
{
	struct buf line = { 0 };
	struct timeval t;

	gettimeofday(&t, NULL);
	buf_printf(&line,
	    "{\"t\":%lld.%06ld,\"client\":\"%s\",\"transport\":\"%s\","
	    "\"resumed\":%s,\"query\":\"",
	    (long long)t.tv_sec, (long)t.tv_usec, r->conn->client, r->stream ? "doh" : "dot",
	    SSL_session_reused(r->conn->ssl) ? "true" : "false");
	for (size_t i = 0; i < r->query.len; i++)
		buf_printf(&line, "%02x", r->query.data[i]);
	buf_add(&line, "\"", 1);
	if (r->stream) {
		buf_printf(&line, ",\"method\":\"%s\",\"headers\":[", r->method);
		buf_add(&line, r->headers.data, r->headers.len);
		buf_add(&line, "]", 1);
	}
	buf_add(&line, "}\n", 2);
	if (write(r->conn->crook->record, line.data, line.len) < 0)
		die("record");
	buf_free(&line);
}

/* Without a resolver's answer: SERVFAIL. */
static void
fail(struct request *r)
{
	r->answer.len = 0;
	buf_add(&r->answer, r->query.data, r->query.len);
	if (r->answer.len >= HEADER) {
		r->answer.data[2] |= 0x80;
		r->answer.data[3] = (uint8_t)((r->answer.data[3] & 0x70) | 0x82);
	}
}

/* Make it an answer to another name, or for the root to another type. */
static void
change_question(struct buf *message)
{
	if (message->len < HEADER + 5)
		return;
	if (message->data[HEADER] == 0)
		message->data[HEADER + 2] ^= 1;
	else
		message->data[HEADER + 1] ^= message->data[HEADER + 1] == 'a' ? 3 : 1;
}

static void
fill_up(struct buf *message, size_t len)
{
	static const uint8_t zeroes[HUGE_DOH];

	if (message->len < len)
		buf_add(message, zeroes, len - message->len);
}

/* As a provider that blocks the name: nowhere at all, or an error and by which Extended DNS Error. */
static void
block(struct request *r, unsigned rcode, unsigned ede)
{
	const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2, 0, (uint8_t)ede };
	uint8_t nowhere[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 1, 0x51, 0x80, 0, 4, 0, 0, 0, 0 };
	struct buf *answer = &r->answer;
	size_t at = HEADER;

	while (at < r->query.len && r->query.data[at])
		at += 1u + r->query.data[at];
	at += 5;
	if (at > r->query.len)
		return;
	answer->len = 0;
	buf_add(answer, r->query.data, at);
	memset(answer->data + 6, 0, 6);
	answer->data[2] |= 0x80;
	answer->data[3] = (uint8_t)(0x80 | rcode);
	if (ede) {
		answer->data[11] = 1;
		buf_add(answer, opt, sizeof(opt));
	} else if (r->query.data[at - 3] == 1) {
		answer->data[7] = 1;
		buf_add(answer, nowhere, sizeof(nowhere));
	}
}

/* Do to the answer's bytes what the mode says. */
static void
spoil(struct request *r)
{
	struct buf *answer = &r->answer;
	uint8_t noise[GARBAGE];

	switch (r->mode) {
	case MODE_HTTP500:
	case MODE_HTTP302:
	case MODE_HTTP429:
	case MODE_EMPTY:
	case MODE_STATUS:
		answer->len = 0;
		break;
	case MODE_GARBAGE:
		answer->len = 0;
		if (getrandom(noise, sizeof(noise), 0) < 0)
			die("getrandom");
		buf_add(answer, noise, sizeof(noise));
		break;
	case MODE_TRUNCATED:
		answer->len /= 2;
		break;
	case MODE_WRONG_QUESTION:
		change_question(answer);
		break;
	case MODE_WRONG_ID:
		if (answer->len >= 2)
			answer->data[0] ^= 0xff;
		break;
	case MODE_HUGE:
		fill_up(answer, r->stream ? HUGE_DOH : HUGE_DOT);
		break;
	case MODE_TRAILING:
		fill_up(answer, answer->len + TRAILING);
		break;
	case MODE_NOWHERE:
		block(r, 0, 0);
		break;
	case MODE_BLOCK:
		block(r, 3, r->value);
		break;
	case MODE_REFUSE:
		block(r, 5, r->value);
		break;
	default:
		break;
	}
}

/* The connection is closed by a reset and not in order. */
static void
close_hard(struct conn *conn)
{
	struct linger now = { 1, 0 };

	setsockopt(conn->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn->doomed = true;
}

/* Count an answer; in mode goaway the value-th of its connection is the last. */
static void
count_answer(struct conn *conn, enum mode mode, unsigned limit, int32_t stream)
{
	conn->answers++;
	if (mode != MODE_GOAWAY || conn->answers < (limit ? limit : 1) ||
	    conn->last_stream != INT32_MAX)
		return;
	conn->last_stream = stream;
	if (conn->http)
		http_goaway(conn, stream, NGHTTP2_NO_ERROR);
}

void
request_answer(struct request *r)
{
	struct conn *conn = r->conn;
	int32_t stream = r->stream;
	enum mode mode = r->mode;
	unsigned value = r->value;

	r->due = 0;
	if (conn->last_stream != INT32_MAX && (!conn->http || stream > conn->last_stream))
		return;
	spoil(r);
	if (conn->http && mode == MODE_HEADER_FLOOD) {
		flood_headers(r);
	} else if (conn->http && mode == MODE_CONTINUATION_FLOOD) {
		flood_continuations(r);
	} else if (conn->http) {
		http_answer(r);
	} else {
		uint8_t len[2] = { (uint8_t)(r->answer.len >> 8), (uint8_t)r->answer.len };

		buf_add(&conn->out, len, 2);
		buf_add(&conn->out, r->answer.data, r->answer.len);
		request_free(r);
	}
	count_answer(conn, mode, value, stream);
}

/* The resolver's answer is there, or will not be. */
static void
finish(struct request *r)
{
	watch_close(&r->upstream);
	if (r->mode == MODE_SLOW)
		r->due = now_ms() + r->value;
	else
		request_answer(r);
}

static void
upstream_ready(struct watch *w, uint32_t events)
{
	struct request *r = (struct request *)w;
	struct conn *conn = r->conn;
	struct buf *answer = &r->answer;
	uint8_t data[16384];
	ssize_t len = recv(w->fd, data, sizeof(data), 0);

	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0)
		buf_add(answer, data, (size_t)len);
	if (answer->len >= 2 &&
	    answer->len - 2 >= ((size_t)answer->data[0] << 8 | answer->data[1])) {
		buf_drop(answer, 2);
		finish(r);
	} else if (len <= 0) {
		fail(r);
		finish(r);
	}
	conn_settle(conn);
}

/*
 * Ask the resolver over a TCP connection of its own.  It is on loopback and
 * listens: connecting and sending do not block for long.
 */
static bool
forward(struct request *r)
{
	struct crook *crook = r->conn->crook;
	struct sockaddr_in to = crook->upstream;
	struct linger now = { 1, 0 };
	struct buf framed = { 0 };
	uint8_t len[2] = { (uint8_t)(r->query.len >> 8), (uint8_t)r->query.len };
	bool ok;

	r->upstream =
	    (struct watch){ socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), upstream_ready };
	if (r->upstream.fd < 0)
		return false;
	setsockopt(r->upstream.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* no TIME_WAIT */
	buf_add(&framed, len, 2);
	buf_add(&framed, r->query.data, r->query.len);
	if (r->mode == MODE_FROM)
		to.sin_port = htons((uint16_t)r->value);
	ok = connect(r->upstream.fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	     send(r->upstream.fd, framed.data, framed.len, 0) == (ssize_t)framed.len;
	buf_free(&framed);
	if (ok) {
		fcntl(r->upstream.fd, F_SETFL, O_NONBLOCK);
		watch_add(crook, &r->upstream, EPOLLIN);
	}
	return ok;
}

/* As a forwarder does that has never heard of DNSSEC: DO is not passed on (RFC 3225), so signatures
 * and denials never come. OPT is the one additional record of a question. */
static void
strip(struct buf *query)
{
	size_t at = HEADER;

	while (at < query->len && query->data[at])
		at += 1u + query->data[at];
	at += 5; /* the root label, type, class */
	if (at + 11 <= query->len && query->data[at] == 0 && query->data[at + 1] == 0 &&
	    query->data[at + 2] == 41)
		query->data[at + 7] &= 0x7f;
}

/* What the mode is on this connection. */
static enum mode
mode_on(const struct conn *conn)
{
	enum mode mode = conn->crook->mode;

	if (mode == MODE_SILENT853)
		return conn->http ? MODE_OK : MODE_SILENT;
	if (mode == MODE_RST853)
		return conn->http ? MODE_OK : MODE_RST;
	return mode;
}

void
request_start(struct request *r)
{
	struct conn *conn = r->conn;

	r->mode = mode_on(conn);
	r->value = conn->crook->value;
	record(r);
	if (r->mode == MODE_STRIP)
		strip(&r->query);
	if (r->mode == MODE_SILENT)
		return;
	if (r->mode == MODE_GOAWAY_EARLY) {
		conn->last_stream = 0;
		if (conn->http)
			http_goaway(conn, 0, NGHTTP2_ENHANCE_YOUR_CALM);
	} else if (r->mode == MODE_CLOSE) {
		conn->doomed = true;
	} else if (r->mode == MODE_RST && conn->http) {
		http_reset(r);
	} else if (r->mode == MODE_RST) {
		close_hard(conn);
	} else if (!forward(r)) {
		fail(r);
		finish(r);
	}
}
