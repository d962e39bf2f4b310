/*
 * One place that may be asked: a provider of the catalogue, a custom provider, or a server of a
 * split-horizon rule. Plain data, made by policy/provider and policy/split, read by the pool.
 */
#ifndef POLICY_UPSTREAM_SPEC_H
#define POLICY_UPSTREAM_SPEC_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct url; /* policy/url.h */

enum scheme {
	SCHEME_DNS,   /* dns://  Do53: UDP, TCP on TC */
	SCHEME_TLS,   /* tls://  DoT, RFC 7858 */
	SCHEME_HTTPS, /* https:// DoH, RFC 8484 */
	SCHEMES,
};

enum {
	SPEC_ADDRESSES_MAX = 8,
	SPEC_PINS_MAX = 8,
	SPEC_HASHES_MAX = 8,
	SPEC_PIN_LEN = 32, /* octets of a SHA-256 */
};

/* What a provider claims, as DNS stamps number it. */
enum { SPEC_DNSSEC = 1, SPEC_NO_LOGS = 2, SPEC_NO_FILTER = 4 };

/* What it is told of the client's subnet (RFC 7871). */
enum ecs_mode {
	ECS_OFF,  /* nothing */
	ECS_ZERO, /* to tell nobody of one */
	ECS_PASS, /* what the client says of itself */
};

struct upstream_spec {
	char *name;	     /* owned; unique within a policy: "quad9", "corp.example/10.7.0.53" */
	char *operator_name; /* owned; two names of one operator count as one; NULL if unknown */
	enum scheme scheme;
	char *host;    /* owned; name to verify and for SNI; NULL: verify the address itself */
	char *path;    /* owned; DoH only: "/dns-query" */
	char *ca_file; /* owned; PEM of a private CA; NULL: the system's */
	char *link;    /* owned; bind to this network interface; NULL: any route */
	struct addr addresses[SPEC_ADDRESSES_MAX];
	size_t naddresses;			   /* ≥ 1 */
	uint8_t pins[SPEC_PINS_MAX][SPEC_PIN_LEN]; /* SHA-256 of the SPKI; RFC 7858 section 4.2 */
	size_t npins;
	uint8_t hashes[SPEC_HASHES_MAX]
		      [SPEC_PIN_LEN]; /* SHA-256 of a TBSCertificate; policy/stamp.h */
	size_t nhashes;
	uint8_t claims; /* SPEC_DNSSEC, ...; for people */
	/* The same party by its other encrypted transport, asked when this one is blocked; owned;
	 * NULL: there is none. Never plain, and without an `other` of its own. */
	struct upstream_spec *other;
	enum ecs_mode ecs;
	bool unverified;  /* encrypted, but nobody proves who it is: RFC 9462 section 4.3 */
	bool untied;	  /* no TLS session is kept or resumed: "tickets": false */
	bool split;	  /* a server of a split rule: the person's own exception */
	bool network;	  /* one of the network's own resolvers, policy/network.h */
	uint32_t timeout; /* ms of silence until the next is asked; 0: the usual */
};

/* True if b reaches the very same party in the very same way, so that connections may be kept. */
bool upstream_spec_equal(const struct upstream_spec *a, const struct upstream_spec *b);
void upstream_spec_clear(struct upstream_spec *spec);

/* Copies everything, `other` too. Returns 0, or -ENOMEM; *to is to be cleared in any case. */
int upstream_spec_copy(struct upstream_spec *to, const struct upstream_spec *from);

/* Gives spec its `other` at url: the same name, CA file, link and pins, at the URL's own address or at
 * the addresses of spec with the URL's port. Returns 0, or -ENOMEM (spec is as before). */
int upstream_spec_add_other(struct upstream_spec *spec, const struct url *url);

#endif
