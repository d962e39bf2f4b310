/*
 * What the person says of the network's own resolvers: where their addresses are read from, and for
 * which names they may be asked in plaintext. As upstreams they stand behind those of the policy, one
 * an address, for as long as the netview has them.
 *
 * `ntp_names`: while nobody has set this machine's clock, certificates and signatures may look expired
 * or not yet valid, and time servers could not be found to set it. Their names, and only those, may
 * then be asked of the network, and are not validated.
 */
#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include "policy/name.h"
#include "policy/netview.h"

#include <stdbool.h>
#include <stddef.h>

struct config_load;   /* policy/config_load.h */
struct policy;	      /* policy/config.h */
struct upstream_spec; /* policy/upstream_spec.h */

enum {
	NETWORK_FILES_MAX = 8,
	NETWORK_TIME_MAX = 16,
	NETWORK_TIMEOUT = 1000 /* ms of silence until the next resolver is asked */
};

struct network {
	char **resolv_conf; /* owned; the first one that exists counts */
	size_t nresolv_conf;
	struct name *time_names; /* owned; with all below them */
	size_t ntime_names;
};

/* Fills the network of the policy that is being loaded, whose `privacy` is known. */
void network_build(struct config_load *load);
void network_clear(struct network *network);

/* May the network's resolvers be asked for anything at all? */
bool network_may_be_asked(const struct policy *policy);

/* Is it the name of a time server, while the clock is not synchronised? */
bool network_has_time(
    const struct policy *policy, const struct netview *netview, const struct name *name);

/* Fills an owned *out for one of the network's resolvers, to be cleared by upstream_spec_clear().
 * Returns 0 or -ENOMEM. */
int network_spec(const struct addr *server, struct upstream_spec *out);

#endif
