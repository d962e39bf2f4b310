#include "stubd/net/frame.h"
#include "tests/unit/upstream/secure_world.h"

#include <sys/resource.h>

/* --- the server's side -------------------------------------------------------------------------- */

static void
write_reply(SSL *ssl, uint8_t *query, size_t n)
{
	uint8_t out[FRAME_HEAD + 1024];

	query[2] |= 0x80;
	frame_head(out, n);
	memcpy(out + FRAME_HEAD, query, n);
	SSL_write(ssl, out, (int)(FRAME_HEAD + n));
}

static void
serve_dot(struct tls_peer *peer, SSL *ssl)
{
	struct world *w = peer->arg;
	uint8_t head[FRAME_HEAD], query[BATCH][1024];
	size_t n, sizes[BATCH], k = 0;

	if (w->behaviour == PLAIN_HTTP)
		SSL_write(ssl, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	while (read_all(ssl, head, sizeof(head))) {
		n = (size_t)head[0] << 8 | head[1];
		if (n > 1024 || !read_all(ssl, query[k], n))
			return;
		if (query[k][12] == 0)
			w->pings++;
		else
			w->questions++;
		if (n % 128)
			w->same_size = false;
		if (w->behaviour == CLOSE)
			return;
		if (w->behaviour == GARBAGE)
			SSL_write(ssl, "\0\3abc", 5);
		if (w->behaviour == WRONG_NAME)
			query[k][13] ^= 1;
		if (w->behaviour == ANSWER || w->behaviour == WRONG_NAME ||
		    (w->behaviour == ONLY_PINGS && query[k][12] == 0))
			write_reply(ssl, query[k], n);
		sizes[k++] = n;
		if (w->behaviour == REVERSED && k == BATCH) {
			while (k--)
				write_reply(ssl, query[k], sizes[k]);
		}
		k = w->behaviour == REVERSED && k < BATCH ? k : 0;
	}
}

/* A server that behaves so, and a connection to it. */
static void
with_peer(struct world *w, const struct transport_ops *ops, enum behaviour behaviour)
{
	world_init(w, ops);
	w->behaviour = behaviour;
	w->peer.san = "DNS:dns.test";
	w->peer.alpn = ops == &transport_doh ? "h2" : "dot";
	w->peer.serve = serve_dot;
	w->peer.arg = w;
	tls_peer_start(&w->peer);
	w->spec.ca_file = w->peer.ca_file;
	w->addr = w->peer.addr;
	dial(w);
}

static void
questions_asked_while_connecting_wait_and_answers_come_in_any_order(void)
{
	struct world w;

	with_peer(&w, &transport_dot, REVERSED);
	for (size_t i = 0; i < BATCH; i++)
		ask(&w, i);
	guard_run(w.loop);
	for (size_t i = 0; i < BATCH; i++) {
		CU_ASSERT_EQUAL(w.asked[i].calls, 1);
		CU_ASSERT_EQUAL(w.asked[i].fail, ASK_OK);
	}
	CU_ASSERT_EQUAL(w.ready, 1);
	CU_ASSERT_TRUE(w.same_size); /* padded */
	CU_ASSERT(w.ops->heard(w.transport) > 0);
	world_clear(&w);
}

static void
room_on_a_connection_is_bounded(void)
{
	struct world w;
	size_t room;

	with_peer(&w, &transport_dot, SILENT);
	room = w.ops->room(w.transport);
	CU_ASSERT_FATAL(room > 0 && room < ASKS_MAX);
	for (size_t i = 0; i < room; i++)
		ask(&w, i);
	CU_ASSERT_EQUAL(try_ask(&w, room, "one.more."), -EBUSY);
	w.ops->cancel(w.transport, &w.asked[0].ask);
	w.wanted--;
	ask(&w, 0);
	world_clear(&w);
	CU_ASSERT_EQUAL(w.asked[1].calls, 1);
	CU_ASSERT_EQUAL(w.asked[1].fail, ASK_RESET);
}

static void
silence_is_noticed_and_everything_outstanding_fails(void)
{
	struct world w;

	with_peer(&w, &transport_dot, SILENT);
	ask(&w, 0);
	ask(&w, 1);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.closed, 1);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_TIMEOUT);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_TIMEOUT);
	CU_ASSERT_STRING_EQUAL(w.asked[1].text, "no answer for 1.5 s");
	world_clear(&w);
	CU_ASSERT_EQUAL(w.pings, 1);
}

static void
silence_is_noticed_also_when_nobody_waits_any_more(void)
{
	struct world w;

	with_peer(&w, &transport_dot, SILENT);
	ask(&w, 0);
	for (int i = 0; i < 1000 && !w.questions; i++)
		pass(&w, 10);
	CU_ASSERT_EQUAL(w.questions, 1);
	w.ops->cancel(w.transport, &w.asked[0].ask);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.closed, 1);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_TIMEOUT);
	world_clear(&w);
	CU_ASSERT_EQUAL(w.pings, 1);
}

