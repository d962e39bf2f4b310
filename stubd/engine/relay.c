#include "stubd/engine/relay.h"

#include "stubd/base/list.h"
#include "stubd/base/rand.h"
#include "stubd/net/frame.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/stream.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct relay {
	struct loop *loop;
	const struct relay_events *events;
	void *arg;
	struct addr addr;
	struct listener *listener;
	struct list conns;   /* conn.link */
	struct list fetches; /* relay_fetch.link */
	size_t nconns, nfetches;
	struct relay_counters counters;
};

struct conn {
	struct list link;
	struct relay *relay;
	struct stream *stream;
	struct frame_reader reader;
	struct list fetches; /* relay_fetch.sibling */
};

struct relay_fetch {
	struct list link;    /* in relay->fetches */
	struct list sibling; /* in conn->fetches */
	struct relay *relay; /* NULL: gone */
	struct conn *conn;   /* NULL: gone */
	struct msg_query query;
};

static void
conn_free(struct conn *conn)
{
	list_for_each (it, &conn->fetches) {
		struct relay_fetch *fetch = container_of(it, struct relay_fetch, sibling);

		list_remove(&fetch->sibling);
		fetch->conn = NULL;
	}
	stream_free(conn->stream);
	frame_clear(&conn->reader);
	list_remove(&conn->link);
	conn->relay->nconns--;
	free(conn);
}

/* All or nothing; what finds no room even in the kernel is left to libunbound's patience. */
static void
send_reply(struct conn *conn, const uint8_t *wire, size_t len)
{
	if (frame_write(conn->stream, wire, len) == -ENOBUFS) {
		stream_flush(conn->stream);
		(void)frame_write(conn->stream, wire, len);
	}
}

static void
reply(struct conn *conn, const struct msg_query *query, const struct answer *answer)
{
	uint8_t out[MSG_MAX];
	size_t len;

	if (answer)
		len = reply_write(out, sizeof(out), sizeof(out), query, answer, 0, NULL);
	else
		len = reply_write_error(out, sizeof(out), query, RCODE_SERVFAIL, NULL);
	send_reply(conn, out, len);
}

const struct question *
relay_question(const struct relay_fetch *fetch)
{
	return &fetch->query.question;
}

void *
relay_answer(struct relay_fetch *fetch, const struct answer *answer)
{
	struct relay *relay = fetch->relay;

	if (fetch->conn)
		reply(fetch->conn, &fetch->query, answer);
	list_remove(&fetch->sibling);
	list_remove(&fetch->link);
	free(fetch);
	if (!relay)
		return NULL;
	relay->nfetches--;
	return relay->arg;
}

void
relay_answer_part(struct relay_fetch *fetch, const struct answer *raw)
{
	const struct question *question = relay_question(fetch);
	struct answer *part = NULL;
	struct question own;

	answer_question(raw, &own);
	if (own.type == question->type && name_equal(&own.name, &question->name))
		relay_answer(fetch, raw);
	else if (answer_part(raw, question, &part) == 0)
		relay_answer(fetch, part);
	else
		relay_answer(fetch, NULL);
	answer_free(part);
}

/* One question of libunbound's. What it would not send ends the connection. */
static bool
on_frame(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *conn = arg;
	struct relay *relay = conn->relay;
	struct relay_fetch *fetch;
	struct msg_query query;

	if (msg_read_query(bytes, n, &query) != MSG_OK || query.question.class != CLASS_IN) {
		conn_free(conn);
		return false;
	}
	relay->counters.questions++;
	fetch = relay->nfetches < RELAY_FETCHES_MAX ? calloc(1, sizeof(*fetch)) : NULL;
	if (!fetch) {
		relay->counters.overloaded++;
		reply(conn, &query, NULL);
		return true;
	}
	fetch->relay = relay;
	fetch->conn = conn;
	fetch->query = query;
	list_push_back(&relay->fetches, &fetch->link);
	list_push_back(&conn->fetches, &fetch->sibling);
	relay->nfetches++;
	relay->events->ask(relay->arg, &fetch->query.question, fetch);
	return true;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *conn = arg;

	if (frame_feed(&conn->reader, bytes, n, on_frame, conn) < 0)
		conn_free(conn);
}

static void
on_ended(void *arg, int error)
{
	(void)error;
	conn_free(arg);
}

static void
on_connection(void *arg, int fd, const struct addr *peer)
{
	static const struct stream_events events = { .data = on_data, .ended = on_ended };
	struct relay *relay = arg;
	struct conn *conn = NULL;

	if (!relay->events->owns(relay->arg, peer))
		relay->counters.strangers++;
	else if (relay->nconns < RELAY_CONNS_MAX)
		conn = calloc(1, sizeof(*conn));
	if (conn) {
		conn->relay = relay;
		conn->stream = stream_new(relay->loop, fd, &events, conn);
	}
	if (!conn || !conn->stream) {
		free(conn);
		close(fd);
		return;
	}
	list_init(&conn->fetches);
	list_push_back(&relay->conns, &conn->link);
	relay->nconns++;
}

/* A loopback address that nobody uses by habit, and a port of the kernel's choice. */
static int
open_listener(struct relay *relay)
{
	struct addr addr = { .family = AF_INET };
	int fd;

	rand_bytes(addr.ip, 4);
	addr.ip[0] = 127;
	addr.ip[3] = (uint8_t)(1 + addr.ip[3] % 254);
	fd = listen_tcp(&addr);
	if (fd < 0)
		return fd;
	listen_address(fd, &relay->addr);
	relay->listener = listener_new(relay->loop, fd, on_connection, relay);
	if (relay->listener)
		return 0;
	close(fd);
	return -ENOMEM;
}

int
relay_new(struct loop *loop, const struct relay_events *events, void *arg, struct relay **out)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	int error;

	if (!relay)
		return -ENOMEM;
	relay->loop = loop;
	relay->events = events;
	relay->arg = arg;
	list_init(&relay->conns);
	list_init(&relay->fetches);
	error = open_listener(relay);
	if (error)
		free(relay);
	else
		*out = relay;
	return error;
}

struct relay *
relay_free(struct relay *relay)
{
	if (!relay)
		return NULL;
	relay->listener = listener_free(relay->listener);
	list_for_each (it, &relay->conns)
		conn_free(container_of(it, struct conn, link));
	list_for_each (it, &relay->fetches) {
		struct relay_fetch *fetch = container_of(it, struct relay_fetch, link);

		list_remove(&fetch->link);
		fetch->relay = NULL;
	}
	free(relay);
	return NULL;
}

const struct addr *
relay_address(const struct relay *relay)
{
	return &relay->addr;
}

const struct relay_counters *
relay_counters(const struct relay *relay)
{
	return &relay->counters;
}
