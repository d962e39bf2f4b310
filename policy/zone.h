/*
 * Special-use names: answered here and sent to nobody, unless the person's own rule names them.
 *
 *	localhost and below	loopback addresses			RFC 6761 section 6.3
 *	test, invalid		NXDOMAIN				RFC 6761 sections 6.2, 6.4
 *	onion			NXDOMAIN				RFC 7686
 *	alt			NXDOMAIN				RFC 9476
 *	local			NXDOMAIN, multicast DNS is not ours	RFC 6762 section 22.1
 *	home.arpa		NXDOMAIN; its DS record is public	RFC 8375 section 4
 *	resolver.arpa		NODATA, never forwarded			RFC 9462 section 6.4
 *	ipv4only.arpa		belongs to the link; without one the
 *				well-known IPv4 addresses, no IPv6	RFC 8880 section 7
 *	private reverse zones	NXDOMAIN				RFC 6303, RFC 7793
 *	127.0.0.1, ::1		the reverse names give localhost
 *	_gateway		NXDOMAIN until the link's is known
 *	this machine's name	127.0.0.2 and ::1
 *	names of one label	NXDOMAIN for address types: they are never public hosts; other types
 *				(NS, DS, ... of a TLD) are public
 *
 * use-application-dns.net is not special here: browsers get the public answer.
 */
#ifndef POLICY_ZONE_H
#define POLICY_ZONE_H

#include "policy/decide.h"
#include "policy/suffix.h"

#include <stdbool.h>

enum { ZONE_TTL = 3600, ZONE_NEGATIVE_TTL = 300, ZONE_OWN_TTL = 60 /* seconds */ };

/* Enters all special-use zones. Returns 0 or -ENOMEM. */
int zone_add_all(struct suffixes *suffixes);

/* The name of the i-th of them, in no order that means anything. False: there are no more. */
bool zone_name(size_t i, struct name *out);

/* Fills *out and *why and returns true when the question is answered here. *suffix is the length of
 * the suffix that decided, in octets of wire form. */
bool zone_answer(const struct suffix_match *match, const struct question *question,
    const struct netview *netview, struct local_answer *out, const char **why, unsigned *suffix);

#endif
