#include "stubd/front/tcp.h"
#include "stubd/net/frame.h"
#include "tests/unit/front/house.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

enum { FLOOD = 20000 };

struct rig {
	struct house house;
	struct tcp_front *tcp;
	uint16_t port;
	int command[2]; /* a pipe: any byte drains the front */
	struct loop_watch *watch;
	/* what the client saw */
	uint8_t heard[4][600];
	ssize_t len[4];
	int fd;
	size_t answers;
};

static void
on_command(void *arg, int events)
{
	struct rig *rig = arg;
	char c;

	(void)events;
	if (read(rig->command[0], &c, 1) == 1)
		tcp_drain(rig->tcp);
}

static void
rig_open(struct rig *rig)
{
	int fd;

	memset(rig, 0, sizeof(*rig));
	house_open(&rig->house);
	rig->tcp = tcp_new(&rig->house.resolver);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->tcp);
	fd = house_socket(SOCK_STREAM, &rig->port);
	CU_ASSERT_EQUAL(listen(fd, 512), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	CU_ASSERT_EQUAL_FATAL(tcp_add(rig->tcp, fd), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(rig->command), 0);
	rig->watch = loop_watch_new(rig->house.loop, rig->command[0], LOOP_READ, on_command, rig);
}

static struct tcp_counters
rig_close(struct rig *rig)
{
	struct tcp_counters counters;

	tcp_counters(rig->tcp, &counters);
	house_end_queries(&rig->house);
	rig->tcp = tcp_free(rig->tcp);
	rig->watch = loop_watch_free(rig->watch);
	close(rig->command[0]);
	close(rig->command[1]);
	house_close(&rig->house);
	return counters;
}

static int
enter(struct rig *rig)
{
	struct sockaddr_in to = house_address(rig->port);

	return client_connect((struct sockaddr *)&to, sizeof(to));
}

static void
say(int fd, const void *bytes, size_t n)
{
	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		perror("send");
}

static size_t
framed(uint8_t *out, size_t cap, uint16_t id, const char *name)
{
	size_t n = house_question(out + FRAME_HEAD, cap - FRAME_HEAD, id, name, TYPE_A);

	frame_head(out, n);
	return n + FRAME_HEAD;
}

static void
ask(int fd, uint16_t id, const char *name)
{
	uint8_t wire[300];

	say(fd, wire, framed(wire, sizeof(wire), id, name));
}

/* One framed message; len -1: the end. */
static void
hear(struct rig *rig, int fd, size_t i)
{
	uint8_t head[FRAME_HEAD];
	size_t n;

	rig->len[i] = -1;
	if (recv(fd, head, sizeof(head), MSG_WAITALL) != FRAME_HEAD)
		return;
	n = (size_t)(head[0] << 8 | head[1]);
	if (n <= sizeof(rig->heard[i]))
		rig->len[i] = recv(fd, rig->heard[i], n, MSG_WAITALL);
}

static void
asks_two_at_once(void *arg)
{
	struct rig *rig = arg;
	uint8_t wire[600];
	size_t n = framed(wire, 300, 1, "localhost");
	int fd = enter(rig);

	n += framed(wire + n, 300, 2, "localhost");
	say(fd, wire, n - 5);
	hear(rig, fd, 0);
	say(fd, wire + n - 5, 5);
	hear(rig, fd, 1);
	close(fd);
}

static void
questions_may_come_in_pieces(void)
{
	struct rig rig;
	struct tcp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, asks_two_at_once, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 1);
	CU_ASSERT_EQUAL(rig.heard[1][1], 2);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.accepted, 1);
	CU_ASSERT_EQUAL(counters.received, 2);
}

/* Asks a name that waits, then does `between`, then lets it be answered. */
static void
hold(struct rig *rig, int fd, void (*between)(struct rig *rig, int fd))
{
	uint8_t question[600];
	ssize_t n;

	ask(fd, 1, "a.corp.example");
	n = house_hear(&rig->house, question, sizeof(question));
	between(rig, fd);
	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
}

static void
asks_another(struct rig *rig, int fd)
{
	ask(fd, 2, "localhost");
	hear(rig, fd, 0);
}

