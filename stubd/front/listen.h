/*
 * The sockets that clients ask through: opened here, or inherited from the service manager
 * (stubd/base/service.h). An inherited socket stands in for the same address of the configuration, and
 * one that the configuration does not name is served too: whoever wrote the socket unit meant it.
 *
 * The sockets themselves are made by net/listen.
 */
#ifndef FRONT_LISTEN_H
#define FRONT_LISTEN_H

#include "policy/addr.h"
#include "policy/config.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	LISTEN_SOCKETS_MAX = 4 * POLICY_LISTEN_MAX, /* inherited ones among them; more: an error */
	LISTEN_ERROR_MAX = 512,
};

struct listen_socket {
	int fd; /* owned by the set, until a front took it and wrote -1 here */
	struct addr addr;
	bool stream; /* TCP; else UDP */
	bool inherited;
};

struct listen_set {
	size_t n;
	struct listen_socket sockets[LISTEN_SOCKETS_MAX];
};

/* Takes what was inherited and opens the rest of policy->listen, a UDP and a TCP socket each. All or
 * nothing. Returns 0; or -errno and one line for the person in error: a taken port names its owner
 * and the mend. Inherited descriptors are closed on failure. Call it once, at start. */
int listen_open(const struct policy *policy, struct listen_set *set, char error[LISTEN_ERROR_MAX]);

/* Says in error, in one line for the person, why addr could not be opened (errno err), and what to write
 * into the configuration's key. Returns -err. */
int listen_explain(
    const struct addr *addr, bool stream, int err, const char *key, char error[LISTEN_ERROR_MAX]);

/* The same socket once more, for another thread's front: a UDP socket of ours gets another one beside
 * it (listen_udp_beside()); what listens for connections, and what was inherited, is shared. Returns the
 * descriptor (the caller's), or -errno. */
int listen_again(const struct listen_socket *socket);

/* Closes what no front took; what the sockets were can still be read. */
void listen_close(struct listen_set *set);

#endif
