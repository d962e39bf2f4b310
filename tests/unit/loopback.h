/*
 * Sockets of 127.0.0.1 for a test's own side of a conversation.
 */
#ifndef UNIT_LOOPBACK_H
#define UNIT_LOOPBACK_H

#include "policy/addr.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A bound, blocking socket (SOCK_STREAM: not listening yet) and its address. */
static inline int
loopback_socket(int type, struct addr *out)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	addr_from_sockaddr(out, (struct sockaddr *)&sin);
	return fd;
}

#endif
