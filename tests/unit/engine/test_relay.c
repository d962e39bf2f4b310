#include "stubd/engine/relay.h"
#include "stubd/net/frame.h"
#include "stubd/net/loop.h"
#include "stubd/net/stream.h"
#include "stubd/net/timer.h"
#include "stubd/wire/msg.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdlib.h>
#include <string.h>

enum { WATCHDOG = 5000, HELD_MAX = 16 };

/* The relay, one client of it, and whoever answers. */
static struct fixture {
	struct loop *loop;
	struct relay *relay;
	struct stream *client;
	struct frame_reader reader;
	struct timer watchdog;
	bool owned;	   /* what owns() says */
	struct addr asker; /* whom it was asked about */
	bool hold;	   /* keep questions instead of answering */
	unsigned nheld, wanted;
	struct relay_fetch *held[HELD_MAX];
	struct question last;
	unsigned replies, ended;
	uint16_t ids[HELD_MAX];
	uint8_t reply[4096];
	size_t len;
} fix;

static bool
owns(void *arg, const struct addr *peer)
{
	(void)arg;
	fix.asker = *peer;
	return fix.owned;
}

static struct answer *
make_answer(void)
{
	static struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", 70, 1);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 70, "example");
	return packet_answer(&p, "a.example", TYPE_A, NULL);
}

static void
on_ask(void *arg, const struct question *question, struct relay_fetch *fetch)
{
	struct answer *answer;

	(void)arg;
	fix.last = *question;
	if (fix.hold) {
		fix.held[fix.nheld++] = fetch;
		if (fix.nheld == fix.wanted)
			loop_stop(fix.loop);
		return;
	}
	answer = make_answer();
	CU_ASSERT_PTR_EQUAL(relay_answer(fetch, answer), &fix);
	answer_free(answer);
}

static bool
on_frame(void *arg, const uint8_t *bytes, size_t n)
{
	(void)arg;
	CU_ASSERT_FATAL(n <= sizeof(fix.reply) && fix.replies < HELD_MAX);
	memcpy(fix.reply, bytes, n);
	fix.len = n;
	fix.ids[fix.replies++] = (uint16_t)(bytes[0] << 8 | bytes[1]);
	if (fix.replies == fix.wanted)
		loop_stop(fix.loop);
	return true;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	frame_feed(&fix.reader, bytes, n, on_frame, arg);
}

static void
on_ended(void *arg, int error)
{
	(void)arg;
	(void)error;
	fix.ended++;
	loop_stop(fix.loop);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	CU_FAIL("nothing came");
	loop_stop(fix.loop);
}

static void
run(void)
{
	timer_start(&fix.watchdog, WATCHDOG);
	loop_run(fix.loop);
	timer_stop(&fix.watchdog);
}

static void
begin(bool owned)
{
	static const struct relay_events events = { .owns = owns, .ask = on_ask };
	static const struct stream_events client = { .data = on_data, .ended = on_ended };

	memset(&fix, 0, sizeof(fix));
	fix.owned = owned;
	fix.wanted = 1;
	fix.loop = loop_new();
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	CU_ASSERT_EQUAL_FATAL(relay_new(fix.loop, &events, &fix, &fix.relay), 0);
	CU_ASSERT_EQUAL_FATAL(
	    stream_connect(fix.loop, relay_address(fix.relay), NULL, &client, NULL, &fix.client),
	    0);
}

static void
end(void)
{
	frame_clear(&fix.reader);
	fix.client = stream_free(fix.client);
	fix.relay = relay_free(fix.relay);
	fix.loop = loop_free(fix.loop);
}

static void
ask(uint16_t id, const char *name, uint16_t type)
{
	const struct msg_ask how = {
		.id = id, .rd = true, .cd = true, .dnssec_ok = true, .udp_size = 1232
	};
	const struct question question = packet_question(name, type);
	uint8_t wire[512];
	size_t n = msg_write_query(wire, sizeof(wire), &question, &how);

	CU_ASSERT_EQUAL(frame_write(fix.client, wire, n), 0);
}

