#include "stubd/net/dgram.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 300 };

struct world {
	struct loop *loop;
	struct dgram *dgram;
	struct addr addr;
	int server, client; /* the server's is the dgram's */
	int kernel_default; /* octets of receive buffer that it came with */
	size_t got, wanted;
	bool echo, free_it;
	struct dgram_peer peer;
};

static void
on_packet(void *arg, const struct dgram_peer *peer, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;

	w->got++;
	w->peer = *peer;
	if (w->echo)
		dgram_send(w->dgram, peer, bytes, n);
	if (w->free_it)
		w->dgram = dgram_free(w->dgram);
	if (w->got == w->wanted || w->free_it)
		loop_stop(w->loop);
}

static int
receive_buffer(int fd)
{
	int size = -1;
	socklen_t len = sizeof(size);

	CU_ASSERT_EQUAL(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len), 0);
	return size;
}

static void
serve(struct world *w)
{
	w->dgram = dgram_new(w->loop, w->server, on_packet, w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->dgram);
}

static void
world_bind(struct world *w, const char *listen)
{
	struct addr addr;

	memset(w, 0, sizeof(*w));
	w->loop = loop_new();
	CU_ASSERT_EQUAL(addr_from_text(&addr, listen, 0), 0);
	w->server = listen_udp(&addr);
	CU_ASSERT_FATAL(w->server >= 0);
	listen_address(w->server, &w->addr);
	w->kernel_default = receive_buffer(w->server);
}

static void
world_init(struct world *w, const char *listen)
{
	world_bind(w, listen);
	serve(w);
}

