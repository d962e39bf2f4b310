/*
 * Questions that are answered here although the name is another's: not whose name it is decides, but
 * what is asked.
 *
 *	A, AAAA	no data, where the person filters that type; only what is local keeps it
 *	AAAA	of ipv4only.arpa: its addresses in the prefix of NAT64, while that is used (RFC 7050 section 3)
 *	PTR	of an address in that prefix: an alias to the IPv4 address's (RFC 6147 section 5.3.1)
 *	ANY	one HINFO that says so, wherever the name is not denied here (RFC 8482 section 4.2)
 */
#ifndef POLICY_OVERRULE_H
#define POLICY_OVERRULE_H

#include "policy/config.h"
#include "policy/decide.h"

#include <stdbool.h>
#include <stdint.h>

/* Is it a type of which the table above has something to say? */
static inline bool
overrule_may(const struct policy *policy, uint16_t type)
{
	return type == policy->filter || type == TYPE_AAAA || type == TYPE_PTR || type == TYPE_ANY;
}

/* Makes the view local where that is so; it is already filled with the name's owner. */
void overrule(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *view);

#endif
