/*
 * The machine's network as policy sees it: a value, filled by the daemon. It grows with the watch
 * room; today it holds the link generations, the machine's own name, how IPv4 hosts are reached, and whom
 * the network names as its own resolvers.
 */
#ifndef POLICY_NETVIEW_H
#define POLICY_NETVIEW_H

#include "policy/addr.h"
#include "policy/name.h"
#include "policy/prefix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NETVIEW_LINKS_MAX = 64,
	NETVIEW_LINK_NAME = 16,
	NETVIEW_SERVERS_MAX = 8,
	NETVIEW_SOURCE_MAX = 128,
};

struct netview_link {
	char name[NETVIEW_LINK_NAME];
	uint32_t index;
	uint32_t generation; /* grows each time the link goes away and comes back */
};

struct netview {
	struct name hostname; /* root (len 1) when unknown */
	size_t nlinks;
	struct netview_link links[NETVIEW_LINKS_MAX];
	bool ipv4;	     /* does a route lead to the IPv4 internet? */
	struct prefix nat64; /* of the NAT64 of this network; family 0: none is known */
	/* The network's own resolvers, best first, port 53; never this machine. Nobody is asked only
	 * because they are known. */
	size_t nservers;
	struct addr servers[NETVIEW_SERVERS_MAX];
	char servers_from[NETVIEW_SOURCE_MAX]; /* who says so, for people; "" when nobody does */
	bool unsynchronised; /* the machine's clock is, as far as the kernel knows */
};

#endif
