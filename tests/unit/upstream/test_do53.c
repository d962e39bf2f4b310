#include "stubd/net/dgram.h"
#include "stubd/net/frame.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/stream.h"
#include "stubd/upstream/transport.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SEEN_MAX = 64 };

enum behaviour {
	ANSWER,
	SILENT,
	SILENT_ONCE,
	TRUNCATE,
	WRONG_ID,   /* then the right answer */
	WRONG_NAME, /* then the right answer */
	FLOOD,	    /* of guesses, and no answer */
};

struct asked {
	struct transport_ask ask;
	struct world *world;
	int calls;
	enum ask_fail fail;
	char text[128];
	size_t len;
};

struct world {
	struct loop *loop;
	/* the server */
	struct dgram *udp;
	struct listener *listener;
	struct stream *tcp;
	struct frame_reader reader;
	struct addr addr;
	enum behaviour behaviour;
	bool tcp_closes;
	size_t nseen, ntcp;
	uint16_t ids[SEEN_MAX], ports[SEEN_MAX];
	/* the client */
	struct transport *transport;
	struct upstream_spec spec;
	struct question question;
	struct asked asked[SEEN_MAX];
	int wanted, ready, closed;
	size_t all; /* questions of all associations */
};

static void
reply(struct world *w, const struct dgram_peer *peer, const uint8_t *query, size_t n, uint8_t flags,
    int change)
{
	uint8_t out[512];

	memcpy(out, query, n);
	out[2] = 0x80 | flags;
	if (change >= 0)
		out[change] ^= 1;
	dgram_send(w->udp, peer, out, n);
}

static void
on_packet(void *arg, const struct dgram_peer *peer, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;

	CU_ASSERT_FATAL(n >= 12 && n <= 512 && w->nseen < SEEN_MAX);
	w->ids[w->nseen] = (uint16_t)(bytes[0] << 8 | bytes[1]);
	w->ports[w->nseen++] = peer->from.port;
	if (w->behaviour == SILENT || (w->behaviour == SILENT_ONCE && w->nseen == 1))
		return;
	if (w->behaviour == WRONG_ID)
		reply(w, peer, bytes, n, 0, 1);
	if (w->behaviour == WRONG_NAME)
		reply(w, peer, bytes, n, 0, 13);
	for (int i = 0; i < 20 && w->behaviour == FLOOD; i++)
		reply(w, peer, bytes, n, 0, 0);
	if (w->behaviour != FLOOD)
		reply(w, peer, bytes, n, w->behaviour == TRUNCATE ? 0x02 : 0, -1);
}

static bool
on_tcp_message(void *arg, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;
	uint8_t out[512];

	w->ntcp++;
	memcpy(out, bytes, n);
	out[2] = 0x80;
	CU_ASSERT_EQUAL(frame_write(w->tcp, out, n), 0);
	return true;
}

static void
on_tcp_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;

	CU_ASSERT_EQUAL(frame_feed(&w->reader, bytes, n, on_tcp_message, w), 0);
}

static const struct stream_events tcp_events = { .data = on_tcp_data };

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	struct world *w = arg;

	(void)peer;
	w->tcp = stream_free(w->tcp);
	w->tcp = stream_new(w->loop, fd, &tcp_events, w);
	if (w->tcp_closes)
		w->tcp = stream_free(w->tcp);
}

static void
on_ready(void *arg, uint32_t handshake_us)
{
	(void)handshake_us;
	((struct world *)arg)->ready++;
}

static void
on_retired(void *arg)
{
	(void)arg;
}

static void
on_closed(void *arg, enum ask_fail fail, const char *text)
{
	struct world *w = arg;

	(void)text;
	CU_ASSERT_EQUAL(fail, ASK_OK);
	w->closed++;
	w->transport = NULL;
	loop_stop(w->loop);
}

static const struct transport_events events = { on_ready, on_retired, on_closed, NULL };

static void
on_done(struct transport_ask *ask, enum ask_fail fail, const char *text, const uint8_t *wire,
    size_t len)
{
	struct asked *a = container_of(ask, struct asked, ask);

	a->calls++;
	a->fail = fail;
	a->len = len;
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
	CU_ASSERT_EQUAL(wire != NULL, fail == ASK_OK);
	if (--a->world->wanted == 0)
		loop_stop(a->world->loop);
}

