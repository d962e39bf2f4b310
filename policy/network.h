/*
 * What the person says of the network's own resolvers: where their addresses are read from.
 */
#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include <stddef.h>

struct config_load; /* policy/config_load.h */

enum { NETWORK_FILES_MAX = 8 };

struct network {
	char **resolv_conf; /* owned; the first one that exists counts */
	size_t nresolv_conf;
};

/* Fills the network of the policy that is being loaded. */
void network_build(struct config_load *load);
void network_clear(struct network *network);

#endif
