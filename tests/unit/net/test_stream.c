#include "stubd/net/stream.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct end {
	struct world *world;
	struct stream *stream;
	size_t got;
	uint8_t last;
	int connected, drained, ended, error;
	bool free_on_data, stop_on_drain;
};

struct world {
	struct loop *loop;
	struct listener *listener;
	struct addr addr;
	struct end client, server;
	size_t stop_at;
	int fd; /* the server's end */
};

static void
on_connected(void *arg)
{
	((struct end *)arg)->connected++;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct end *e = arg;

	e->got += n;
	e->last = bytes[n - 1];
	if (e->free_on_data) {
		e->stream = stream_free(e->stream);
		loop_stop(e->world->loop);
	} else if (e->got >= e->world->stop_at) {
		loop_stop(e->world->loop);
	}
}

static void
on_drained(void *arg)
{
	struct end *e = arg;

	e->drained++;
	if (e->stop_on_drain)
		loop_stop(e->world->loop);
}

static void
on_ended(void *arg, int error)
{
	struct end *e = arg;

	e->ended++;
	e->error = error;
	loop_stop(e->world->loop);
}

static const struct stream_events events = { on_connected, on_data, on_drained, on_ended };

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	struct world *w = arg;

	CU_ASSERT_EQUAL(peer->family, AF_INET);
	CU_ASSERT_PTR_NULL(w->server.stream);
	w->fd = fd;
	w->server.stream = stream_new(w->loop, fd, &events, &w->server);
}

static void
world_init(struct world *w)
{
	struct addr any;
	int fd;

	memset(w, 0, sizeof(*w));
	w->loop = loop_new();
	w->stop_at = SIZE_MAX;
	w->client.world = w->server.world = w;
	CU_ASSERT_EQUAL(addr_from_text(&any, "127.0.0.1", 0), 0);
	fd = listen_tcp(&any);
	CU_ASSERT_FATAL(fd >= 0);
	listen_address(fd, &w->addr);
	w->listener = listener_new(w->loop, fd, on_accept, w);
}

static void
world_clear(struct world *w)
{
	stream_free(w->client.stream);
	stream_free(w->server.stream);
	listener_free(w->listener);
	loop_free(w->loop);
}

static int
dial(struct world *w)
{
	return stream_connect(w->loop, &w->addr, NULL, &events, &w->client, &w->client.stream);
}

static void
octets_that_nobody_acknowledges_break_it_in_time(void)
{
	unsigned ms = 0;
	socklen_t len = sizeof(ms);
	struct world w;

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write2(w.client.stream, "a", 1, "b", 1), 0);
	w.stop_at = 2;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(getsockopt(w.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len), 0);
	CU_ASSERT_EQUAL(ms, STREAM_USER_TIMEOUT);
	world_clear(&w);
}

static void
what_is_written_before_the_connection_stands_arrives(void)
{
	struct world w;

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write2(w.client.stream, "ab", 2, "cde", 3), 0);
	CU_ASSERT_EQUAL(w.client.connected, 0);
	w.stop_at = 5;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.client.connected, 1);
	CU_ASSERT_EQUAL(w.server.got, 5);
	CU_ASSERT_EQUAL(w.server.last, 'e');
	CU_ASSERT_EQUAL(w.client.drained, 1);
	world_clear(&w);
}

static void
a_port_where_nobody_listens_ends_it_later_with_refused(void)
{
	struct world w;

	world_init(&w);
	w.listener = listener_free(w.listener);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(w.client.ended, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.client.ended, 1);
	CU_ASSERT_EQUAL(w.client.error, -ECONNREFUSED);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "x", 1), -EPIPE);
	world_clear(&w);
}

static void
a_link_that_is_not_there_fails_at_once(void)
{
	struct world w;
	int error;

	world_init(&w);
	error = stream_connect(w.loop, &w.addr, "nolink0", &events, &w.client, &w.client.stream);
	CU_ASSERT(error == -ENODEV || error == -EPERM);
	CU_ASSERT_PTR_NULL(w.client.stream);
	world_clear(&w);
}