static void
a_server_that_is_alive_may_take_its_time_over_one_name(void)
{
	struct world w;

	with_peer(&w, &transport_dot, ONLY_PINGS);
	ask(&w, 0);
	pass(&w, 2500);
	CU_ASSERT_EQUAL(w.closed, 0);
	CU_ASSERT_EQUAL(w.asked[0].calls, 0);
	CU_ASSERT(w.pings >= 2);
	world_clear(&w);
}

static void
an_answer_to_another_question_is_malformed(void)
{
	struct world w;

	with_peer(&w, &transport_dot, WRONG_NAME);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_MALFORMED);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "another name");
	CU_ASSERT_EQUAL(w.closed, 0);
	world_clear(&w);
}

static void
broken_framing_breaks_the_connection(void)
{
	struct world w;

	with_peer(&w, &transport_dot, GARBAGE);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_MALFORMED);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_MALFORMED);
	world_clear(&w);
}

static void
a_connection_closed_with_a_question_outstanding_is_a_reset(void)
{
	struct world w;

	with_peer(&w, &transport_dot, CLOSE);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].calls, 1);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_RESET);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_RESET);
	world_clear(&w);
}

static void
a_retired_one_answers_what_it_has_and_closes(void)
{
	struct world w;

	with_peer(&w, &transport_dot, ANSWER);
	ask(&w, 0);
	w.ops->retire(w.transport);
	CU_ASSERT_EQUAL(w.ops->room(w.transport), 0);
	CU_ASSERT_EQUAL(try_ask(&w, 1, "late.example."), -EPIPE);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(w.closed, 1);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_OK);
	world_clear(&w);
}

static void
a_certificate_for_another_name_is_a_tls_failure(void)
{
	struct world w;

	with_peer(&w, &transport_dot, ANSWER);
	w.ops->close(w.transport);
	w.spec.host = (char *)(uintptr_t) "evil.test";
	dial(&w);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_TLS);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "host name mismatch: certificate is for dns.test");
	world_clear(&w);
	CU_ASSERT_EQUAL(w.questions, 0);
}

static void
a_link_that_is_not_there_fails_closed_and_later(void)
{
	struct world w;

	with_peer(&w, &transport_dot, ANSWER);
	w.ops->close(w.transport);
	w.spec.link = (char *)(uintptr_t) "nolink0";
	dial(&w);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_LOCAL);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "link nolink0 is not there");
	world_clear(&w);
}

static void
without_descriptors_there_is_no_room_and_the_server_is_not_blamed(void)
{
	struct rlimit before, none;
	struct world w;

	with_peer(&w, &transport_dot, ANSWER);
	w.ops->close(w.transport);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	dial(&w);
	setrlimit(RLIMIT_NOFILE, &before);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_FULL);
	CU_ASSERT_EQUAL(w.closed_fail, ASK_FULL);
	world_clear(&w);
}

static void
a_server_that_does_not_speak_http2_is_an_http_failure(void)
{
	struct world w;

	with_peer(&w, &transport_doh, PLAIN_HTTP);
	ask(&w, 0);
	w.wanted = 99;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_HTTP);
	CU_ASSERT_EQUAL(w.closed, 1);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "questions asked while connecting wait, and answers come in any order",
	    questions_asked_while_connecting_wait_and_answers_come_in_any_order },
	{ "room on a connection is bounded", room_on_a_connection_is_bounded },
	{ "silence is noticed and everything outstanding fails",
	    silence_is_noticed_and_everything_outstanding_fails },
	{ "silence is noticed also when nobody waits any more",
	    silence_is_noticed_also_when_nobody_waits_any_more },
	{ "a server that is alive may take its time over one name",
	    a_server_that_is_alive_may_take_its_time_over_one_name },
	{ "an answer to another question is malformed",
	    an_answer_to_another_question_is_malformed },
	{ "broken framing breaks the connection", broken_framing_breaks_the_connection },
	{ "a connection closed with a question outstanding is a reset",
	    a_connection_closed_with_a_question_outstanding_is_a_reset },
	{ "a retired one answers what it has and closes",
	    a_retired_one_answers_what_it_has_and_closes },
	{ "a certificate for another name is a TLS failure",
	    a_certificate_for_another_name_is_a_tls_failure },
	{ "a link that is not there fails closed, and later",
	    a_link_that_is_not_there_fails_closed_and_later },
	{ "without descriptors there is no room, and the server is not blamed",
	    without_descriptors_there_is_no_room_and_the_server_is_not_blamed },
	{ "a server that does not speak HTTP/2 is an HTTP failure",
	    a_server_that_does_not_speak_http2_is_an_http_failure },
};

UNIT_MAIN("upstream/secure", cases)
