/*
 * DNS64 (RFC 6147): on a network without IPv4 whose gateway translates (NAT64, RFC 6146), names that
 * have IPv4 addresses only are given IPv6 ones that lead through it. Here: its prefix, which is written
 * under "nat64" or learnt from routers (RFC 8781), how an IPv4 address stands in it (RFC 6052 section
 * 2.2), and when names are given such addresses.
 */
#ifndef POLICY_DNS64_H
#define POLICY_DNS64_H

#include "policy/prefix.h"

#include <stdbool.h>
#include <stdint.h>

struct netview;
struct policy;

#define NAT64_AUTO "auto" /* in place of a prefix: what routers announce */

/* May it be one of a NAT64's: of 32, 40, 48, 56, 64 or 96 bits, whose bits 64 to 71 are 0, and of
 * unicast addresses that can be beyond the link? */
bool dns64_usable(const struct prefix *prefix);

/* Reads such a prefix. Returns 0 or -EINVAL. */
int dns64_from_text(struct prefix *out, const char *text, struct why *why);

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
