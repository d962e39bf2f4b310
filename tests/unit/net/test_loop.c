#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct seen {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_signal *sig;
	struct loop_later later, other;
	struct timer timer;
	int fd, calls, errors, order[4];
};

static void
stop(void *arg)
{
	loop_stop(((struct seen *)arg)->loop);
}

static void
on_readable(void *arg, int events)
{
	struct seen *s = arg;
	char byte;

	CU_ASSERT(events & LOOP_READ);
	CU_ASSERT_EQUAL(read(s->fd, &byte, 1), 1);
	s->calls++;
	s->watch = loop_watch_free(s->watch);
	loop_stop(s->loop);
}

static void
a_watch_fires_and_may_free_itself(void)
{
	struct seen s = { .loop = loop_new() };
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	s.fd = fds[0];
	s.watch = loop_watch_new(s.loop, fds[0], LOOP_READ, on_readable, &s);
	CU_ASSERT_EQUAL(write(fds[1], "xy", 2), 2);
	CU_ASSERT_EQUAL(s.calls, 0);
	loop_run(s.loop);
	CU_ASSERT_EQUAL(s.calls, 1);
	loop_free(s.loop);
	close(fds[0]);
	close(fds[1]);
}

static void
on_count(void *arg, int events)
{
	struct seen *s = arg;
	char byte;

	(void)events;
	s->calls += (int)read(s->fd, &byte, 1);
	loop_stop(s->loop);
}

static void
a_freed_watch_does_not_disturb_the_next_owner_of_its_descriptor(void)
{
	struct seen s = { .loop = loop_new() };
	int a[2], b[2];
	struct loop_watch *old;

	CU_ASSERT_EQUAL_FATAL(pipe(a), 0);
	old = loop_watch_new(s.loop, a[0], LOOP_READ, on_count, &s);
	loop_watch_free(old);
	close(a[0]);
	CU_ASSERT_EQUAL_FATAL(pipe(b), 0);
	CU_ASSERT_EQUAL(b[0], a[0]);
	s.fd = b[0];
	s.watch = loop_watch_new(s.loop, b[0], LOOP_READ, on_count, &s);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(write(b[1], "x", 1), 1);
		loop_run(s.loop);
		CU_ASSERT_EQUAL(s.calls, i);
	}
	loop_watch_free(s.watch);
	loop_free(s.loop);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void
on_socket_error(void *arg, int events)
{
	struct seen *s = arg;
	char byte;

	if (recv(s->fd, &byte, 1, 0) < 0)
		s->errors += (events & LOOP_ERROR) != 0;
	loop_stop(s->loop);
}

static void
a_watch_goes_on_after_a_socket_error(void)
{
	struct seen s = { .loop = loop_new() };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int closed = socket(AF_INET, SOCK_DGRAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL(bind(closed, (struct sockaddr *)&sa, sizeof(sa)), 0);
	CU_ASSERT_EQUAL(getsockname(closed, (struct sockaddr *)&sa, &len), 0);
	close(closed);
	s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_EQUAL(connect(s.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	s.watch = loop_watch_new(s.loop, s.fd, LOOP_READ, on_socket_error, &s);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(send(s.fd, "x", 1, 0), 1);
		loop_run(s.loop);
		CU_ASSERT_EQUAL(s.errors, i);
	}
	loop_watch_free(s.watch);
	loop_free(s.loop);
	close(s.fd);
}

static void
note_first(void *arg)
{
	struct seen *s = arg;

	s->order[s->calls++] = 1;
	loop_later_start(&s->other);
}

static void
note_second(void *arg)
{
	struct seen *s = arg;

	s->order[s->calls++] = 2;
	loop_stop(s->loop);
}

static void
later_calls_run_once_and_in_order(void)
{
	struct seen s = { .loop = loop_new() };

	loop_later_init(&s.later, s.loop, note_first, &s);
	loop_later_init(&s.other, s.loop, note_second, &s);
	loop_later_start(&s.later);
	loop_later_start(&s.later);
	CU_ASSERT_EQUAL(s.calls, 0);
	loop_run(s.loop);
	CU_ASSERT_EQUAL(s.calls, 2);
	CU_ASSERT_EQUAL(s.order[0], 1);
	CU_ASSERT_EQUAL(s.order[1], 2);
	loop_free(s.loop);
}

static void
a_stopped_later_call_does_not_run(void)
{
	struct seen s = { .loop = loop_new() };

	loop_later_init(&s.later, s.loop, note_first, &s);
	loop_later_init(&s.other, s.loop, note_second, &s);
	loop_later_start(&s.later);
	loop_later_stop(&s.later);
	loop_later_start(&s.other);
	loop_run(s.loop);
	CU_ASSERT_EQUAL(s.calls, 1);
	CU_ASSERT_EQUAL(s.order[0], 2);
	loop_free(s.loop);
}

static void
free_it(void *arg)
{
	free(arg);
}

static void
freeing_the_loop_makes_the_calls_that_wait(void)
{
	struct loop *loop = loop_new();
	struct loop_later *later = malloc(sizeof(*later));

	loop_later_init(later, loop, free_it, later);
	loop_later_start(later);
	CU_ASSERT_PTR_NULL(loop_free(loop)); /* the leak checker sees the rest */
}

static void
a_signal_arrives_as_a_call(void)
{
	struct seen s = { .loop = loop_new() };

	s.sig = loop_signal_new(s.loop, SIGUSR1, stop, &s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.sig);
	raise(SIGUSR1);
	loop_run(s.loop);
	CU_ASSERT_PTR_NULL(loop_signal_free(s.sig));
	loop_free(s.loop);
}

static const struct unit_case cases[] = {
	{ "a watch fires and may free itself", a_watch_fires_and_may_free_itself },
	{ "a freed watch does not disturb the next owner of its descriptor",
	    a_freed_watch_does_not_disturb_the_next_owner_of_its_descriptor },
	{ "a watch goes on after a socket error", a_watch_goes_on_after_a_socket_error },
	{ "later calls run once and in order", later_calls_run_once_and_in_order },
	{ "a stopped later call does not run", a_stopped_later_call_does_not_run },
	{ "freeing the loop makes the calls that wait",
	    freeing_the_loop_makes_the_calls_that_wait },
	{ "a signal arrives as a call", a_signal_arrives_as_a_call },
};

UNIT_MAIN("net/loop", cases)
