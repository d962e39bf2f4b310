/*
 * A whole resolver for tests of the fronts, on a real loop with real sockets: one provider that
 * refuses connections, and a split rule for corp.example whose server is a UDP socket in the test's
 * hands, so that a question waits for as long as the test wants.
 */
#ifndef UNIT_FRONT_HOUSE_H
#define UNIT_FRONT_HOUSE_H

#include "policy/config.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/net/loop.h"
#include "stubd/net/tls_store.h"
#include "stubd/query/query.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/wire/msg.h"
#include "tests/unit/front/client.h"
#include "tests/unit/loopback.h"
#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct house {
	struct loop *loop;
	struct tls_store *tls;
	struct resolver resolver;
	uint16_t order[1];
	int upstream; /* the server of corp.example */
	struct sockaddr_in asker;
};

/* A bound socket of 127.0.0.1 that waits 10 s at most, and its port. */
static inline int
house_socket(int type, uint16_t *port)
{
	const struct timeval patience = { .tv_sec = 10 };
	struct addr addr;
	int fd = loopback_socket(type, &addr);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	*port = addr.port;
	return fd;
}

static inline struct sockaddr_in
house_address(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

static inline struct policy *
house_policy(uint16_t upstream_port)
{
	static const char form[] =
	    "{ \"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"dead\", \"url\": "
	    "\"tls://dot.example:853\", \"addresses\": [ \"127.0.0.1:1\" ] } ] }, \"dnssec\": "
	    "\"off\", \"on_miss\": [ \"providers\" ], \"split\": [ { \"domains\": [ "
	    "\"corp.example\" ], \"servers\": [ \"127.0.0.1:%u\" ] } ] }";
	const struct policy_load_options options = { .hosts_file = "/nonexistent" };
	struct policy_errors errors = { 0 };
	struct policy *policy = NULL;
	char text[1024];

	snprintf(text, sizeof(text), form, upstream_port);
	if (policy_load_text(text, strlen(text), "test", &options, &policy, &errors) < 0)
		for (size_t i = 0; i < errors.n; i++)
			fprintf(stderr, "%s\n", errors.lines[i]);
	policy_errors_clear(&errors);
	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	return policy;
}

static inline void
house_open(struct house *house)
{
	static const struct transport_ops *const ops[SCHEMES] = {
		[SCHEME_DNS] = &transport_do53,
		[SCHEME_TLS] = &transport_dot,
		[SCHEME_HTTPS] = &transport_doh,
	};
	const struct engine_config engine = { .root_hints = NULL };
	struct resolver *r = &house->resolver;
	struct policy *policy;
	struct transport_env env;
	uint16_t port;

	memset(house, 0, sizeof(*house));
	signal(SIGPIPE, SIG_IGN);
	house->upstream = house_socket(SOCK_DGRAM, &port);
	house->loop = loop_new();
	house->tls = tls_store_new();
	policy = house_policy(port);
	env = (struct transport_env){ .loop = house->loop, .tls = house->tls };
	CU_ASSERT_EQUAL_FATAL(resolver_init(r), 0);
	r->loop = house->loop;
	r->cache = cache_new(1 << 20);
	r->pool = pool_new(&env, ops);
	r->engine = engine_new(house->loop, &engine);
	r->netview.hostname.len = 1;
	r->draw = (struct draw){ .n = 1, .order = house->order, .operators = 1 };
	CU_ASSERT_EQUAL_FATAL(
	    pool_set_upstreams(r->pool, (const struct upstream_spec *const *)policy->upstreams,
		policy->nupstreams),
	    0);
	resolver_set_policy(r, policy);
}

/* Close the fronts between the two. */
static inline void
house_end_queries(struct house *house)
{
	resolver_close(&house->resolver);
}

static inline void
house_close(struct house *house)
{
	struct resolver *r = &house->resolver;

	r->engine = engine_free(r->engine);
	r->pool = pool_free(r->pool);
	r->cache = cache_free(r->cache);
	house->tls = tls_store_free(house->tls);
	house->loop = loop_free(house->loop);
	close(house->upstream);
}

/* The client's side: a question in wire form; returns its length. */
static inline size_t
house_question(uint8_t *out, size_t cap, uint16_t id, const char *name, uint16_t type)
{
	const struct msg_ask ask = { .id = id, .rd = true, .udp_size = 1232 };
	struct question question = { .type = type, .class = CLASS_IN };

	return name_from_text(&question.name, name) == 0
		   ? msg_write_query(out, cap, &question, &ask)
		   : 0;
}

/* The upstream's side: waits for a question and keeps it in out; returns its length or -1. */
static inline ssize_t
house_hear(struct house *house, uint8_t *out, size_t cap)
{
	socklen_t len = sizeof(house->asker);

	return recvfrom(house->upstream, out, cap, 0, (struct sockaddr *)&house->asker, &len);
}

/* The upstream's side: answers the question with 192.0.2.77. */
static inline void
house_answer(struct house *house, const uint8_t *question, size_t n)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77 };
	uint8_t out[600] = { 0 };
	size_t end = MSG_HEADER;

	while (end < n && question[end])
		end += question[end] + 1u;
	end += 5;
	if (end > n || end + sizeof(record) > sizeof(out))
		return;
	memcpy(out, question, end);
	out[2] = 0x81;
	out[3] = 0x80;
	memset(out + 6, 0, 6);
	out[7] = 1;
	memcpy(out + end, record, sizeof(record));
	if (sendto(house->upstream, out, end + sizeof(record), 0, (struct sockaddr *)&house->asker,
		sizeof(house->asker)) < 0)
		perror("sendto");
}

#endif
