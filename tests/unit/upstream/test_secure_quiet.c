#include "stubd/upstream/secure.h"
#include "tests/unit/net/h2_server.h"
#include "tests/unit/upstream/secure_world.h"

/* A peer that speaks HTTP/2, and what kinds of frames (RFC 9113 section 6) came in each TLS record. */
enum { RECORDS = 16, RECORD_MAX = 16384, PREFACE = 24, FRAME = 9, KINDS = 10 };

struct seen {
	atomic_int nrecords;
	bool kinds[RECORDS][KINDS];
	struct server server;
};

static void
note_frames(bool kinds[KINDS], const uint8_t *p, size_t n)
{
	if (n >= PREFACE && memcmp(p, "PRI ", 4) == 0) {
		p += PREFACE;
		n -= PREFACE;
	}
	while (n >= FRAME) {
		const size_t len = FRAME + ((size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2]);

		if (p[3] < KINDS)
			kinds[p[3]] = true;
		if (len > n)
			return;
		p += len;
		n -= len;
	}
}

static void
serve_h2(struct tls_peer *peer, SSL *ssl)
{
	struct seen *seen = peer->arg;
	uint8_t record[RECORD_MAX];
	const uint8_t *bytes;
	ssize_t n;

	server_init(&seen->server, 100);
	while ((n = SSL_read(ssl, record, sizeof(record))) > 0 && seen->nrecords < RECORDS) {
		note_frames(seen->kinds[seen->nrecords++], record, (size_t)n);
		nghttp2_session_mem_recv(seen->server.session, record, (size_t)n);
		while ((n = nghttp2_session_mem_send(seen->server.session, &bytes)) > 0)
			SSL_write(ssl, bytes, (int)n);
	}
	nghttp2_session_del(seen->server.session);
}

static int
records_with(const struct seen *seen, int kind)
{
	int n = 0;

	for (int i = 0; i < seen->nrecords; i++)
		n += seen->kinds[i][kind];
	return n;
}

static void
start_h2(struct world *w, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	world_init(w, &transport_doh);
	w->peer.san = "DNS:dns.test";
	w->peer.alpn = "h2";
	w->peer.serve = serve_h2;
	w->peer.arg = seen;
	tls_peer_start(&w->peer);
	w->spec.ca_file = w->peer.ca_file;
	w->addr = w->peer.addr;
	dial(w);
	ask(w, 0);
	guard_run(w->loop);
}

static void
after_a_rest_a_ping_goes_with_the_question_in_one_record(void)
{
	struct seen seen;
	struct world w;
	int n;

	start_h2(&w, &seen);
	CU_ASSERT_EQUAL(records_with(&seen, NGHTTP2_PING), 0);
	pass(&w, SECURE_QUIET + 100);
	n = seen.nrecords;
	ask(&w, 1);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[1].calls, 1);
	world_clear(&w);
	CU_ASSERT(seen.nrecords > n);
	CU_ASSERT_TRUE(seen.kinds[n][NGHTTP2_PING]);
	CU_ASSERT_TRUE(seen.kinds[n][NGHTTP2_HEADERS]);
	CU_ASSERT_TRUE(seen.kinds[n][NGHTTP2_DATA]);
	CU_ASSERT_EQUAL(records_with(&seen, NGHTTP2_PING), 1);
}

static void
without_a_rest_there_is_no_ping_and_none_while_it_rests(void)
{
	struct seen seen;
	struct world w;

	start_h2(&w, &seen);
	for (size_t i = 1; i < 5; i++) {
		ask(&w, i);
		guard_run(w.loop);
	}
	pass(&w, SECURE_STALL + SECURE_PING);
	world_clear(&w);
	CU_ASSERT_EQUAL(records_with(&seen, NGHTTP2_HEADERS), 5);
	CU_ASSERT_EQUAL(records_with(&seen, NGHTTP2_PING), 0);
}

static const struct unit_case cases[] = {
	{ "after a rest a PING goes with the question, in one record",
	    after_a_rest_a_ping_goes_with_the_question_in_one_record },
	{ "without a rest there is no PING, and none while it rests",
	    without_a_rest_there_is_no_ping_and_none_while_it_rests },
};

UNIT_MAIN("upstream/secure_quiet", cases)
