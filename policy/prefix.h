/*
 * Address prefixes ("10.7.0.0/16", "fd00::/8") and the reverse zones that they cover. A prefix that
 * does not end at a label (8 bits of IPv4, 4 of IPv6) covers several zones.
 */
#ifndef POLICY_PREFIX_H
#define POLICY_PREFIX_H

#include "policy/name.h"
#include "policy/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PREFIX_ZONES_MAX = 128 };

struct prefix {
	uint16_t family; /* AF_INET or AF_INET6 */
	uint8_t bits;
	uint8_t ip[16]; /* network order; the bits behind the prefix are 0 */
};

/* Reads "ADDRESS/BITS". Returns 0 or -EINVAL. */
int prefix_from_text(struct prefix *out, const char *text, struct why *why);

/* How many reverse zones it covers: 1 to PREFIX_ZONES_MAX. */
size_t prefix_zones(const struct prefix *prefix);

/* The i-th of them (RFC 1035 section 3.5, RFC 3596 section 2.5). */
void prefix_zone(const struct prefix *prefix, size_t i, struct name *out);

bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* Is the address in it? ip is in network order, of the family's length. */
bool prefix_has(const struct prefix *prefix, uint16_t family, const uint8_t *ip);

#endif
