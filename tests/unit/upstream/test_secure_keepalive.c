/* A DoT server that says how long it keeps a connection that rests (RFC 7828). */
#include "stubd/net/frame.h"
#include "tests/unit/upstream/secure_world.h"

/* The option of each answer, one after another, the last one again and again; {0}: none. */
struct server {
	struct world w;
	const uint8_t (*options)[8]; /* code, length, value */
	size_t n;
	atomic_int asked_for_it;
};

/* Does the question end in an empty keepalive option and the padding? */
static bool
asks_for_it(const uint8_t *query, size_t n, size_t opt)
{
	static const uint8_t empty[] = { 0, 11, 0, 0, 0, 12 };

	return n % 128 == 0 && memcmp(query + opt + 11, empty, sizeof(empty)) == 0;
}

static void
serve(struct tls_peer *peer, SSL *ssl)
{
	struct server *s = peer->arg;
	uint8_t head[FRAME_HEAD], query[1024], out[1024];

	for (size_t k = 0; read_all(ssl, head, sizeof(head)); k++) {
		const size_t n = (size_t)head[0] << 8 | head[1];
		const uint8_t *option = s->options[k < s->n ? k : s->n - 1];
		size_t at = 12;

		if (n > sizeof(query) || !read_all(ssl, query, n))
			return;
		while (query[at])
			at += 1u + query[at];
		at += 5;
		s->asked_for_it += asks_for_it(query, n, at);
		memcpy(out + FRAME_HEAD, query, at + 11);
		out[FRAME_HEAD + 2] |= 0x80;
		out[FRAME_HEAD + at + 9] = 0;
		out[FRAME_HEAD + at + 10] = option[1] ? option[3] + 4u : 0;
		memcpy(out + FRAME_HEAD + at + 11, option, 8);
		at += 11u + out[FRAME_HEAD + at + 10];
		frame_head(out, at);
		SSL_write(ssl, out, (int)(FRAME_HEAD + at));
	}
}

static void
with_server(struct server *s, const uint8_t (*options)[8], size_t n)
{
	memset(s, 0, sizeof(*s));
	world_init(&s->w, &transport_dot);
	s->options = options;
	s->n = n;
	s->w.peer.san = "DNS:dns.test";
	s->w.peer.alpn = "dot";
	s->w.peer.serve = serve;
	s->w.peer.arg = s;
	tls_peer_start(&s->w.peer);
	s->w.spec.ca_file = s->w.peer.ca_file;
	s->w.addr = s->w.peer.addr;
	dial(&s->w);
}

static void
ask_and_wait(struct server *s, size_t i)
{
	ask(&s->w, i);
	guard_run(s->w.loop);
	CU_ASSERT_EQUAL(s->w.asked[i].fail, ASK_OK);
}

static void
closes_before_the_server_does(void)
{
	static const uint8_t options[][8] = { { 0, 11, 0, 2, 0, 15 } };
	struct server s;

	with_server(&s, options, 1);
	ask_and_wait(&s, 0);
	CU_ASSERT_EQUAL(s.w.closed, 0);
	s.w.wanted = 99;
	guard_run(s.w.loop);
	CU_ASSERT_EQUAL(s.w.closed, 1);
	CU_ASSERT_EQUAL(s.w.closed_fail, ASK_OK);
	CU_ASSERT_STRING_EQUAL(s.w.closed_text, "idle");
	CU_ASSERT_EQUAL(s.asked_for_it, 1);
	world_clear(&s.w);
}

static void
no_time_at_all_means_no_more_questions(void)
{
	static const uint8_t options[][8] = { { 0, 11, 0, 2, 0, 0 }, { 0 } };
	struct server s;

	with_server(&s, options, 2);
	ask(&s.w, 0);
	ask(&s.w, 1);
	guard_run(s.w.loop);
	CU_ASSERT_EQUAL(s.w.asked[0].fail, ASK_OK);
	CU_ASSERT_EQUAL(s.w.asked[1].fail, ASK_OK); /* it was there already */
	CU_ASSERT_EQUAL(s.w.retired, 1);
	s.w.wanted = 99;
	if (!s.w.closed)
		guard_run(s.w.loop);
	CU_ASSERT_EQUAL(s.w.closed, 1);
	CU_ASSERT_EQUAL(s.w.closed_fail, ASK_OK);
	world_clear(&s.w);
}

static void
what_is_no_time_is_ignored(void)
{
	static const uint8_t options[][8] = { { 0, 11, 0, 0 }, { 0, 11, 0, 1, 0 },
		{ 0, 11, 0, 3, 0, 0, 0 }, { 0, 11, 0, 4, 0, 0, 0, 0 }, { 0, 10, 0, 2, 0, 0 } };
	struct server s;

	with_server(&s, options, 5);
	for (size_t i = 0; i < 5; i++)
		ask_and_wait(&s, i);
	pass(&s.w, 300);
	CU_ASSERT_EQUAL(s.w.retired, 0);
	CU_ASSERT_EQUAL(s.w.closed, 0);
	CU_ASSERT_EQUAL(s.asked_for_it, 5);
	world_clear(&s.w);
}

static void
the_last_answer_counts_also_by_saying_nothing(void)
{
	static const uint8_t options[][8] = { { 0, 11, 0, 2, 0, 4 }, { 0 } };
	struct server s;

	with_server(&s, options, 2);
	ask(&s.w, 0);
	ask(&s.w, 1);
	guard_run(s.w.loop);
	pass(&s.w, 600);
	CU_ASSERT_EQUAL(s.w.closed, 0);
	world_clear(&s.w);
}

static void
a_longer_time_than_ours_changes_nothing(void)
{
	static const uint8_t options[][8] = { { 0, 11, 0, 2, 0xff, 0xff } };
	struct server s;

	with_server(&s, options, 1);
	s.w.ops->limit_idle(s.w.transport, 200);
	ask_and_wait(&s, 0);
	s.w.wanted = 99;
	guard_run(s.w.loop);
	CU_ASSERT_EQUAL(s.w.closed, 1);
	CU_ASSERT_STRING_EQUAL(s.w.closed_text, "idle");
	world_clear(&s.w);
}

static const struct unit_case cases[] = {
	{ "it closes before the server does", closes_before_the_server_does },
	{ "no time at all means no more questions", no_time_at_all_means_no_more_questions },
	{ "what is no time is ignored", what_is_no_time_is_ignored },
	{ "the last answer counts, also by saying nothing",
	    the_last_answer_counts_also_by_saying_nothing },
	{ "a longer time than ours changes nothing", a_longer_time_than_ours_changes_nothing },
};

UNIT_MAIN("upstream/secure_keepalive", cases)
