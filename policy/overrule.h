/*
 * Questions that are answered here although the name is another's: not whose name it is decides, but
 * what is asked.
 *
 *	A, AAAA	no data, where the person filters that type; only what is local keeps it
 *	AAAA	of ipv4only.arpa: its addresses in the prefix of `dns64` (RFC 7050 section 3)
 *	ANY	one HINFO that says so, wherever the name is not denied here (RFC 8482 section 4.2)
 */
#ifndef POLICY_OVERRULE_H
#define POLICY_OVERRULE_H

#include "policy/decide.h"

/* Makes the view local where that is so; it is already filled with the name's owner. */
void overrule(const struct policy *policy, const struct question *question, struct view *view);

#endif
