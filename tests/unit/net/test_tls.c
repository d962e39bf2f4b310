#include "tests/unit/net/tls_world.h"

#include <errno.h>
#include <poll.h>

enum { BIG = 100000 };

static void
octets_go_there_and_back(void)
{
	struct world w;
	uint8_t *big = calloc(1, BIG);

	world_init(&w);
	start(&w);
	dial(&w);
	w.wanted = BIG;
	CU_ASSERT_EQUAL(tls_write(w.tls, big, BIG), 0);
	CU_ASSERT_EQUAL(tls_write(w.tls, big, BIG), -ENOBUFS);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	CU_ASSERT_EQUAL(w.got, BIG);
	CU_ASSERT_EQUAL(w.ended, 0);
	world_clear(&w);
	free(big);
}

/* Connects and expects that it ends before `ready` with this text. */
static void
refused(struct world *w, const char *text)
{
	start(w);
	dial(w);
	guard_run(w->loop);
	CU_ASSERT_EQUAL(w->ready, 0);
	CU_ASSERT_EQUAL(w->ended, 1);
	CU_ASSERT_EQUAL(w->how, TLS_HANDSHAKE);
	CU_ASSERT_STRING_EQUAL(w->text, text);
	CU_ASSERT_EQUAL(tls_write(w->tls, "x", 1), -EPIPE);
	world_clear(w);
}

static void
another_host_name_is_refused_and_named(void)
{
	struct world w;

	world_init(&w);
	w.params.host = "evil.test";
	refused(&w, "host name mismatch: certificate is for dns.test");
}

static void
another_host_name_is_refused_under_tls_1_2_too(void)
{
	struct world w;

	world_init(&w);
	w.params.host = "evil.test";
	w.peer.max_version = TLS1_2_VERSION;
	refused(&w, "host name mismatch: certificate is for dns.test");
}

static void
without_a_host_the_address_itself_is_verified(void)
{
	struct world w;

	world_init(&w);
	w.params.host = NULL;
	w.peer.san = "IP:127.0.0.9";
	refused(&w, "address mismatch: certificate is for 127.0.0.9");

	world_init(&w);
	w.params.host = NULL;
	w.peer.san = "IP:127.0.0.1";
	start(&w);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);
}

static void
an_address_in_place_of_a_name_is_verified_wherever_the_connection_leads(void)
{
	struct world w;

	/* RFC 9462 section 4.2: the resolver at 192.0.2.53 designates one at another address */
	world_init(&w);
	w.params.host = "192.0.2.53";
	w.peer.san = "DNS:dns.test,IP:127.0.0.1";
	refused(&w, "address mismatch: certificate is for dns.test");

	world_init(&w);
	w.params.host = "2001:db8::53";
	w.peer.san = "DNS:dns.test,IP:192.0.2.53,IP:2001:db8::53";
	start(&w);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);
}

static void
anybody_will_do_where_nothing_is_to_be_proved(void)
{
	struct world w;

	world_init(&w);
	w.params.host = "192.0.2.53";
	w.params.unverified = true;
	w.peer.san = "DNS:evil.test";
	w.peer.until = -10;
	w.peer.from = -20;
	start(&w);
	w.params.ca_file = NULL;
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	/* and none of its sessions makes somebody of it where something is */
	w.tls = tls_free(w.tls);
	w.params.unverified = false;
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 0);
	CU_ASSERT_EQUAL(w.ended, 1);
	world_clear(&w);
}

static void
an_expired_certificate_is_refused(void)
{
	struct world w;

	world_init(&w);
	w.peer.from = -20;
	w.peer.until = -10;
	refused(&w, "certificate has expired");
}

static void
an_unknown_authority_is_refused(void)
{
	struct world w;
	struct tls_peer other = { .san = "DNS:other.test" };

	tls_peer_start(&other);
	world_init(&w);
	w.params.ca_file = other.ca_file;
	refused(&w, "unable to get local issuer certificate");
	tls_peer_stop(&other);
}

static void
a_ca_file_that_is_not_there_is_named_at_once(void)
{
	struct world w;
	char text[TLS_TEXT];

	world_init(&w);
	w.params.ca_file = "/nowhere/ca.pem";
	start(&w);
	CU_ASSERT(tls_connect(w.loop, w.store, &w.params, &events, &w, &w.tls, text) < 0);
	CU_ASSERT_STRING_EQUAL(text, "CA file /nowhere/ca.pem: No such file or directory");
	world_clear(&w);
}

static void
a_pin_that_is_not_met_is_refused_even_when_the_chain_is_good(void)
{
	static const uint8_t wrong[1][SPEC_PIN_LEN] = { { 1 } };
	struct world w;

	world_init(&w);
	w.params.pins = wrong;
	w.params.npins = 1;
	refused(&w, "no certificate of the server is pinned");
}

