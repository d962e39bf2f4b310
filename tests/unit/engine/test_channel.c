#include "stubd/engine/channel.h"
#include "stubd/engine/message.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WATCHDOG = 20000, MANY = 3000, LONG = 65535 };

static struct fixture {
	struct loop *loop;
	struct channel *ours;
	int theirs; /* the other end, in the test's hands */
	struct timer watchdog;
	uint64_t next; /* the number that the next message should have */
	uint64_t stop_at;
	int refuse; /* what the next message gets */
	bool free_it;
	int ended; /* 1: not yet */
} fix;

static int
on_message(void *arg, const struct message *message)
{
	(void)arg;
	CU_ASSERT_EQUAL(message->id, fix.next);
	fix.next++;
	if (fix.free_it)
		fix.ours = channel_free(fix.ours);
	if (fix.next == fix.stop_at)
		loop_stop(fix.loop);
	return fix.refuse;
}

static void
on_ended(void *arg, int error)
{
	(void)arg;
	CU_ASSERT_EQUAL(fix.ended, 1);
	fix.ended = error;
	loop_stop(fix.loop);
}

static const struct channel_events events = { .message = on_message, .ended = on_ended };

static void
on_watchdog(void *arg)
{
	(void)arg;
	CU_FAIL("nothing happened");
	loop_stop(fix.loop);
}

static void
begin(void)
{
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	fix = (struct fixture){ .loop = loop_new(), .theirs = pair[1], .ended = 1 };
	fix.ours = channel_new(fix.loop, pair[0], &events, NULL);
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fix.ours);
}

static void
run(void)
{
	timer_start(&fix.watchdog, WATCHDOG);
	loop_run(fix.loop);
	timer_stop(&fix.watchdog);
}

static void
end(void)
{
	fix.ours = channel_free(fix.ours);
	if (fix.theirs >= 0)
		close(fix.theirs);
	fix.loop = loop_free(fix.loop);
}

static size_t
write_cancel(uint8_t *out, size_t cap, uint64_t id)
{
	return message_write(out, cap, &(struct message){ .type = MESSAGE_CANCEL, .id = id });
}

static void
messages_come_in_pieces(void)
{
	uint8_t octets[64];
	size_t n;

	begin();
	n = write_cancel(octets, sizeof(octets), 0);
	n += write_cancel(octets + n, sizeof(octets) - n, 1);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(send(fix.theirs, octets + i, 1, 0), 1);
		fix.stop_at = i + 1 == n / 2 ? 1 : i + 1 == n ? 2 : 0;
		if (fix.stop_at)
			run();
	}
	CU_ASSERT_EQUAL(fix.next, 2);
	end();
}

static void
bad_octets_end_it(void)
{
	static const uint8_t bad[][6] = {
		{ 0, 0, 0, 0, 1, 1 },		  /* nothing */
		{ 0xff, 0xff, 0xff, 0xff, 1, 1 }, /* more than there can be */
		{ 0, 0, 0, 1, 0, 1 },		  /* no type */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin();
		CU_ASSERT_EQUAL(send(fix.theirs, bad[i], sizeof(bad[i]), 0), sizeof(bad[i]));
		run();
		CU_ASSERT_EQUAL(fix.ended, -EBADMSG);
		CU_ASSERT_EQUAL(fix.next, 0);
		end();
	}
}

static void
a_message_that_is_not_wanted_ends_it(void)
{
	uint8_t octets[64];
	size_t n;

	begin();
	fix.refuse = -EBADMSG;
	n = write_cancel(octets, sizeof(octets), 0);
	n += write_cancel(octets + n, sizeof(octets) - n, 1);
	CU_ASSERT_EQUAL(send(fix.theirs, octets, n, 0), (ssize_t)n);
	run();
	CU_ASSERT_EQUAL(fix.ended, -EBADMSG);
	CU_ASSERT_EQUAL(fix.next, 1);
	end();
}

static void
the_other_end_may_go(void)
{
	begin();
	close(fix.theirs);
	fix.theirs = -1;
	run();
	CU_ASSERT_EQUAL(fix.ended, 0);
	CU_ASSERT_EQUAL(channel_send(fix.ours, &(struct message){ .type = MESSAGE_PING }), -EPIPE);
	end();
}

static void
it_may_be_freed_by_a_message(void)
{
	uint8_t octets[64];
	size_t n;

	for (size_t cut = 0; cut < 2; cut++) {
		begin();
		fix.free_it = true;
		fix.stop_at = 1;
		n = write_cancel(octets, sizeof(octets), 0);
		n += write_cancel(octets + n, sizeof(octets) - n, 1);
		CU_ASSERT_EQUAL(send(fix.theirs, octets, n - cut, 0), (ssize_t)(n - cut));
		run();
		CU_ASSERT_EQUAL(fix.next, 1);
		end();
	}
}

/* A reader that takes its time: what the stream has no room for waits, in order, up to the limit. */
static void
what_is_not_read_waits_up_to_a_limit(void)
{
	static uint8_t wire[LONG];
	struct message m = { .type = MESSAGE_FETCHED, .wire = wire, .len = LONG };
	struct channel *reader;
	int error = 0;

	begin();
	while (!error && m.id < MANY) {
		error = channel_send(fix.ours, &m);
		m.id += !error;
	}
	CU_ASSERT_EQUAL(error, -ENOBUFS);
	CU_ASSERT_TRUE(m.id > CHANNEL_QUEUE / (LONG + 64));
	fix.stop_at = m.id;
	reader = channel_new(fix.loop, fix.theirs, &events, NULL);
	fix.theirs = -1;
	run();
	CU_ASSERT_EQUAL(fix.next, m.id);
	CU_ASSERT_EQUAL(channel_send(fix.ours, &m), 0);
	channel_free(reader);
	end();
}

static const struct unit_case cases[] = {
	{ "messages come whole, in whatever pieces", messages_come_in_pieces },
	{ "octets that are no message end it", bad_octets_end_it },
	{ "a message that is not wanted ends it", a_message_that_is_not_wanted_ends_it },
	{ "the other end may go", the_other_end_may_go },
	{ "it may be freed by a message", it_may_be_freed_by_a_message },
	{ "what is not read waits, up to a limit", what_is_not_read_waits_up_to_a_limit },
};

UNIT_MAIN("channel", cases)
