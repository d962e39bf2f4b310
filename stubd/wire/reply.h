/*
 * Writing the reply that a client gets: an answer in normal form patched with the client's ID,
 * flags and spelling, TTLs aged, DNSSEC records left out for DO=0, OPT only when the client sent
 * one, cut with TC when it does not fit (RFC 6891, RFC 2181 section 9).
 */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

/* Extended DNS Errors, RFC 8914 section 4 */
enum ede {
	EDE_NONE = -1,
	EDE_OTHER = 0,
	EDE_STALE = 3,
	EDE_FORGED = 4,
	EDE_INDETERMINATE = 5,
	EDE_BOGUS = 6,
	EDE_SIGNATURE_EXPIRED = 7,
	EDE_SIGNATURE_NOT_YET_VALID = 8,
	EDE_DNSKEY_MISSING = 9,
	EDE_RRSIGS_MISSING = 10,
	EDE_NO_ZONE_KEY_BIT = 11,
	EDE_NSEC_MISSING = 12,
	EDE_CACHED_ERROR = 13,
	EDE_NOT_READY = 14,
	EDE_BLOCKED = 15,
	EDE_CENSORED = 16,
	EDE_FILTERED = 17,
	EDE_PROHIBITED = 18,
	EDE_STALE_NXDOMAIN = 19,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NO_REACHABLE_AUTHORITY = 22,
	EDE_NETWORK_ERROR = 23,
	EDE_INVALID_DATA = 24,
	EDE_INVALID_TYPE = 30, /* RFC 9824 section 3.5 */
};

struct reply_extra {
	enum ede ede;
	const char *text; /* UTF-8, for ede; NULL or "": none; cut at 200 octets */
	bool kept;	  /* a failure that was kept: EDE_CACHED_ERROR beside ede (RFC 9520) */
};

/* What the EDE of an answer from local recursion says. */
#define REPLY_RECURSED "answered by local recursion"

/* Writes the reply for query from answer into out[cap], age seconds after the answer was learnt, at
 * most limit octets before TC is set (UDP: the client's size; TCP: 65,535). extra may be NULL; without
 * an EDE in it the reply says what label_ede() has of the answer.
 * Returns the length; never 0 for cap ≥ 512. */
size_t reply_write(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query,
    const struct answer *answer, uint32_t age, const struct reply_extra *extra);

/* Writes an error without records; rcode may be extended (BADVERS) when the query had EDNS. */
size_t reply_write_error(uint8_t *out, size_t cap, const struct msg_query *query, unsigned rcode,
    const struct reply_extra *extra);

/* Writes a reply that says come by TCP, and no more (RFC 1035 section 4.2.1: TC). */
size_t reply_write_truncated(uint8_t *out, size_t cap, const struct msg_query *query);

#endif