static void
a_pin_that_is_met_is_good_but_does_not_replace_the_host_name(void)
{
	struct world w;

	world_init(&w);
	w.params.pins = (const uint8_t(*)[SPEC_PIN_LEN]) & w.peer.pin;
	w.params.npins = 1;
	start(&w);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);

	world_init(&w);
	w.params.pins = (const uint8_t(*)[SPEC_PIN_LEN]) & w.peer.pin;
	w.params.npins = 1;
	w.params.host = "evil.test";
	refused(&w, "host name mismatch: certificate is for dns.test");
}

static void
a_hash_of_the_chain_is_asked_for_besides_all_else(void)
{
	uint8_t hashes[2][SPEC_PIN_LEN] = { { 1 }, { 2 } };
	struct world w;

	/* none; one of several, of the authority; that one, but with a pin which is not met */
	for (int i = 0; i < 3; i++) {
		world_init(&w);
		start(&w);
		if (i)
			tls_peer_hash(w.peer.ca_file, hashes[1]);
		w.params.hashes = (const uint8_t(*)[SPEC_PIN_LEN])hashes;
		w.params.nhashes = 2;
		w.params.pins = (const uint8_t(*)[SPEC_PIN_LEN])hashes;
		w.params.npins = i == 2;
		dial(&w);
		guard_run(w.loop);
		CU_ASSERT_EQUAL(w.ready, i == 1);
		CU_ASSERT_EQUAL(w.ended, i != 1);
		world_clear(&w);
	}
}

static void
without_host_and_ca_the_pinned_key_alone_decides(void)
{
	static const uint8_t wrong[1][SPEC_PIN_LEN] = { { 1 } };
	struct world w;

	for (int good = 0; good < 2; good++) {
		world_init(&w);
		start(&w);
		w.params.host = w.params.ca_file = NULL;
		w.params.pins = good ? (const uint8_t(*)[SPEC_PIN_LEN]) & w.peer.pin : wrong;
		w.params.npins = 1;
		dial(&w);
		guard_run(w.loop);
		CU_ASSERT_EQUAL(w.ready, good);
		CU_ASSERT_EQUAL(w.ended, !good);
		world_clear(&w);
	}
}

static void
a_required_alpn_must_be_agreed_on_and_another_one_need_not(void)
{
	struct world w;

	world_init(&w);
	w.peer.alpn = NULL;
	w.params.alpn = "h2";
	w.params.alpn_required = true;
	refused(&w, "server does not speak h2 (ALPN)");

	world_init(&w);
	w.peer.alpn = NULL;
	start(&w);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);
}

/* Connects, exchanges an octet so that tickets have come, and closes. Returns whether it was a
 * resumption. */
static bool
visit(struct world *w)
{
	w->got = 0;
	w->wanted = 1;
	dial(w);
	CU_ASSERT_EQUAL(tls_write(w->tls, "x", 1), 0);
	guard_run(w->loop);
	CU_ASSERT_EQUAL(w->got, 1);
	w->tls = tls_free(w->tls);
	return w->resumed;
}

static void
sessions_are_resumed_until_they_are_forgotten(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct world w;

	for (size_t i = 0; i < 2; i++) {
		world_init(&w);
		w.peer.max_version = versions[i];
		start(&w);
		CU_ASSERT_FALSE(visit(&w));
		for (int k = 0; k < 5; k++)
			CU_ASSERT_TRUE(visit(&w));
		tls_store_forget_sessions(w.store);
		CU_ASSERT_FALSE(visit(&w));
		CU_ASSERT_TRUE(visit(&w));
		world_clear(&w);
		CU_ASSERT_EQUAL(w.peer.resumed, 6);
	}
}

static void
a_session_is_not_shown_under_another_identity(void)
{
	struct world w;

	world_init(&w);
	w.peer.san = "DNS:dns.test,DNS:too.test";
	start(&w);
	CU_ASSERT_FALSE(visit(&w));
	w.params.host = "too.test";
	CU_ASSERT_FALSE(visit(&w));
	w.params.host = "dns.test";
	CU_ASSERT_TRUE(visit(&w));
	world_clear(&w);
}

static void
serve_nothing(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	(void)ssl;
}

static void
a_server_that_closes_ends_it_as_closed(void)
{
	struct world w;

	world_init(&w);
	w.peer.serve = serve_nothing;
	start(&w);
	dial(&w);
	w.wanted = 1;
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	CU_ASSERT_EQUAL(w.how, TLS_CLOSED);
	world_clear(&w);
}

