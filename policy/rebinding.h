/*
 * Rebinding: a public name that leads to an address of the private network, so that a web page can
 * talk to what only this machine, or its neighbours, should reach. The option `rebinding` has such
 * answers blocked. Judged is the name that was asked for at first: one of a split rule, the hosts
 * file or this machine may have any address, wherever its aliases lead; a public one may not, even if
 * an alias of it leads into a split view.
 */
#ifndef POLICY_REBINDING_H
#define POLICY_REBINDING_H

#include "policy/decide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_load;

enum { REBINDING_EXCEPT_MAX = 64 };

/* What is written under "rebinding". */
struct rebinding {
	bool block;
	struct name *except; /* owned; suffixes of public names that may have such addresses */
	size_t nexcept;
};

/* Fills the policy's; without memory it says so in the load's report. */
void rebinding_build(struct config_load *load);
void rebinding_clear(struct rebinding *rebinding);

/* Has a name that this view owns to be kept from private addresses? */
bool rebinding_forbids(const struct policy *policy, enum view_kind view, const struct name *name);

/* Is it no address of the public internet: this host, loopback, private, shared, link-local or
 * unique local (RFC 1122, 1918, 3927, 4193, 4291, 6598)? An IPv4 address in an IPv6 one counts as
 * itself (mapped; 64:ff9b::/96 of RFC 6052). ip is in network order, of 4 or 16 octets. */
bool rebinding_private4(const uint8_t ip[4]);
bool rebinding_private6(const uint8_t ip[16]);

#endif
