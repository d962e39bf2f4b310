#include "stubd/net/loop.h"
#include "stubd/net/tls.h"
#include "tests/unit/guard.h"
#include "tests/unit/net/tls_peer.h"
#include "tests/unit/unit.h"

#include <netinet/tcp.h>

enum { WRITES = 3 };

struct world {
	struct loop *loop;
	size_t got;
	int pieces; /* in which it came */
	bool ended;
};

static void
on_ready(void *arg)
{
	(void)arg;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;

	(void)bytes;
	w->pieces++;
	w->got += n;
	if (w->got == WRITES)
		loop_stop(w->loop);
}

static void
on_ended(void *arg, enum tls_end how, const char *text)
{
	struct world *w = arg;

	(void)how;
	(void)text;
	w->ended = true;
	loop_stop(w->loop);
}

/* Counts the records that come, and sends each octet back in a record of its own, all of them at once. */
static void
count(struct tls_peer *peer, SSL *ssl)
{
	atomic_int *records = peer->arg;
	char octets[WRITES];
	int n, got = 0;

	while (got < WRITES && (n = SSL_read(ssl, octets + got, WRITES - got)) > 0) {
		got += n;
		(*records)++;
	}
	setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_CORK, &(int){ 1 }, sizeof(int));
	for (int i = 0; i < got; i++)
		SSL_write(ssl, octets + i, 1);
	setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_CORK, &(int){ 0 }, sizeof(int));
	while (SSL_read(ssl, octets, sizeof(octets)) > 0)
		;
}

/* How many records the octets of WRITES writes in one turn make. They come back as one piece. */
static int
records(bool last_apart)
{
	static const struct tls_events events = { on_ready, on_data, on_ended };
	atomic_int seen = 0;
	struct tls_peer peer = {
		.san = "DNS:dns.test", .alpn = "dot", .serve = count, .arg = &seen
	};
	struct world w = { .loop = loop_new() };
	struct tls_store *store = tls_store_new();
	char text[TLS_TEXT];
	struct tls *tls;

	tls_peer_start(&peer);
	CU_ASSERT_EQUAL_FATAL(tls_connect(w.loop, store,
				  &(struct tls_params){
				      .addr = &peer.addr,
				      .host = "dns.test",
				      .alpn = "dot",
				      .ca_file = peer.ca_file,
				      .last_apart = last_apart,
				  },
				  &events, &w, &tls, text),
	    0);
	for (int i = 0; i < WRITES; i++)
		CU_ASSERT_EQUAL(tls_write(tls, "x", 1), 0);
	guard_run(w.loop);
	CU_ASSERT_FALSE(w.ended);
	CU_ASSERT_EQUAL(w.pieces, 1);
	tls_free(tls);
	tls_peer_stop(&peer);
	tls_store_free(store);
	loop_free(w.loop);
	return seen;
}

static void
writes_of_one_turn_share_a_record(void)
{
	CU_ASSERT_EQUAL(records(false), 1);
}

static void
the_last_write_is_a_record_of_its_own(void)
{
	CU_ASSERT_EQUAL(records(true), 2);
}

static const struct unit_case cases[] = {
	{ "writes of one turn share a record", writes_of_one_turn_share_a_record },
	{ "the last write is a record of its own", the_last_write_is_a_record_of_its_own },
};

UNIT_MAIN("net/tls_records", cases)