static void
answers_with_signatures(void)
{
	begin(true);
	ask(7, "a.example", TYPE_A);
	run();
	CU_ASSERT_EQUAL(fix.replies, 1);
	CU_ASSERT_EQUAL(fix.ids[0], 7);
	CU_ASSERT_EQUAL(fix.reply[3] & 15, RCODE_NOERROR);
	CU_ASSERT_EQUAL(fix.reply[7], 2); /* A and RRSIG */
	CU_ASSERT(addr_is_loopback(&fix.asker));
	CU_ASSERT_EQUAL(relay_address(fix.relay)->ip[0], 127);
	end();
}

static void
shuts_out_strangers(void)
{
	begin(false);
	ask(7, "a.example", TYPE_A);
	run();
	CU_ASSERT_EQUAL(fix.ended, 1);
	CU_ASSERT_EQUAL(fix.replies, 0);
	CU_ASSERT_EQUAL(relay_counters(fix.relay)->strangers, 1);
	CU_ASSERT_EQUAL(relay_counters(fix.relay)->questions, 0);
	end();
}

static void
answers_in_any_order(void)
{
	struct answer *answer = make_answer();

	begin(true);
	fix.hold = true;
	fix.wanted = 3;
	ask(1, "a.example", TYPE_A);
	ask(2, "a.example", TYPE_A);
	ask(3, "example", TYPE_DS);
	run();
	CU_ASSERT_EQUAL_FATAL(fix.nheld, 3);
	CU_ASSERT_EQUAL(relay_question(fix.held[2])->type, TYPE_DS);
	CU_ASSERT_PTR_EQUAL(relay_answer(fix.held[2], NULL), &fix);
	CU_ASSERT_PTR_EQUAL(relay_answer(fix.held[0], answer), &fix);
	CU_ASSERT_PTR_EQUAL(relay_answer(fix.held[1], answer), &fix);
	run();
	CU_ASSERT_EQUAL(fix.replies, 3);
	CU_ASSERT(fix.ids[0] == 3 && fix.ids[1] == 1 && fix.ids[2] == 2);
	answer = answer_free(answer);
	end();
}

static void
no_answer_is_servfail(void)
{
	begin(true);
	fix.hold = true;
	ask(9, "example", TYPE_DNSKEY);
	run();
	relay_answer(fix.held[0], NULL);
	run();
	CU_ASSERT_EQUAL(fix.replies, 1);
	CU_ASSERT_EQUAL(fix.reply[3] & 15, RCODE_SERVFAIL);
	end();
}

static void
garbage_ends_the_connection(void)
{
	static const uint8_t garbage[] = { 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

	begin(true);
	CU_ASSERT_EQUAL(stream_write(fix.client, garbage, sizeof(garbage)), 0);
	run();
	CU_ASSERT_EQUAL(fix.ended, 1);
	CU_ASSERT_EQUAL(fix.replies, 0);
	end();
}

static void
answers_may_come_too_late(void)
{
	begin(true);
	fix.hold = true;
	fix.wanted = 2;
	ask(1, "a.example", TYPE_A);
	ask(2, "b.example", TYPE_A);
	run();
	fix.client = stream_free(fix.client);
	CU_ASSERT_PTR_EQUAL(relay_answer(fix.held[0], NULL), &fix);
	fix.relay = relay_free(fix.relay);
	CU_ASSERT_PTR_NULL(relay_answer(fix.held[1], NULL));
	end();
}

static const struct unit_case cases[] = {
	{ "libunbound's question is answered, signatures included", answers_with_signatures },
	{ "a connection that is not libunbound's is closed unheard", shuts_out_strangers },
	{ "answers go back in the order in which they are there", answers_in_any_order },
	{ "no answer is SERVFAIL", no_answer_is_servfail },
	{ "what libunbound would not send ends the connection", garbage_ends_the_connection },
	{ "an answer may outlive its connection, and the relay", answers_may_come_too_late },
};

UNIT_MAIN("engine/relay", cases)
