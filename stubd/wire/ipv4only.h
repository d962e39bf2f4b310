/*
 * What a network's server answers when it is asked for ipv4only.arpa AAAA: addresses, if it makes such
 * ones for a NAT64 (RFC 7050 section 3). The octets are hostile.
 */
#ifndef WIRE_IPV4ONLY_H
#define WIRE_IPV4ONLY_H

#include "policy/name.h"
#include "policy/prefix.h"

#include <stddef.h>
#include <stdint.h>

enum { IPV4ONLY_MAX = 16 /* addresses that are looked at; the rest is not read */ };

/* The question for it. */
void ipv4only_question(struct question *out);

/* Reads the reply, which matched that question: the prefix, and the least TTL of the records in s.
 * Returns 0, -ENOENT (there is none) or -EBADMSG; outputs are untouched then. */
int ipv4only_read(const uint8_t *wire, size_t len, struct prefix *prefix, uint32_t *ttl);

#endif
