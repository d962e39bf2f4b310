#include "policy/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_TEXT_MAX = 80 };

/* Reads a decimal number of at most max without sign or leading space; returns 0 or -EINVAL. */
static int
read_number(const char *text, unsigned long max, unsigned long *out)
{
	unsigned long v = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (unsigned long)(*text - '0');
		if (v > max)
			return -EINVAL;
	}
	*out = v;
	return 0;
}

/* Reads the address alone; cuts a %scope off host. */
static int
read_host(struct addr *out, char *host)
{
	char *scope = strchr(host, '%');
	unsigned long index;

	if (inet_pton(AF_INET, host, out->ip) == 1) {
		out->family = AF_INET;
		return 0;
	}
	if (scope)
		*scope++ = '\0';
	if (inet_pton(AF_INET6, host, out->ip) != 1)
		return -EINVAL;
	out->family = AF_INET6;
	if (!scope)
		return 0;
	if (read_number(scope, UINT32_MAX, &index) < 0)
		index = if_nametoindex(scope);
	out->scope = (uint32_t)index;
	return index ? 0 : -EINVAL;
}

/* Cuts text into host and port; *port is NULL where there is none. */
static int
cut(char *text, char **host, char **port)
{
	char *colon = strchr(text, ':');

	*host = text;
	*port = NULL;
	if (*text == '[') {
		char *end = strchr(text, ']');

		if (!end || !colon || (end[1] && end[1] != ':'))
			return -EINVAL;
		*host = text + 1;
		*end = '\0';
		if (end[1])
			*port = end + 2;
		return 0;
	}
	if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		*port = colon + 1;
	}
	return 0;
}

int
addr_from_text(struct addr *out, const char *text, uint16_t default_port)
{
	char copy[HOST_TEXT_MAX];
	struct addr addr = { .port = default_port };
	char *host, *port;
	unsigned long number = default_port;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (cut(copy, &host, &port) < 0 || read_host(&addr, host) < 0)
		return -EINVAL;
	if (*text == '[' && addr.family != AF_INET6)
		return -EINVAL;
	if (port && (read_number(port, UINT16_MAX, &number) < 0 || number == 0))
		return -EINVAL;
	addr.port = (uint16_t)number;
	*out = addr;
	return 0;
}

char *
addr_to_text(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN], scope[16] = "";

	if (addr->family != AF_INET && addr->family != AF_INET6) {
		snprintf(text, ADDR_TEXT_MAX, "none");
		return text;
	}
	inet_ntop(addr->family, addr->ip, host, sizeof(host));
	if (addr->scope)
		snprintf(scope, sizeof(scope), "%%%u", (unsigned)addr->scope);
	if (!addr->port)
		snprintf(text, ADDR_TEXT_MAX, "%s%s", host, scope);
	else if (addr->family == AF_INET)
		snprintf(text, ADDR_TEXT_MAX, "%s:%u", host, addr->port);
	else
		snprintf(text, ADDR_TEXT_MAX, "[%s%s]:%u", host, scope, addr->port);
	return text;
}

socklen_t
addr_to_sockaddr(const struct addr *addr, struct sockaddr_storage *ss)
{
	union addr_sockaddr sa;
	const socklen_t len = addr_put(addr, &sa);

	memcpy(ss, &sa, len);
	return len;
}

void
addr_from_sockaddr(struct addr *out, const struct sockaddr *any)
{
	union addr_sockaddr sa = { .any.sa_family = any->sa_family };

	if (any->sa_family == AF_INET)
		memcpy(&sa.v4, any, sizeof(sa.v4));
	else if (any->sa_family == AF_INET6)
		memcpy(&sa.v6, any, sizeof(sa.v6));
	addr_take(out, &sa);
}

bool
addr_same_host(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family || a->scope != b->scope)
		return false;
	return memcmp(a->ip, b->ip, a->family == AF_INET ? 4 : 16) == 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_same_host(a, b) && a->port == b->port;
}

bool
addr_is_loopback6(const struct addr *addr)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t mapped[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };

	return addr->family == AF_INET6 && (memcmp(addr->ip, loopback, sizeof(loopback)) == 0 ||
					       memcmp(addr->ip, mapped, sizeof(mapped)) == 0);
}

bool
addr_is_unspecified(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->ip, zero, addr->family == AF_INET ? 4 : 16) == 0;
}

bool
addr_among(const struct addr *addr, const struct addr *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (addr_equal(&addrs[i], addr))
			return true;
	}
	return false;
}

bool
addrs_equal(const struct addr *a, size_t na, const struct addr *b, size_t nb)
{
	bool same = na == nb;

	for (size_t i = 0; same && i < na; i++)
		same = addr_equal(&a[i], &b[i]);
	return same;
}
