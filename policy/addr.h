/*
 * Internet addresses with a port, as values. No resolving: text is always a literal.
 */
#ifndef POLICY_ADDR_H
#define POLICY_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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

/* An address as the kernel has it. */
union addr_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Fills sa; returns its length. */
static inline socklen_t
addr_put(const struct addr *addr, union addr_sockaddr *sa)
{
	if (addr->family == AF_INET) {
		sa->v4 = (struct sockaddr_in){ .sin_family = AF_INET };
		sa->v4.sin_port = htons(addr->port);
		memcpy(&sa->v4.sin_addr, addr->ip, 4);
		return sizeof(sa->v4);
	}
	sa->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	sa->v6.sin6_port = htons(addr->port);
	sa->v6.sin6_scope_id = addr->scope;
	memcpy(&sa->v6.sin6_addr, addr->ip, 16);
	return sizeof(sa->v6);
}

/* The other way; of another family: none. */
static inline void
addr_take(struct addr *out, const union addr_sockaddr *sa)
{
	*out = (struct addr){ .family = 0 };
	if (sa->any.sa_family == AF_INET) {
		out->family = AF_INET;
		out->port = ntohs(sa->v4.sin_port);
		memcpy(out->ip, &sa->v4.sin_addr, 4);
	} else if (sa->any.sa_family == AF_INET6) {
		out->family = AF_INET6;
		out->port = ntohs(sa->v6.sin6_port);
		out->scope = sa->v6.sin6_scope_id;
		memcpy(out->ip, &sa->v6.sin6_addr, 16);
	}
}

/* The same for what may be of any family; addr_to_sockaddr() returns the length. */
socklen_t addr_to_sockaddr(const struct addr *addr, struct sockaddr_storage *ss);
void addr_from_sockaddr(struct addr *out, const struct sockaddr *sa);

bool addr_equal(const struct addr *a, const struct addr *b);	 /* address, scope and port */
bool addr_same_host(const struct addr *a, const struct addr *b); /* address and scope */
bool addr_is_loopback6(const struct addr *addr);		 /* of an IPv6 one */

static inline bool
addr_is_loopback(const struct addr *addr)
{
	return addr->family == AF_INET ? addr->ip[0] == 127 : addr_is_loopback6(addr);
}

bool addr_is_unspecified(const struct addr *addr); /* 0.0.0.0 or ::, whatever its port */

/* Is it one of addrs[n]? */
bool addr_among(const struct addr *addr, const struct addr *addrs, size_t n);

/* The same addresses in the same order? */
bool addrs_equal(const struct addr *a, size_t na, const struct addr *b, size_t nb);

#endif