/* A client that is connected to ip at the server's port: other source addresses are not heard. */
static void
dial(struct world *w, const char *ip)
{
	struct sockaddr_storage ss;
	struct addr to;
	struct timeval limit = { 5, 0 };
	int size = 4 << 20;

	CU_ASSERT_EQUAL(addr_from_text(&to, ip, w->addr.port), 0);
	w->client = socket(to.family, SOCK_DGRAM, 0);
	setsockopt(w->client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(w->client, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	CU_ASSERT_EQUAL_FATAL(
	    connect(w->client, (struct sockaddr *)&ss, addr_to_sockaddr(&to, &ss)), 0);
}

static void
world_clear(struct world *w)
{
	close(w->client);
	dgram_free(w->dgram);
	loop_free(w->loop);
}

static void
replies_leave_from_the_address_that_was_asked(void)
{
	struct world w;
	char buf[16];

	world_init(&w, "0.0.0.0");
	dial(&w, "127.0.0.7");
	w.echo = true;
	w.wanted = 1;
	CU_ASSERT_EQUAL(send(w.client, "hello", 5, 0), 5);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(recv(w.client, buf, sizeof(buf), 0), 5);
	CU_ASSERT_EQUAL(memcmp(w.peer.to, "\x7f\0\0\7", 4), 0);
	CU_ASSERT_EQUAL(w.peer.from.family, AF_INET);
	world_clear(&w);
}

static void
replies_leave_from_the_ipv6_address_that_was_asked(void)
{
	struct world w;
	struct addr probe;
	char buf[16];
	int fd;

	CU_ASSERT_EQUAL(addr_from_text(&probe, "::1", 0), 0);
	fd = listen_udp(&probe);
	if (fd < 0)
		return; /* a machine without IPv6 */
	close(fd);
	world_init(&w, "::");
	dial(&w, "::1");
	w.echo = true;
	w.wanted = 1;
	CU_ASSERT_EQUAL(send(w.client, "hello", 5, 0), 5);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(recv(w.client, buf, sizeof(buf), 0), 5);
	CU_ASSERT_EQUAL(w.peer.to[15], 1);
	world_clear(&w);
}

static void
many_packets_are_answered_in_batches_and_none_is_lost(void)
{
	struct world w;
	struct dgram_stats stats;
	uint16_t value, sum = 0, expected = 0;

	world_init(&w, "127.0.0.1");
	dial(&w, "127.0.0.1");
	w.echo = true;
	w.wanted = MANY;
	for (uint16_t i = 0; i < MANY; i++) {
		expected = (uint16_t)(expected + i);
		CU_ASSERT_EQUAL(send(w.client, &i, sizeof(i), 0), 2);
	}
	guard_run(w.loop);
	for (uint16_t i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(recv(w.client, &value, sizeof(value), 0), 2);
		sum = (uint16_t)(sum + value);
	}
	CU_ASSERT_EQUAL(sum, expected);
	dgram_stats(w.dgram, &stats);
	CU_ASSERT_EQUAL(stats.in, MANY);
	CU_ASSERT_EQUAL(stats.out, MANY);
	CU_ASSERT_EQUAL(stats.out_lost, 0);
	CU_ASSERT(receive_buffer(w.server) > w.kernel_default);
	world_clear(&w);
}

/* The service manager may do what the daemon may not: SO_RCVBUFFORCE. */
static void
a_receive_buffer_that_is_larger_already_does_not_shrink(void)
{
	const int large = 2 * DGRAM_RCVBUF;
	struct world w;
	int before;

	world_bind(&w, "127.0.0.1");
	if (setsockopt(w.server, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof(large)) != 0)
		setsockopt(w.server, SOL_SOCKET, SO_RCVBUF, &large, sizeof(large));
	before = receive_buffer(w.server);
	serve(&w);
	CU_ASSERT_EQUAL(receive_buffer(w.server), before);
	w.client = -1;
	world_clear(&w);
}

static void
on_flush_over(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

static void
replies_that_come_later_leave_at_the_end_of_their_turn(void)
{
	struct world w;
	struct timer next;
	char buf[16];

	world_init(&w, "127.0.0.1");
	dial(&w, "127.0.0.1");
	w.wanted = 1;
	CU_ASSERT_EQUAL(send(w.client, "q", 1, 0), 1);
	guard_run(w.loop);
	dgram_send(w.dgram, &w.peer, (const uint8_t *)"late", 4);
	CU_ASSERT_EQUAL(recv(w.client, buf, sizeof(buf), MSG_DONTWAIT), -1);
	timer_init(&next, w.loop, on_flush_over, &w);
	timer_start(&next, 0);
	loop_run(w.loop);
	CU_ASSERT_EQUAL(recv(w.client, buf, sizeof(buf), 0), 4);
	world_clear(&w);
}

static void
a_packet_that_is_too_long_is_dropped_and_counted(void)
{
	struct world w;
	struct dgram_stats stats;
	static const uint8_t big[DGRAM_IN + 1];

	world_init(&w, "127.0.0.1");
	dial(&w, "127.0.0.1");
	w.wanted = 1;
	CU_ASSERT_EQUAL(send(w.client, big, sizeof(big), 0), (ssize_t)sizeof(big));
	CU_ASSERT_EQUAL(send(w.client, big, DGRAM_IN, 0), DGRAM_IN);
	guard_run(w.loop);
	dgram_stats(w.dgram, &stats);
	CU_ASSERT_EQUAL(stats.in, 2);
	CU_ASSERT_EQUAL(stats.in_long, 1);
	world_clear(&w);
}

static void
the_callback_may_free_the_socket_and_its_reply_still_leaves(void)
{
	struct world w;
	char buf[16];

	world_init(&w, "127.0.0.1");
	dial(&w, "127.0.0.1");
	w.echo = w.free_it = true;
	CU_ASSERT_EQUAL(send(w.client, "one", 3, 0), 3);
	CU_ASSERT_EQUAL(send(w.client, "two", 3, 0), 3);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.got, 1);
	CU_ASSERT_EQUAL(recv(w.client, buf, sizeof(buf), 0), 3);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "replies leave from the address that was asked",
	    replies_leave_from_the_address_that_was_asked },
	{ "replies leave from the IPv6 address that was asked",
	    replies_leave_from_the_ipv6_address_that_was_asked },
	{ "many packets are answered in batches and none is lost",
	    many_packets_are_answered_in_batches_and_none_is_lost },
	{ "a receive buffer that is larger already does not shrink",
	    a_receive_buffer_that_is_larger_already_does_not_shrink },
	{ "replies that come later leave at the end of their turn",
	    replies_that_come_later_leave_at_the_end_of_their_turn },
	{ "a packet that is too long is dropped and counted",
	    a_packet_that_is_too_long_is_dropped_and_counted },
	{ "the callback may free the socket and its reply still leaves",
	    the_callback_may_free_the_socket_and_its_reply_still_leaves },
};

UNIT_MAIN("net/dgram", cases)
