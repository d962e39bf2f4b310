#include "stubd/front/udp.h"
#include "stubd/base/list.h"
#include "stubd/base/spare.h"
#include "stubd/net/dgram.h"
#include "stubd/query/query.h"

#include <errno.h>
#include <stdlib.h>

struct udp_socket {
	struct list link;
	struct udp_front *front;
	struct dgram *dgram;
};

struct udp_query {
	struct list link; /* in front->queries while it waits */
	struct udp_socket *socket;
	struct dgram_peer peer;
	struct query *query;
};

struct udp_front {
	struct resolver *resolver; /* borrowed */
	struct list sockets, queries;
	struct spares spare_queries;
	struct udp_query
	    *next; /* owned; for the next datagram, as long as none has to wait; or NULL */
	struct udp_counters counters;
};

struct udp_front *
udp_new(struct resolver *resolver)
{
	struct udp_front *front = calloc(1, sizeof(*front));

	if (!front)
		return NULL;
	front->resolver = resolver;
	list_init(&front->sockets);
	list_init(&front->queries);
	return front;
}

static void
replied(void *arg, const uint8_t *wire, size_t len)
{
	struct udp_query *q = arg;
	struct udp_front *front = q->socket->front;
	bool waited = !list_empty(&q->link);

	if (len)
		dgram_send(q->socket->dgram, &q->peer, wire, len);
	if (!waited)
		return; /* inside query_start(): it is still front->next */
	list_remove(&q->link);
	front->counters.waiting--;
	spares_give(&front->spare_queries, q);
}

static void
received(void *arg, const struct dgram_peer *peer, const uint8_t *bytes, size_t n)
{
	struct udp_socket *s = arg;
	struct udp_front *front = s->front;
	const struct query_front how = { .client = peer->from };
	struct udp_query *q = front->next;
	struct query *waiting = NULL;

	if (!q)
		q = front->next = spares_take(&front->spare_queries, sizeof(*q));
	if (!q) {
		front->counters.dropped_memory++;
		return;
	}
	list_init(&q->link);
	q->socket = s;
	q->peer = *peer;
	front->counters.received++;
	query_start(front->resolver, bytes, n, &how, replied, q, &waiting);
	if (!waiting)
		return;
	front->next = NULL;
	q->query = waiting;
	list_push_back(&front->queries, &q->link);
	front->counters.waiting++;
}

int
udp_add(struct udp_front *front, int fd)
{
	struct udp_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->front = front;
	s->dgram = dgram_new(front->resolver->loop, fd, received, s);
	if (!s->dgram) {
		free(s);
		return -ENOMEM;
	}
	list_push_back(&front->sockets, &s->link);
	return 0;
}

void
udp_drain(struct udp_front *front)
{
	list_for_each (it, &front->sockets)
		dgram_stop(container_of(it, struct udp_socket, link)->dgram);
}

struct udp_front *
udp_free(struct udp_front *front)
{
	if (!front)
		return NULL;
	list_for_each (it, &front->queries) {
		struct udp_query *q = container_of(it, struct udp_query, link);

		query_cancel(front->resolver, q->query);
		free(q);
	}
	list_for_each (it, &front->sockets) {
		struct udp_socket *s = container_of(it, struct udp_socket, link);

		dgram_free(s->dgram);
		free(s);
	}
	spares_clear(&front->spare_queries);
	free(front->next);
	free(front);
	return NULL;
}

void
udp_counters(const struct udp_front *front, struct udp_counters *out)
{
	struct udp_counters sum = front->counters;

	list_for_each (it, &front->sockets) {
		struct dgram_stats stats;

		dgram_stats(container_of(it, struct udp_socket, link)->dgram, &stats);
		sum.sent += stats.out;
		sum.dropped_long += stats.in_long;
		sum.send_failures += stats.out_lost;
	}
	*out = sum;
}
