/*
 * DNS64 (RFC 6147): on a network without IPv4 whose gateway translates (NAT64, RFC 6146), names that
 * have IPv4 addresses only are given IPv6 ones that lead through it. Here: the prefix that is written
 * under "dns64", and how an IPv4 address stands in it (RFC 6052 section 2.2).
 */
#ifndef POLICY_DNS64_H
#define POLICY_DNS64_H

#include "policy/prefix.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads a prefix of 32, 40, 48, 56, 64 or 96 bits. Returns 0 or -EINVAL. */
int dns64_from_text(struct prefix *out, const char *text, struct why *why);

/* Puts the IPv4 address into the prefix. False: it has no place there, since the well-known prefix
 * 64:ff9b::/96 is for addresses of the public internet (RFC 6052 section 3.1). */
bool dns64_embed(const struct prefix *prefix, const uint8_t ip4[4], uint8_t out[16]);

/* Is it the reverse name of an address in the prefix that an IPv4 address stands in? Then *out is the
 * reverse name of that (RFC 6147 section 5.3.1). */
bool dns64_reverse(const struct prefix *prefix, const struct name *name, struct name *out);

#endif
