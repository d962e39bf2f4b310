/*
 * Internet addresses with a port, as values. No resolving: text is always a literal.
 */
#ifndef POLICY_ADDR_H
#define POLICY_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDR_TEXT_MAX = 72 };

struct addr {
	uint16_t family; /* AF_INET or AF_INET6; 0 is "none" */
	uint16_t port;	 /* host order; 0 where the text named none */
	uint32_t scope;	 /* interface index of a link-local IPv6 address, else 0 */
	uint8_t ip[16];	 /* network order; IPv4 in the first four */
};

/* Reads "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:853", "fe80::1%eth0". A missing
 * port becomes default_port. Returns 0 or -EINVAL. */
int addr_from_text(struct addr *out, const char *text, uint16_t default_port);

/* Writes "192.0.2.1:53" or "[2001:db8::1]:53" into text[ADDR_TEXT_MAX]; returns text. */
char *addr_to_text(const struct addr *addr, char text[ADDR_TEXT_MAX]);

/* Fills ss; returns its length. */
socklen_t addr_to_sockaddr(const struct addr *addr, struct sockaddr_storage *ss);
void addr_from_sockaddr(struct addr *out, const struct sockaddr *sa);

bool addr_equal(const struct addr *a, const struct addr *b);	 /* address, scope and port */
bool addr_same_host(const struct addr *a, const struct addr *b); /* address and scope */
bool addr_is_loopback(const struct addr *addr);
bool addr_is_unspecified(const struct addr *addr); /* 0.0.0.0 or ::, whatever its port */

/* Is it one of addrs[n]? */
bool addr_among(const struct addr *addr, const struct addr *addrs, size_t n);

/* The same addresses in the same order? */
bool addrs_equal(const struct addr *a, size_t na, const struct addr *b, size_t nb);

#endif
