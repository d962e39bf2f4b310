#include "stubd/front/tcp.h"
#include "stubd/base/list.h"
#include "stubd/net/frame.h"
#include "stubd/net/listen.h"
#include "stubd/net/stream.h"
#include "stubd/net/timer.h"
#include "stubd/query/query.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct tcp_socket {
	struct list link;
	struct tcp_front *front;
	struct listener *listener;
};

struct tcp_front {
	struct resolver *resolver; /* borrowed */
	struct list sockets;
	struct list busy, idle;	 /* clients; idle ones longest first */
	struct tcp_query *spare; /* owned; for the next question, which mostly gives it back */
	struct tcp_counters counters;
};

enum client_state { CLIENT_OPEN, CLIENT_LAST, CLIENT_CLOSING };

struct client {
	struct list link; /* in front->busy or front->idle */
	struct tcp_front *front;
	struct stream *stream;
	struct frame_reader reader;
	struct addr peer;
	enum client_state state;
	struct timer timer; /* TCP_IDLE without questions in flight, TCP_LINGER in CLOSING */
	struct list queries;
	size_t nqueries;
	bool busy; /* which list */
	bool peer_fin;
	bool feeding; /* inside frame_feed(): freeing has to wait */
	bool dead;    /* to be freed when the feeding is over */
};

struct tcp_query {
	struct list link; /* in client->queries while it waits */
	struct client *client;
	struct query *query;
};

static void
give_back(struct tcp_front *front, struct tcp_query *q)
{
	if (front->spare)
		free(q);
	else
		front->spare = q;
}

static void
client_free(struct client *client)
{
	struct tcp_front *front = client->front;

	list_for_each (it, &client->queries) {
		struct tcp_query *q = container_of(it, struct tcp_query, link);

		query_cancel(front->resolver, q->query);
		free(q);
	}
	front->counters.waiting -= client->nqueries;
	front->counters.clients--;
	timer_stop(&client->timer);
	list_remove(&client->link);
	frame_clear(&client->reader);
	stream_free(client->stream);
	free(client);
}

/* Ends a connection for the reason that why counts; NULL: in peace. */
static void
client_end(struct client *client, uint64_t *why)
{
	if (client->dead)
		return;
	if (why)
		(*why)++;
	client->dead = true;
	if (!client->feeding)
		client_free(client);
}

/* Nothing more is owed: says so to the peer, and waits a little for its FIN, since closing with
 * unread bytes would reset the connection under our last answers. */
static void
client_close(struct client *client)
{
	client->state = CLIENT_CLOSING;
	list_remove(&client->link);
	list_push_front(&client->front->idle, &client->link);
	stream_flush(client->stream);
	stream_shutdown(client->stream);
	stream_set_reading(client->stream, !client->peer_fin);
	timer_start(&client->timer, TCP_LINGER);
}

/* Takes state, timer, list and reading to where they belong after any event. May free the client.
 */
static void
client_settle(struct client *client)
{
	struct tcp_front *front = client->front;

	if (client->dead || client->feeding)
		return;
	if (client->state == CLIENT_LAST && client->nqueries == 0)
		client_close(client);
	if (client->state == CLIENT_CLOSING) {
		if (client->peer_fin && stream_queued(client->stream) == 0)
			client_end(client, NULL);
		return;
	}
	if (client->nqueries && !client->busy) {
		list_remove(&client->link);
		list_push_back(&front->busy, &client->link);
		timer_stop(&client->timer);
	} else if (client->nqueries == 0) {
		list_remove(&client->link);
		list_push_back(&front->idle, &client->link);
		timer_start(&client->timer, TCP_IDLE);
	}
	client->busy = client->nqueries != 0;
	stream_set_reading(client->stream, client->state == CLIENT_OPEN &&
					       client->nqueries < TCP_INFLIGHT &&
					       stream_queued(client->stream) < TCP_UNSENT);
}

/* Returns false when that was the end of the client, which may be gone then. */
static bool
client_write(struct client *client, const uint8_t *wire, size_t len)
{
	struct tcp_counters *counters = &client->front->counters;
	int r;

	if (client->dead)
		return false;
	r = len ? frame_write(client->stream, wire, len) : 0;
	if (r == -ENOBUFS) { /* many answers in one turn; the kernel may well take them */
		stream_flush(client->stream);
		r = frame_write(client->stream, wire, len);
	}
	if (r == 0)
		return true;
	client_end(client, r == -ENOBUFS  ? &counters->closed_slow
			   : r == -ENOMEM ? &counters->closed_memory
					  : &counters->closed_error);
	return false;
}

static void
replied(void *arg, const uint8_t *wire, size_t len)
{
	struct tcp_query *q = arg;
	struct client *client = q->client;

	if (!list_empty(&q->link)) { /* it waited; else asked() goes on with it */
		list_remove(&q->link);
		client->nqueries--;
		client->front->counters.waiting--;
		give_back(client->front, q);
	}
	if (client_write(client, wire, len))
		client_settle(client);
}

