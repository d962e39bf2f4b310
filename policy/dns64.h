/*
 * DNS64 (RFC 6147): on a network without IPv4 whose gateway translates (NAT64, RFC 6146), names that
 * have IPv4 addresses only are given IPv6 ones that lead through it. Here: its prefix, which is written
 * under "nat64" or learnt (RFC 8781, RFC 7050), how an IPv4 address stands in it (RFC 6052 section
 * 2.2), and when names are given such addresses.
 */
#ifndef POLICY_DNS64_H
#define POLICY_DNS64_H

#include "policy/prefix.h"

#include <stdbool.h>
#include <stdint.h>

struct netview;
struct policy;

#define NAT64_AUTO "auto" /* in place of a prefix: what routers announce, or resolvers know */

/* May it be one of a NAT64's: of 32, 40, 48, 56, 64 or 96 bits, whose bits 64 to 71 are 0, and of
 * unicast addresses that can be beyond the link? */
bool dns64_usable(const struct prefix *prefix);

/* Reads such a prefix. Returns 0 or -EINVAL. */
int dns64_from_text(struct prefix *out, const char *text, struct why *why);

/* Finds the prefix by the addresses that somebody who translates has given ipv4only.arpa (RFC 7050 section
 * 3): each is one of the well-known 192.0.0.170 and .171 in it, at one of the places that RFC 6052 section
 * 2.2 has, with nothing behind. One that both are found in goes before one with a single address. False:
 * there is none. */
bool dns64_discover(const uint8_t (*addresses)[16], size_t n, struct prefix *out);

/* Puts the IPv4 address into the prefix. False: it has no place there, since the well-known prefix
 * 64:ff9b::/96 is for addresses of the public internet (RFC 6052 section 3.1). */
bool dns64_embed(const struct prefix *prefix, const uint8_t ip4[4], uint8_t out[16]);

/* The prefix in which names get addresses at present; NULL: they get none. By itself (DNS64_AUTO) that
 * is so while no route leads to IPv4. Borrowed from netview. */
const struct prefix *dns64_prefix(const struct policy *policy, const struct netview *netview);

/* Is it the reverse name of an address in the prefix that an IPv4 address stands in? Then *out is the
 * reverse name of that (RFC 6147 section 5.3.1). */
bool dns64_reverse(const struct prefix *prefix, const struct name *name, struct name *out);

#endif
