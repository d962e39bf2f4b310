#include "stubd/engine/families.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connecting a datagram socket asks for the route and sends nothing. */
static bool
routed(int family, const struct sockaddr *address, socklen_t n)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, address, n) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

/* a.root-servers.net stands for the world. */
unsigned
families_routed(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(53) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(53) };
	unsigned set = 0;

	inet_pton(AF_INET, "198.41.0.4", &v4.sin_addr);
	inet_pton(AF_INET6, "2001:503:ba3e::2:30", &v6.sin6_addr);
	if (routed(AF_INET, (struct sockaddr *)&v4, sizeof(v4)))
		set |= FAMILY_4;
	if (routed(AF_INET6, (struct sockaddr *)&v6, sizeof(v6)))
		set |= FAMILY_6;
	return set;
}

const char *
families_why(unsigned set)
{
	if (set == FAMILY_6)
		return "no authoritative server gave a usable answer, and there is no way to IPv4 "
		       "servers";
	if (set == FAMILY_4)
		return "no authoritative server gave a usable answer, and there is no way to IPv6 "
		       "servers";
	return "no authoritative server gave a usable answer";
}
