/*
 * The client subnet option (RFC 7871 section 6): for which network an answer is wanted, and for how much
 * of it one is good.
 */
#ifndef WIRE_SUBNET_H
#define WIRE_SUBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wcur;

enum {
	SUBNET_IPV4 = 1, /* families, as IANA numbers them */
	SUBNET_IPV6 = 2,
	/* Bits of an address that leave this machine at most (section 11.1). */
	SUBNET_IPV4_MOST = 24,
	SUBNET_IPV6_MOST = 56,
};

struct subnet {
	uint8_t family; /* 0 only with no bits at all */
	uint8_t source; /* bits of ip that are told */
	uint8_t scope;	/* bits that an answer is for; 0 in a question */
	uint8_t ip[16]; /* the bits behind source are 0 */
};

/* Reads the option's value. False: its length, family or bits are not as section 6 has them. */
bool subnet_read(const uint8_t *value, size_t n, struct subnet *out);

/* Octets of the whole option; and writes it. */
size_t subnet_size(const struct subnet *subnet);
void subnet_write(struct wcur *w, const struct subnet *subnet);

/* The same network with so many bits at most, for a question. */
struct subnet subnet_cut(const struct subnet *subnet, unsigned bits);

/* The same with as many bits as may leave. */
struct subnet subnet_to_tell(const struct subnet *subnet);

/* Are they the same network, whatever the scope? */
bool subnet_equal(const struct subnet *a, const struct subnet *b);

/* How much of the network that was asked for a reply is good for, at most all of it; 0 where it does not
 * say (section 7.3). Returns 0 and *scope, or -EBADMSG: it is for another network, or the option is
 * broken (section 7.3). */
int subnet_scope(const uint8_t *reply, size_t n, const struct subnet *asked, uint8_t *scope);

#endif