static void
asks_a_held_name_and_another(void *arg)
{
	struct rig *rig = arg;
	int fd = enter(rig);

	hold(rig, fd, asks_another);
	hear(rig, fd, 1);
	close(fd);
}

static void
answers_come_in_the_order_they_are_ready(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_a_held_name_and_another, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 2);
	CU_ASSERT_EQUAL(rig.heard[1][1], 1);
	CU_ASSERT_EQUAL(rig.heard[1][7], 1);
	CU_ASSERT_EQUAL(rig_close(&rig).waiting, 0);
}

static void
ends_its_side(struct rig *rig, int fd)
{
	(void)rig;
	shutdown(fd, SHUT_WR);
}

static void
asks_and_half_closes(void *arg)
{
	struct rig *rig = arg;
	int fd = enter(rig);

	hold(rig, fd, ends_its_side);
	hear(rig, fd, 0);
	hear(rig, fd, 1);
	close(fd);
}

static void
a_half_closed_client_gets_its_answer_and_the_end(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_and_half_closes, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 1);
	CU_ASSERT_EQUAL(rig.heard[0][7], 1);
	CU_ASSERT_EQUAL(rig.len[1], -1);
	CU_ASSERT_EQUAL(rig_close(&rig).clients, 0);
}

static void
resets(struct rig *rig, int fd)
{
	const struct linger hard = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	rig->fd = enter(rig);
	ask(rig->fd, 3, "localhost"); /* when this is answered the reset was seen */
	hear(rig, rig->fd, 0);
	ask(rig->fd, 3, "localhost");
	hear(rig, rig->fd, 0);
}

static void
asks_and_vanishes(void *arg)
{
	struct rig *rig = arg;

	hold(rig, enter(rig), resets);
	ask(rig->fd, 4, "localhost");
	hear(rig, rig->fd, 1);
	close(rig->fd);
}

static void
a_client_that_vanished_takes_its_questions_with_it(void)
{
	struct rig rig;
	struct tcp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, asks_and_vanishes, &rig);
	CU_ASSERT_EQUAL(rig.heard[1][1], 4);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.abandoned, 1);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.closed_error, 1);
	CU_ASSERT_EQUAL(counters.waiting, 0);
}

static void
sends_empty_frames(void *arg)
{
	struct rig *rig = arg;
	int fd = enter(rig);

	say(fd, "\0\0\0\0", 4);
	hear(rig, fd, 0);
	close(fd);
	fd = enter(rig);
	ask(fd, 5, "localhost");
	say(fd, "\0\5abcde", 7);
	hear(rig, fd, 1);
	hear(rig, fd, 2);
	close(fd);
}

static void
frames_too_short_for_a_header_close(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, sends_empty_frames, &rig);
	CU_ASSERT_EQUAL(rig.len[0], -1);
	CU_ASSERT_EQUAL(rig.len[2], -1);
	CU_ASSERT_EQUAL(rig_close(&rig).closed_frame, 2);
}

/* Sends FLOOD questions and reads as slowly as it writes. */
static void
floods(void *arg)
{
	struct rig *rig = arg;
	uint8_t wire[300], in[8192];
	size_t n = framed(wire, sizeof(wire), 6, "localhost"), sent = 0, got = 0, each = 0;
	struct pollfd p = { .fd = enter(rig) };

	ask(p.fd, 6, "localhost");
	hear(rig, p.fd, 0);
	each = (size_t)rig->len[0] + FRAME_HEAD;
	fcntl(p.fd, F_SETFL, O_NONBLOCK);
	while (got < FLOOD * each) {
		ssize_t r;

		p.events = (short)(POLLIN | (sent < FLOOD * n ? POLLOUT : 0));
		if (poll(&p, 1, 10000) <= 0)
			break;
		r = sent < FLOOD * n ? send(p.fd, wire + sent % n, n - sent % n, MSG_NOSIGNAL) : 0;
		sent += r > 0 ? (size_t)r : 0;
		if (r > 0)
			continue; /* reads only when it can write no more */
		r = recv(p.fd, in, sizeof(in), 0);
		if (r == 0 || (r < 0 && errno != EAGAIN))
			break;
		got += r > 0 ? (size_t)r : 0;
	}
	rig->answers = got / each;
	close(p.fd);
}

