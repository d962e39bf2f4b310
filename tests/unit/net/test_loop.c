#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct seen {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_signal *sig;
	struct loop_later later, other;
	struct timer timer;
	int fd, calls, errors, order[4];
};

static struct {
	int fd;	     /* where a byte arrives during each; 0: none does */
	int n, many; /* naps; and after how many turns none is waited for any more */
} naps;

/* In the place of libc's: the loop's nap takes no time, and something happens in it. */
int
nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	CU_ASSERT_EQUAL(time->tv_nsec, LOOP_GATHER * 1000);
	naps.n++;
	if (naps.fd)
		CU_ASSERT_EQUAL(write(naps.fd, "n", 1), 1);
	return 0;
}

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

/* A byte that is read makes another one arrive, so that a turn follows at once. */
static void
on_rally(void *arg, int events)
{
	struct seen *s = arg;
	char bytes[8];
	const ssize_t n = read(s->fd, bytes, sizeof(bytes));

	(void)events;
	if (n > 1) /* what came in a nap, and what made the turn, at once */
		s->errors++;
	s->calls++;
	if (naps.n >= 20 || s->calls == naps.many)
		loop_stop(s->loop);
	else
		CU_ASSERT_EQUAL(write(naps.fd, "r", 1), 1);
}

static void
rally(struct seen *s, bool gathers, int many)
{
	int fds[2];

	memset(&naps, 0, sizeof(naps));
	naps.many = many;
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	naps.fd = fds[1];
	s->fd = fds[0];
	s->loop = loop_new();
	s->watch = loop_watch_new(s->loop, fds[0], LOOP_READ, on_rally, s);
	loop_gather(s->loop, gathers);
	CU_ASSERT_EQUAL(write(fds[1], "r", 1), 1);
	loop_run(s->loop);
	loop_gather(s->loop, false);
	s->watch = loop_watch_free(s->watch);
	loop_free(s->loop);
	close(fds[0]);
	close(fds[1]);
}

static void
turns_in_quick_succession_gather_what_comes(void)
{
	struct seen s = { .fd = 0 };

	rally(&s, true, 1000000);
	CU_ASSERT_EQUAL(naps.n, 20);
	CU_ASSERT(s.errors >= 19);
}

static void
no_turn_naps_unless_it_is_told_to(void)
{
	struct seen s = { .fd = 0 };

	rally(&s, false, 10000);
	CU_ASSERT_EQUAL(s.calls, 10000);
	CU_ASSERT_EQUAL(naps.n, 0);
}

static void
on_slow(void *arg)
{
	struct seen *s = arg;

	if (++s->calls == 20)
		loop_stop(s->loop);
	else
		timer_start(&s->timer, 2);
}

static void
slow_turns_do_not_nap(void)
{
	struct seen s = { .loop = loop_new() };

	memset(&naps, 0, sizeof(naps));
	loop_gather(s.loop, true);
	timer_init(&s.timer, s.loop, on_slow, &s);
	timer_start(&s.timer, 2);
	loop_run(s.loop);
	CU_ASSERT_EQUAL(s.calls, 20);
	CU_ASSERT_EQUAL(naps.n, 0);
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
	{ "turns in quick succession gather what comes",
	    turns_in_quick_succession_gather_what_comes },
	{ "no turn naps unless it is told to", no_turn_naps_unless_it_is_told_to },
	{ "slow turns do not nap", slow_turns_do_not_nap },
};

UNIT_MAIN("net/loop", cases)
