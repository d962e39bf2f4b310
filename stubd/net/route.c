#include "stubd/net/route.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int
route_source(const struct addr *to, const char *link, struct addr *out)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(to, &ss);
	const int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : 0;

	if (!error && link &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)) < 0)
		error = -errno;
	if (!error && connect(fd, (struct sockaddr *)&ss, n) < 0)
		error = -errno;
	n = sizeof(ss);
	if (!error && getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	if (error)
		return error;
	addr_from_sockaddr(out, (struct sockaddr *)&ss);
	out->port = 0;
	return 0;
}

static const char *
interface_of(const struct ifaddrs *all, const struct addr *addr)
{
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct addr own;

		if (!a->ifa_addr || a->ifa_addr->sa_family != addr->family)
			continue;
		addr_from_sockaddr(&own, a->ifa_addr);
		if (addr_same_host(&own, addr))
			return a->ifa_name;
	}
	return NULL;
}

/* Are both ours, and on one interface? */
static bool
together(const struct addr *a, const struct addr *b)
{
	const char *one, *other;
	struct ifaddrs *all;
	bool yes;

	if (getifaddrs(&all) < 0)
		return true;
	one = interface_of(all, a);
	other = interface_of(all, b);
	yes = one && other && strcmp(one, other) == 0;
	freeifaddrs(all);
	return yes;
}

/* Is that a shortage of our own, which says nothing of the network? */
static bool
is_shortage(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS ||
	       error == -EAGAIN;
}

enum route_state
route_state(const struct addr *to, const char *link, const struct addr *source)
{
	struct addr now;
	const int error = route_source(to, link, &now);

	if (error)
		return is_shortage(error) ? ROUTE_LIVES : ROUTE_LOST;
	if (addr_same_host(&now, source) || together(&now, source))
		return ROUTE_LIVES;
	return ROUTE_MOVED;
}