static void
a_flood_is_pressed_back_and_all_is_answered(void)
{
	struct rig rig;
	struct tcp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, floods, &rig);
	CU_ASSERT_EQUAL(rig.answers, FLOOD);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.received, FLOOD + 1);
	CU_ASSERT_EQUAL(counters.closed_slow, 0);
}

static void
fills_the_house(void *arg)
{
	struct rig *rig = arg;
	int fds[MAX_TCP_CLIENTS + 1];

	for (size_t i = 0; i <= MAX_TCP_CLIENTS; i++) {
		fds[i] = enter(rig);
		ask(fds[i], 7, "localhost");
		hear(rig, fds[i], 0);
	}
	hear(rig, fds[0], 1); /* closed for the newcomer */
	ask(fds[1], 8, "localhost");
	hear(rig, fds[1], 2);
	for (size_t i = 0; i <= MAX_TCP_CLIENTS; i++)
		close(fds[i]);
}

static void
the_longest_idle_makes_room(void)
{
	struct rig rig;
	struct tcp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, fills_the_house, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 7);
	CU_ASSERT_EQUAL(rig.len[1], -1);
	CU_ASSERT_EQUAL(rig.heard[2][1], 8);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.displaced, 1);
	CU_ASSERT_EQUAL(counters.refused, 0);
}

static void
drains(struct rig *rig, int fd)
{
	int idle = enter(rig);

	(void)fd;
	ask(idle, 9, "localhost");
	hear(rig, idle, 0);
	if (write(rig->command[1], "d", 1) != 1)
		perror("write");
	hear(rig, idle, 1); /* its end says that draining has begun */
	close(idle);
	rig->fd = enter(rig);
}

static void
asks_before_the_drain(void *arg)
{
	struct rig *rig = arg;
	int fd = enter(rig);

	hold(rig, fd, drains);
	hear(rig, fd, 2);
	hear(rig, fd, 3);
	close(fd);
}

static void
draining_answers_what_was_asked_and_closes(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_before_the_drain, &rig);
	CU_ASSERT_EQUAL(rig.len[1], -1);
	CU_ASSERT_EQUAL(rig.fd, -1);
	CU_ASSERT_EQUAL(rig.heard[2][1], 1);
	CU_ASSERT_EQUAL(rig.heard[2][7], 1);
	CU_ASSERT_EQUAL(rig.len[3], -1);
	rig_close(&rig);
}

static void
asks_and_stays(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];

	rig->fd = enter(rig);
	ask(rig->fd, 1, "a.corp.example");
	house_hear(&rig->house, question, sizeof(question));
}

static void
who_still_waits_at_the_end_is_told(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_and_stays, &rig);
	CU_ASSERT_EQUAL(rig_close(&rig).waiting, 1);
	hear(&rig, rig.fd, 0);
	CU_ASSERT_EQUAL(rig.heard[0][1], 1);
	CU_ASSERT_EQUAL(rig.heard[0][3] & 15, RCODE_SERVFAIL);
	close(rig.fd);
}

static const struct unit_case cases[] = {
	{ "questions may come in pieces", questions_may_come_in_pieces },
	{ "answers come in the order they are ready", answers_come_in_the_order_they_are_ready },
	{ "a half-closed client gets its answer, and the end",
	    a_half_closed_client_gets_its_answer_and_the_end },
	{ "a client that vanished takes its questions with it",
	    a_client_that_vanished_takes_its_questions_with_it },
	{ "frames too short for a header close", frames_too_short_for_a_header_close },
	{ "a flood is pressed back, and all is answered",
	    a_flood_is_pressed_back_and_all_is_answered },
	{ "the longest idle makes room", the_longest_idle_makes_room },
	{ "draining answers what was asked, and closes",
	    draining_answers_what_was_asked_and_closes },
	{ "who still waits at the end is told", who_still_waits_at_the_end_is_told },
};

UNIT_MAIN("front/tcp", cases)
