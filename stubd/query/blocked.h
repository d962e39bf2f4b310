/*
 * The reply that takes the place of an answer which policy blocks (policy/rebinding.h): no data, with
 * an Extended DNS Error that says why (RFC 8914 section 4.18).
 */
#ifndef QUERY_BLOCKED_H
#define QUERY_BLOCKED_H

#include <stddef.h>
#include <stdint.h>

struct msg_query;
struct query_trace;
struct resolver;

enum { BLOCKED_TTL = 60 /* seconds that clients may keep it */ };

#define BLOCKED_TEXT "a public name with an address of a private network"

/* Writes it into out[cap], of at most limit octets, counts it, and notes it in the trace (NULL: none).
 * Returns its length. */
size_t blocked_write(struct resolver *resolver, const struct msg_query *msg, size_t limit,
    uint8_t *out, size_t cap, struct query_trace *trace);

#endif