static void
nobody_listening_ends_it_as_refused(void)
{
	struct world w;
	struct addr nobody;

	world_init(&w);
	start(&w);
	CU_ASSERT_EQUAL(addr_from_text(&nobody, "127.0.0.1:1", 0), 0);
	w.params.addr = &nobody;
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.how, TLS_REFUSED);
	CU_ASSERT_STRING_EQUAL(w.text, "connection refused");
	world_clear(&w);
}

static void
a_callback_may_free_the_connection(void)
{
	struct world w;

	world_init(&w);
	start(&w);
	dial(&w);
	w.wanted = 1;
	w.free_on_data = true;
	CU_ASSERT_EQUAL(tls_write(w.tls, "x", 1), 0);
	guard_run(w.loop);
	CU_ASSERT_PTR_NULL(w.tls);
	world_clear(&w);
}

/* Leaves with a reset, once it is told to. */
static void
leave_rudely(struct tls_peer *peer, SSL *ssl)
{
	const struct linger at_once = { .l_onoff = 1 };
	char octet;

	if (read(*(int *)peer->arg, &octet, 1) == 1)
		(void)setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* Our end of the connection: who is on the other is the peer. */
static int
own_end(const struct tls_peer *peer)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_storage ss = { 0 };
		socklen_t len = sizeof(ss);
		struct addr addr;

		if (getpeername(fd, (struct sockaddr *)&ss, &len) < 0 || ss.ss_family != AF_INET)
			continue;
		addr_from_sockaddr(&addr, (struct sockaddr *)&ss);
		if (addr_equal(&addr, &peer->addr))
			return fd;
	}
	return -1;
}

static void
on_write_and_free(void *arg)
{
	struct world *w = arg;

	CU_ASSERT_EQUAL(tls_write(w->tls, "x", 1), 0); /* it has not been told yet */
	w->tls = tls_free(w->tls);
	loop_stop(w->loop);
}

static void
who_frees_it_is_not_told_how_it_ended(void)
{
	struct loop_later later;
	struct pollfd own;
	struct world w;
	int go[2];

	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	world_init(&w);
	w.peer.serve = leave_rudely;
	w.peer.arg = &go[0];
	start(&w);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	own = (struct pollfd){ .fd = own_end(&w.peer) };
	CU_ASSERT_EQUAL(write(go[1], "", 1), 1);
	CU_ASSERT_EQUAL(poll(&own, 1, GUARD_PATIENCE), 1);
	CU_ASSERT(own.revents & POLLERR);
	CU_ASSERT_EQUAL(tls_write(w.tls, "x", 1), 0);
	loop_later_init(&later, w.loop, on_write_and_free, &w);
	loop_later_start(&later);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ended, 0);
	world_clear(&w);
	close(go[0]);
	close(go[1]);
}

static const struct unit_case cases[] = {
	{ "octets go there and back", octets_go_there_and_back },
	{ "another host name is refused and named", another_host_name_is_refused_and_named },
	{ "another host name is refused under TLS 1.2 too",
	    another_host_name_is_refused_under_tls_1_2_too },
	{ "without a host the address itself is verified",
	    without_a_host_the_address_itself_is_verified },
	{ "an address in place of a name is verified wherever the connection leads",
	    an_address_in_place_of_a_name_is_verified_wherever_the_connection_leads },
	{ "anybody will do where nothing is to be proved",
	    anybody_will_do_where_nothing_is_to_be_proved },
	{ "an expired certificate is refused", an_expired_certificate_is_refused },
	{ "an unknown authority is refused", an_unknown_authority_is_refused },
	{ "a CA file that is not there is named at once",
	    a_ca_file_that_is_not_there_is_named_at_once },
	{ "a pin that is not met is refused even when the chain is good",
	    a_pin_that_is_not_met_is_refused_even_when_the_chain_is_good },
	{ "a pin that is met is good but does not replace the host name",
	    a_pin_that_is_met_is_good_but_does_not_replace_the_host_name },
	{ "a hash of the chain is asked for besides all else",
	    a_hash_of_the_chain_is_asked_for_besides_all_else },
	{ "without host and CA the pinned key alone decides",
	    without_host_and_ca_the_pinned_key_alone_decides },
	{ "a required ALPN must be agreed on and another one need not",
	    a_required_alpn_must_be_agreed_on_and_another_one_need_not },
	{ "sessions are resumed until they are forgotten",
	    sessions_are_resumed_until_they_are_forgotten },
	{ "a session is not shown under another identity",
	    a_session_is_not_shown_under_another_identity },
	{ "a server that closes ends it as closed", a_server_that_closes_ends_it_as_closed },
	{ "nobody listening ends it as refused", nobody_listening_ends_it_as_refused },
	{ "a callback may free the connection", a_callback_may_free_the_connection },
	{ "who frees it is not told how it ended", who_frees_it_is_not_told_how_it_ended },
};

UNIT_MAIN("net/tls", cases)
