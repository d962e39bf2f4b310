#include "stubd/front/udp.h"
#include "tests/unit/front/house.h"

#include <errno.h>

struct rig {
	struct house house;
	struct udp_front *udp;
	uint16_t port;
	/* what the client saw */
	uint8_t heard[4][600];
	ssize_t len[4];
};

static void
rig_open(struct rig *rig)
{
	int fd;

	memset(rig, 0, sizeof(*rig));
	house_open(&rig->house);
	rig->udp = udp_new(&rig->house.resolver);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->udp);
	fd = house_socket(SOCK_DGRAM, &rig->port);
	CU_ASSERT_EQUAL_FATAL(udp_add(rig->udp, fd), 0);
}

static struct udp_counters
rig_close(struct rig *rig)
{
	struct udp_counters counters;

	udp_counters(rig->udp, &counters);
	house_end_queries(&rig->house);
	rig->udp = udp_free(rig->udp);
	house_close(&rig->house);
	return counters;
}

static int
client_socket(struct rig *rig)
{
	struct sockaddr_in to = house_address(rig->port);
	uint16_t port;
	int fd = house_socket(SOCK_DGRAM, &port);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		perror("connect");
	return fd;
}

static void
ask(int fd, uint16_t id, const char *name)
{
	uint8_t wire[300];
	size_t n = house_question(wire, sizeof(wire), id, name, TYPE_A);

	if (send(fd, wire, n, 0) < 0)
		perror("send");
}

static void
hear(struct rig *rig, int fd, size_t i)
{
	rig->len[i] = recv(fd, rig->heard[i], sizeof(rig->heard[i]), 0);
}

static void
asks_localhost(void *arg)
{
	int fd = client_socket(arg);

	ask(fd, 7, "localhost");
	hear(arg, fd, 0);
	close(fd);
}

static void
what_is_known_is_answered_at_once(void)
{
	struct rig rig;
	struct udp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, asks_localhost, &rig);
	CU_ASSERT_TRUE(rig.len[0] > MSG_HEADER);
	CU_ASSERT_EQUAL(rig.heard[0][1], 7);
	CU_ASSERT_EQUAL(rig.heard[0][7], 1);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.received, 1);
	CU_ASSERT_EQUAL(counters.sent, 1);
	CU_ASSERT_EQUAL(counters.waiting, 0);
}

static void
says_garbage_first(void *arg)
{
	int fd = client_socket(arg);

	if (send(fd, "abc", 3, 0) < 0)
		perror("send");
	ask(fd, 7, "localhost");
	hear(arg, fd, 0);
	close(fd);
}

static void
garbage_is_counted_and_gets_no_answer(void)
{
	struct rig rig;
	struct udp_counters counters;

	rig_open(&rig);
	client_run(rig.house.loop, says_garbage_first, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 7);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.dropped, 1);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.queries, 2);
	counters = rig_close(&rig);
	CU_ASSERT_EQUAL(counters.received, 2);
	CU_ASSERT_EQUAL(counters.sent, 1);
}

static void
asks_a_held_name_and_another(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	int fd = client_socket(rig);
	ssize_t n;

	ask(fd, 1, "a.corp.example");
	n = house_hear(&rig->house, question, sizeof(question));
	ask(fd, 2, "localhost");
	hear(rig, fd, 0);
	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
	hear(rig, fd, 1);
	close(fd);
}

static void
a_question_that_waits_holds_up_no_other(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_a_held_name_and_another, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 2);
	CU_ASSERT_EQUAL(rig.heard[1][1], 1);
	CU_ASSERT_EQUAL(rig.heard[1][3] & 15, RCODE_NOERROR);
	CU_ASSERT_EQUAL(rig.heard[1][7], 1);
	CU_ASSERT_EQUAL(rig_close(&rig).waiting, 0);
}

static void
asks_and_leaves(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	int fd = client_socket(rig);
	ssize_t n;

	ask(fd, 1, "b.corp.example");
	n = house_hear(&rig->house, question, sizeof(question));
	close(fd);
	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
	asks_localhost(rig);
	asks_localhost(rig);
}

static void
a_client_that_left_harms_nobody(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_and_leaves, &rig);
	CU_ASSERT_EQUAL(rig.heard[0][1], 7);
	rig_close(&rig);
}

static void
asks_a_held_name_only(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	int fd = client_socket(rig);

	ask(fd, 9, "c.corp.example");
	rig->len[1] = house_hear(&rig->house, question, sizeof(question));
	rig->len[2] = fd;
}

static void
who_still_waits_at_the_end_is_told(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_a_held_name_only, &rig);
	CU_ASSERT_EQUAL(rig_close(&rig).waiting, 1);
	hear(&rig, (int)rig.len[2], 0);
	CU_ASSERT_EQUAL(rig.heard[0][1], 9);
	CU_ASSERT_EQUAL(rig.heard[0][3] & 15, RCODE_SERVFAIL);
	close((int)rig.len[2]);
}

static void
a_front_may_go_before_its_queries(void)
{
	struct rig rig;

	rig_open(&rig);
	client_run(rig.house.loop, asks_a_held_name_only, &rig);
	rig.udp = udp_free(rig.udp);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.abandoned, 1);
	house_end_queries(&rig.house);
	house_close(&rig.house);
	close((int)rig.len[2]);
}

static const struct unit_case cases[] = {
	{ "what is known is answered at once", what_is_known_is_answered_at_once },
	{ "garbage is counted and gets no answer", garbage_is_counted_and_gets_no_answer },
	{ "a question that waits holds up no other", a_question_that_waits_holds_up_no_other },
	{ "a client that left harms nobody", a_client_that_left_harms_nobody },
	{ "who still waits at the end is told", who_still_waits_at_the_end_is_told },
	{ "a front may go before its queries", a_front_may_go_before_its_queries },
};

UNIT_MAIN("front/udp", cases)