static void
the_queue_is_bounded_and_takes_all_or_nothing(void)
{
	struct world w;
	uint8_t *big = calloc(1, STREAM_QUEUE);

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, big, STREAM_QUEUE - 1), 0);
	CU_ASSERT_EQUAL(stream_write2(w.client.stream, "a", 1, "b", 1), -ENOBUFS);
	CU_ASSERT_EQUAL(stream_queued(w.client.stream), STREAM_QUEUE - 1);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "z", 1), 0);
	w.stop_at = STREAM_QUEUE;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.server.got, STREAM_QUEUE);
	CU_ASSERT_EQUAL(w.server.last, 'z');
	world_clear(&w);
	free(big);
}

static void
a_reader_that_pauses_presses_back_and_then_gets_everything(void)
{
	struct world w;
	uint8_t *big = calloc(1, STREAM_QUEUE);
	size_t sent = 0;

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "x", 1), 0);
	w.stop_at = 1;
	guard_run(w.loop);
	stream_set_reading(w.server.stream, false);
	for (int i = 0; i < 200 && stream_write(w.client.stream, big, STREAM_QUEUE / 2) == 0; i++) {
		sent += STREAM_QUEUE / 2;
		stream_flush(w.client.stream);
	}
	CU_ASSERT(stream_queued(w.client.stream) > STREAM_QUEUE / 2);
	CU_ASSERT_EQUAL(w.server.got, 1);
	stream_set_reading(w.server.stream, true);
	w.stop_at = 1 + sent;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.server.got, 1 + sent);
	CU_ASSERT_EQUAL(stream_queued(w.client.stream), 0);
	world_clear(&w);
	free(big);
}

static void
after_the_peers_fin_writing_goes_on(void)
{
	struct world w;

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "q", 1), 0);
	stream_shutdown(w.client.stream);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "r", 1), -EPIPE);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.server.got, 1);
	CU_ASSERT_EQUAL(w.server.ended, 1);
	CU_ASSERT_EQUAL(w.server.error, 0);
	CU_ASSERT_EQUAL(stream_write(w.server.stream, "answer", 6), 0);
	w.stop_at = 6;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.client.got, 6);
	world_clear(&w);
}

static void
a_reset_ends_it_once_with_the_error(void)
{
	struct world w;
	struct linger now = { 1, 0 }; /* closing sends RST */

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "q", 1), 0);
	w.stop_at = 1;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(setsockopt(w.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	w.server.stream = stream_free(w.server.stream);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.client.ended, 1);
	CU_ASSERT_EQUAL(w.client.error, -ECONNRESET);
	world_clear(&w);
}

static void
a_callback_may_free_the_stream(void)
{
	struct world w;

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(dial(&w), 0);
	w.server.free_on_data = true;
	CU_ASSERT_EQUAL(stream_write(w.client.stream, "q", 1), 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.server.got, 1);
	CU_ASSERT_PTR_NULL(w.server.stream);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "octets that nobody acknowledges break it in time",
	    octets_that_nobody_acknowledges_break_it_in_time },
	{ "what is written before the connection stands arrives",
	    what_is_written_before_the_connection_stands_arrives },
	{ "a port where nobody listens ends it later with refused",
	    a_port_where_nobody_listens_ends_it_later_with_refused },
	{ "a link that is not there fails at once", a_link_that_is_not_there_fails_at_once },
	{ "the queue is bounded and takes all or nothing",
	    the_queue_is_bounded_and_takes_all_or_nothing },
	{ "a reader that pauses presses back and then gets everything",
	    a_reader_that_pauses_presses_back_and_then_gets_everything },
	{ "after the peer's FIN writing goes on", after_the_peers_fin_writing_goes_on },
	{ "a reset ends it once with the error", a_reset_ends_it_once_with_the_error },
	{ "a callback may free the stream", a_callback_may_free_the_stream },
};

UNIT_MAIN("net/stream", cases)
