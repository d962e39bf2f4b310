/*
 * The NAT64 of the network that this machine is in: keeps netview.ipv4 and netview.nat64, and tells
 * the pool. The prefix is the one that is written ("nat64"), or one that routers announce (RFC 8781), or,
 * while there is no IPv4 and no router says anything, the one by which the network's own servers make
 * addresses (RFC 7050, nat64_ask.h).
 *
 * What a link's routers announce counts
 *
 *	- for its lifetime, which also passes while the machine sleeps,
 *	- as long as that link has not gone, and
 *	- while the kernel leaves by that link for addresses in the prefix: a link has no say in what
 *	  becomes of traffic over another one.
 *
 * Of several that count the one that was first heard last is used: a wireless link may be in another
 * network by now. Routers are not asked: who starts in the middle of a network's life hears the prefix
 * with their next advertisement.
 */
#ifndef STUBD_NAT64_H
#define STUBD_NAT64_H

struct loop;
struct nat64;
struct resolver;

enum {
	NAT64_LEARNT_MAX = 16, /* prefixes that are kept; further ones are not heard */
	NAT64_LINK_MAX = 4,    /* of one link; the one first heard first makes room */
};

/* Looks, and from then on watches. loop and resolver are borrowed; the resolver's pool must be there,
 * its policy may come later. NULL: out of memory. */
struct nat64 *nat64_new(struct loop *loop, struct resolver *resolver);
struct nat64 *nat64_free(struct nat64 *nat64);

/* Something may have changed: the policy, links, the network's servers, the network, the machine slept. NULL is allowed. */
void nat64_look(struct nat64 *nat64);

#endif