static void
world_init(struct world *w, enum behaviour behaviour)
{
	struct addr any;
	struct transport_env env;
	int fd;

	memset(w, 0, sizeof(*w));
	w->behaviour = behaviour;
	w->loop = loop_new();
	CU_ASSERT_EQUAL(addr_from_text(&any, "127.0.0.1", 0), 0);
	fd = listen_tcp(&any);
	CU_ASSERT_FATAL(fd >= 0);
	listen_address(fd, &w->addr);
	w->listener = listener_new(w->loop, fd, on_accept, w);
	fd = listen_udp(&w->addr);
	CU_ASSERT_FATAL(fd >= 0);
	w->udp = dgram_new(w->loop, fd, on_packet, w);
	CU_ASSERT_EQUAL(name_from_text(&w->question.name, "www.example."), 0);
	w->question.type = TYPE_A;
	w->question.class = CLASS_IN;
	w->spec.name = (char *)(uintptr_t) "plain";
	env = (struct transport_env){ .loop = w->loop, .plain = &w->all };
	w->transport = transport_do53.open(&env, &w->spec, &w->addr, &events, w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->transport);
	CU_ASSERT_EQUAL(w->ready, 0);
}

static void
ask(struct world *w, size_t i)
{
	struct asked *a = &w->asked[i];

	a->world = w;
	a->ask.question = &w->question;
	a->ask.flags = (struct msg_ask){ .rd = true, .dnssec_ok = true };
	a->ask.done = on_done;
	list_init(&a->ask.link);
	CU_ASSERT_EQUAL(transport_do53.ask(w->transport, &a->ask), 0);
	CU_ASSERT_EQUAL(a->calls, 0);
	w->wanted++;
}

static void
world_clear(struct world *w)
{
	if (w->transport)
		transport_do53.close(w->transport);
	stream_free(w->tcp);
	frame_clear(&w->reader);
	listener_free(w->listener);
	dgram_free(w->udp);
	loop_free(w->loop);
}

static void
questions_are_answered_each_from_a_port_and_id_of_its_own(void)
{
	struct world w;
	size_t same_port = 0, same_id = 0;

	world_init(&w, ANSWER);
	for (size_t i = 0; i < 20; i++)
		ask(&w, i);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	for (size_t i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(w.asked[i].calls, 1);
		CU_ASSERT_EQUAL(w.asked[i].fail, ASK_OK);
		same_port += i && w.ports[i] == w.ports[0];
		same_id += i && w.ids[i] == w.ids[0];
	}
	CU_ASSERT(same_port <= 1);
	CU_ASSERT(same_id <= 1);
	CU_ASSERT(transport_do53.heard(w.transport) > 0);
	world_clear(&w);
}

static void
a_lost_packet_is_sent_again_from_another_port_with_another_id(void)
{
	struct world w;

	world_init(&w, SILENT_ONCE);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.nseen, 2);
	CU_ASSERT_NOT_EQUAL(w.ports[0], w.ports[1]);
	world_clear(&w);
}

static void
answers_that_do_not_match_are_ignored(void)
{
	static const enum behaviour wrong[] = { WRONG_ID, WRONG_NAME };
	struct world w;

	for (size_t i = 0; i < 2; i++) {
		world_init(&w, wrong[i]);
		ask(&w, 0);
		guard_run(w.loop);
		CU_ASSERT_EQUAL(w.asked[0].calls, 1);
		CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
		CU_ASSERT_EQUAL(w.nseen, 1);
		CU_ASSERT_EQUAL(w.ntcp, 0);
		world_clear(&w);
	}
}

static void
a_flood_of_guesses_moves_the_question_to_tcp(void)
{
	struct world w;

	world_init(&w, FLOOD);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.ntcp, 1);
	world_clear(&w);
}

static void
a_truncated_answer_is_asked_for_by_tcp(void)
{
	struct world w;

	world_init(&w, TRUNCATE);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].calls, 1);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.ntcp, 1);
	world_clear(&w);
}

static void
a_server_without_tcp_says_so(void)
{
	struct world w;

	world_init(&w, TRUNCATE);
	w.listener = listener_free(w.listener);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_REFUSED);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "TCP: connection refused");
	world_clear(&w);
	world_init(&w, TRUNCATE);
	w.tcp_closes = true;
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_RESET);
	world_clear(&w);
}

static void
an_icmp_refusal_ends_it_at_once(void)
{
	struct world w;
	msec before;

	world_init(&w, ANSWER);
	w.udp = dgram_free(w.udp);
	before = loop_now(w.loop);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_REFUSED);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "connection refused");
	CU_ASSERT(loop_now(w.loop) - before < 500);
	world_clear(&w);
}

