/*
 * What a resolver answers when it is asked for its encrypted ways (RFC 9462 section 4): SVCB records of
 * _dns.resolver.arpa (RFC 9461), made into ways that this house can go. The octets are hostile, the more
 * so since nobody can have signed them.
 *
 * A way is DoT where alpn has "dot", DoH where it has "h2" and dohpath a usable template; both of one
 * record are two, DoT first. Records with mandatory keys that are unknown here, and aliases, are left
 * out; one that is malformed spoils them all (RFC 9460 section 2.2).
 */
#ifndef WIRE_DESIGNATION_H
#define WIRE_DESIGNATION_H

#include "policy/upstream_spec.h"
#include "stubd/wire/svcb.h"

enum {
	DESIGNATION_RECORDS_MAX = 16, /* that are looked at; the rest is not read */
	DESIGNATION_WAYS_MAX = 4,     /* the best ones are kept */
};

struct designation_way {
	uint16_t priority;
	enum scheme scheme; /* SCHEME_TLS or SCHEME_HTTPS */
	uint16_t port;
	char path[SVCB_PATH_MAX]; /* of DoH */
	struct name target;
	size_t naddresses; /* 0: the message has none of it */
	struct addr
	    addresses[SPEC_ADDRESSES_MAX]; /* with the port; hints, then the additional section */
};

struct designation {
	uint32_t ttl; /* s; the least of the records; 0 where there are none */
	size_t nways; /* 0: it designates nobody whom we could ask */
	struct designation_way ways[DESIGNATION_WAYS_MAX]; /* the best first */
};

/* The question for it. */
void designation_question(struct question *out);

/* Reads the reply, which matched that question. Returns 0, or -EBADMSG with *out untouched. A reply that
 * is no success designates nobody. */
int designation_read(const uint8_t *wire, size_t len, struct designation *out);

/* Gives way an address, unless it has that or is full. Nobody, this host and groups are none. */
void designation_add(struct designation_way *way, int family, const uint8_t *ip);

/* Gives way the addresses of one family, AF_INET or AF_INET6, in the answer (hostile, whose question
 * matched) to the question for its target's, which that owner may have given another name in between.
 * What is before a break in it counts. */
void designation_add_answer(
    struct designation_way *way, const uint8_t *wire, size_t len, int family);

#endif