static bool
asked(void *arg, const uint8_t *bytes, size_t n)
{
	struct client *client = arg;
	struct tcp_front *front = client->front;
	const struct query_front how = {
		.client = client->peer, .limit = MSG_MAX, .keepalive = TCP_IDLE / 100
	};
	struct tcp_query *q = front->spare ? front->spare : malloc(sizeof(*q));
	struct query *waiting = NULL;

	front->spare = NULL;
	if (!q) {
		client_end(client, &front->counters.closed_memory);
		return false;
	}
	list_init(&q->link);
	q->client = client;
	front->counters.received++;
	query_start(front->resolver, bytes, n, &how, replied, q, &waiting);
	if (waiting) {
		q->query = waiting;
		list_push_back(&client->queries, &q->link);
		client->nqueries++;
		front->counters.waiting++;
	} else {
		give_back(front, q);
	}
	return !client->dead;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct client *client = arg;
	struct tcp_counters *counters = &client->front->counters;
	uint64_t before = counters->received;
	int r;

	if (client->state != CLIENT_OPEN)
		return;
	client->feeding = true;
	r = frame_feed(&client->reader, bytes, n, asked, client);
	client->feeding = false;
	if (client->dead)
		client_free(client);
	else if (r == -ENOMEM)
		client_end(client, &counters->closed_memory);
	else if (r)
		client_end(client, &counters->closed_frame);
	else if (counters->received != before) /* a trickle of bytes is no sign of life */
		client_settle(client);
}

static void
on_drained(void *arg)
{
	client_settle(arg);
}

static void
on_ended(void *arg, int error)
{
	struct client *client = arg;

	if (error) {
		client_end(client, &client->front->counters.closed_error);
		return;
	}
	client->peer_fin = true;
	if (client->state == CLIENT_OPEN)
		client->state = CLIENT_LAST;
	client_settle(client);
}

static const struct stream_events events = {
	.data = on_data,
	.drained = on_drained,
	.ended = on_ended,
};

static void
on_timer(void *arg)
{
	struct client *client = arg;
	struct tcp_counters *counters = &client->front->counters;

	if (client->state == CLIENT_CLOSING)
		client_end(client, NULL);
	else if (stream_queued(client->stream))
		client_end(client, &counters->closed_slow);
	else
		client_end(client, &counters->closed_idle);
}

/* Makes room for one more. Returns false when every client is at work. */
static bool
make_room(struct tcp_front *front)
{
	if (front->counters.clients < MAX_TCP_CLIENTS)
		return true;
	if (list_empty(&front->idle))
		return false;
	client_end(container_of(front->idle.next, struct client, link), &front->counters.displaced);
	return true;
}

static void
accepted(void *arg, int fd, const struct addr *peer)
{
	struct tcp_front *front = arg;
	struct client *client;

	front->counters.accepted++;
	if (!make_room(front)) {
		front->counters.refused++;
		close(fd);
		return;
	}
	client = calloc(1, sizeof(*client));
	if (client)
		client->stream = stream_new(front->resolver->loop, fd, &events, client);
	if (!client || !client->stream) {
		front->counters.closed_memory++;
		free(client);
		close(fd);
		return;
	}
	client->front = front;
	client->peer = *peer;
	list_init(&client->link);
	list_init(&client->queries);
	timer_init(&client->timer, front->resolver->loop, on_timer, client);
	front->counters.clients++;
	client_settle(client);
}

struct tcp_front *
tcp_new(struct resolver *resolver)
{
	struct tcp_front *front = calloc(1, sizeof(*front));

	if (!front)
		return NULL;
	front->resolver = resolver;
	list_init(&front->sockets);
	list_init(&front->busy);
	list_init(&front->idle);
	return front;
}

int
tcp_add(struct tcp_front *front, int fd)
{
	struct tcp_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->front = front;
	s->listener = listener_new(front->resolver->loop, fd, accepted, front);
	if (!s->listener) {
		free(s);
		return -ENOMEM;
	}
	list_push_back(&front->sockets, &s->link);
	return 0;
}

static void
close_sockets(struct tcp_front *front)
{
	list_for_each (it, &front->sockets) {
		struct tcp_socket *s = container_of(it, struct tcp_socket, link);

		list_remove(&s->link);
		listener_free(s->listener);
		free(s);
	}
}

void
tcp_drain(struct tcp_front *front)
{
	struct list *lists[] = { &front->busy, &front->idle };

	close_sockets(front);
	for (size_t i = 0; i < 2; i++) {
		list_for_each (it, lists[i]) {
			struct client *client = container_of(it, struct client, link);

			if (client->state == CLIENT_OPEN)
				client->state = CLIENT_LAST;
			client_settle(client);
		}
	}
}

/* The last answers go as far as the kernel takes them. */
static void
free_all(struct list *clients)
{
	while (!list_empty(clients)) {
		struct client *client = container_of(clients->next, struct client, link);

		stream_flush(client->stream);
		client_free(client);
	}
}

struct tcp_front *
tcp_free(struct tcp_front *front)
{
	if (!front)
		return NULL;
	close_sockets(front);
	free_all(&front->busy);
	free_all(&front->idle);
	free(front->spare);
	free(front);
	return NULL;
}

void
tcp_counters(const struct tcp_front *front, struct tcp_counters *out)
{
	*out = front->counters;
}
