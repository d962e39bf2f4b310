/*
 * The resolvers that a file in the form of resolv.conf(5) names, as a value. Other programs write
 * such files with what the network told them; so any octets may be in one.
 *
 * Lines "nameserver ADDRESS" count, in their order, each address once; IPv6 ones may have a scope, by
 * name or number, whose link has to be there. All other keywords are none of our business. Addresses of
 * this very machine that can be told without asking the kernel (loopback, the unspecified one) are
 * left out without a word: it is us that they mean.
 */
#ifndef POLICY_RESOLV_CONF_H
#define POLICY_RESOLV_CONF_H

#include "policy/addr.h"
#include "policy/netview.h"

#include <stddef.h>

enum { RESOLV_CONF_MAX = 64 << 10 /* octets of a file; longer ones are not used */ };

struct resolv_conf {
	size_t nservers;
	struct addr servers[NETVIEW_SERVERS_MAX]; /* port 53 */
	size_t malformed;	/* nameserver lines that no address could be read from */
	size_t first_malformed; /* the line number of the first one, from 1; 0: none */
	size_t too_many;	/* addresses beyond NETVIEW_SERVERS_MAX */
};

/* Reads text[n]; never fails. */
void resolv_conf_parse(const char *text, size_t n, struct resolv_conf *out);

#endif
