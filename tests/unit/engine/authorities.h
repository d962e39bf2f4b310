/*
 * Start of a test program that asks real authoritative servers (authorities.sh): it runs itself
 * anew under that script, beside a small signed tree served in a network namespace of its own.
 * Where that is refused, only the cases that need no servers run.
 */
#ifndef UNIT_ENGINE_AUTHORITIES_H
#define UNIT_ENGINE_AUTHORITIES_H

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct authorities {
	char hints[128], dual[128], anchors[128]; /* paths; dual: hints with dead IPv6 too */
	int silent;				  /* the socket of the server of silent.test. */
};

/* A server that takes questions and never answers. */
static inline int
authorities_silent(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, "10.77.1.9", &address.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("10.77.1.9 port 53");
		exit(2);
	}
	return fd;
}

/* Gives the laptop IPv6, or takes it away; nobody answers there. False: no IPv6 in this kernel. */
static inline bool
authorities_ip6(bool on)
{
	return system(on ? "ip -6 route add 2000::/3 dev lo" : "ip -6 route del 2000::/3 dev lo") ==
	       0;
}

/* main() of such a program: the first nlocal cases need no servers. */
static inline int
authorities_main(const char *suite, const struct unit_case *cases, size_t n, size_t nlocal,
    struct authorities *out)
{
	const char *folder = getenv("AUTHORITIES");
	char self[256] = { 0 };
	int code;

	if (!folder) {
		if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
			execl("/bin/sh", "sh", "tests/unit/engine/authorities.sh", self, NULL);
		perror("tests/unit/engine/authorities.sh");
		return 2;
	}
	if (!*folder)
		return unit_run(suite, cases, nlocal);
	signal(SIGPIPE, SIG_IGN); /* as the daemon does: libunbound writes to lost connections */
	snprintf(out->hints, sizeof(out->hints), "%s/root.hints", folder);
	snprintf(out->dual, sizeof(out->dual), "%s/dual.hints", folder);
	snprintf(out->anchors, sizeof(out->anchors), "%s/root.key", folder);
	out->silent = authorities_silent();
	code = unit_run(suite, cases, n);
	close(out->silent);
	return code;
}

#endif
