/*
 * One TLS connection to a peer (tls_peer.h): it is dialled, and what came of it is written down.
 */
#ifndef UNIT_NET_TLS_WORLD_H
#define UNIT_NET_TLS_WORLD_H

#include "stubd/net/loop.h"
#include "stubd/net/tls.h"
#include "tests/unit/guard.h"
#include "tests/unit/net/tls_peer.h"
#include "tests/unit/unit.h"

struct world {
	struct loop *loop;
	struct tls_store *store;
	struct tls_peer peer;
	struct tls_params params;
	struct tls *tls;
	bool free_on_data;
	int ready, ended;
	bool resumed;
	size_t got, wanted;
	enum tls_end how;
	char text[TLS_TEXT];
};

static inline void
on_ready(void *arg)
{
	struct world *w = arg;

	w->ready++;
	w->resumed = tls_resumed(w->tls);
	if (!w->wanted)
		loop_stop(w->loop);
}

static inline void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct world *w = arg;

	(void)bytes;
	w->got += n;
	if (w->free_on_data)
		w->tls = tls_free(w->tls);
	if (w->got >= w->wanted)
		loop_stop(w->loop);
}

static inline void
on_ended(void *arg, enum tls_end how, const char *text)
{
	struct world *w = arg;

	w->ended++;
	w->how = how;
	snprintf(w->text, sizeof(w->text), "%s", text);
	loop_stop(w->loop);
}

static const struct tls_events events = { on_ready, on_data, on_ended };

/* A peer for dns.test, and a client that trusts its CA and wants dns.test. */
static inline void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->loop = loop_new();
	w->store = tls_store_new();
	w->peer.san = "DNS:dns.test";
	w->peer.alpn = "dot";
	w->peer.serve = tls_peer_echo;
	w->params = (struct tls_params){ .host = "dns.test", .alpn = "dot" };
}

static inline void
start(struct world *w)
{
	tls_peer_start(&w->peer);
	w->params.addr = &w->peer.addr;
	if (!w->params.ca_file)
		w->params.ca_file = w->peer.ca_file;
}

static inline void
dial(struct world *w)
{
	char text[TLS_TEXT];

	w->ready = w->ended = 0;
	CU_ASSERT_EQUAL_FATAL(
	    tls_connect(w->loop, w->store, &w->params, &events, w, &w->tls, text), 0);
	CU_ASSERT_EQUAL(w->ready + w->ended, 0);
}

static inline void
world_clear(struct world *w)
{
	tls_free(w->tls);
	tls_peer_stop(&w->peer);
	tls_store_free(w->store);
	loop_free(w->loop);
}

#endif