static void
a_link_that_is_not_there_fails_closed(void)
{
	struct world w;
	struct transport_env env;

	world_init(&w, ANSWER);
	transport_do53.close(w.transport);
	w.spec.link = (char *)(uintptr_t) "nolink0";
	env = (struct transport_env){ .loop = w.loop };
	w.transport = transport_do53.open(&env, &w.spec, &w.addr, &events, &w);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_LOCAL);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "link nolink0 is not there");
	CU_ASSERT_EQUAL(w.nseen, 0);
	world_clear(&w);
}

/* Else a silent server could take the descriptors of everybody else. */
static void
questions_are_bounded_over_all_associations(void)
{
	struct transport_ask more = { .done = on_done };
	struct world w;

	world_init(&w, ANSWER);
	CU_ASSERT_EQUAL(transport_do53.room(w.transport), 100);
	w.all = 999; /* elsewhere */
	CU_ASSERT_EQUAL(transport_do53.room(w.transport), 1);
	ask(&w, 0);
	CU_ASSERT_EQUAL(transport_do53.room(w.transport), 0);
	CU_ASSERT_EQUAL(transport_do53.ask(w.transport, &more), -EBUSY);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.all, 999);
	world_clear(&w);
}

static void
without_descriptors_there_is_no_room_and_the_server_is_not_blamed(void)
{
	struct rlimit before, none;
	struct world w;

	world_init(&w, ANSWER);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	ask(&w, 0);
	setrlimit(RLIMIT_NOFILE, &before);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_FULL);
	world_clear(&w);
}

static void
a_cancelled_question_is_never_told(void)
{
	struct world w;

	world_init(&w, ANSWER);
	ask(&w, 0);
	transport_do53.cancel(w.transport, &w.asked[0].ask);
	w.wanted = 0;
	ask(&w, 1);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].calls, 0);
	CU_ASSERT_EQUAL(w.asked[1].calls, 1);
	world_clear(&w);
}

static void
a_retired_one_answers_what_it_has_and_closes(void)
{
	struct world w;

	world_init(&w, ANSWER);
	ask(&w, 0);
	transport_do53.retire(w.transport);
	CU_ASSERT_EQUAL(transport_do53.room(w.transport), 0);
	CU_ASSERT_EQUAL(transport_do53.ask(w.transport, &w.asked[1].ask), -EPIPE);
	w.wanted = 99; /* it stops the loop when it closes */
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].calls, 1);
	CU_ASSERT_EQUAL(w.closed, 1);
	world_clear(&w);
}

static void
closing_fails_what_is_outstanding_and_room_is_bounded(void)
{
	struct world w;
	size_t room;

	world_init(&w, SILENT);
	room = transport_do53.room(w.transport);
	CU_ASSERT(room > 0 && room <= 512);
	for (size_t i = 0; i < 10; i++)
		ask(&w, i);
	CU_ASSERT_EQUAL(transport_do53.room(w.transport), room - 10);
	transport_do53.close(w.transport);
	w.transport = NULL;
	for (size_t i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(w.asked[i].calls, 1);
		CU_ASSERT_EQUAL(w.asked[i].fail, ASK_RESET);
	}
	CU_ASSERT_EQUAL(w.closed, 0);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "questions are answered, each from a port and ID of its own",
	    questions_are_answered_each_from_a_port_and_id_of_its_own },
	{ "a lost packet is sent again from another port with another ID",
	    a_lost_packet_is_sent_again_from_another_port_with_another_id },
	{ "answers that do not match are ignored", answers_that_do_not_match_are_ignored },
	{ "a flood of guesses moves the question to TCP",
	    a_flood_of_guesses_moves_the_question_to_tcp },
	{ "a truncated answer is asked for by TCP", a_truncated_answer_is_asked_for_by_tcp },
	{ "a server without TCP says so", a_server_without_tcp_says_so },
	{ "an ICMP refusal ends it at once", an_icmp_refusal_ends_it_at_once },
	{ "a link that is not there fails closed", a_link_that_is_not_there_fails_closed },
	{ "questions are bounded over all associations",
	    questions_are_bounded_over_all_associations },
	{ "without descriptors there is no room, and the server is not blamed",
	    without_descriptors_there_is_no_room_and_the_server_is_not_blamed },
	{ "a cancelled question is never told", a_cancelled_question_is_never_told },
	{ "a retired one answers what it has and closes",
	    a_retired_one_answers_what_it_has_and_closes },
	{ "closing fails what is outstanding, and room is bounded",
	    closing_fails_what_is_outstanding_and_room_is_bounded },
};

UNIT_MAIN("upstream/do53", cases)
