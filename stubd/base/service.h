/*
 * The service manager: the sockets that it has opened for us, and what we tell it of how we are. These
 * are the protocols of sd_listen_fds(3) and sd_notify(3), which systemd keeps as they are for all who
 * speak them on their own. Its library is not used: six more come with it, and every start waits for
 * them.
 *
 * Without a manager, which is told by the environment, there are no sockets, and nothing is said.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdint.h>

enum {
	SERVICE_SOCKETS_START = 3, /* the first descriptor */
	SERVICE_SOCKETS_MAX = 1024,
};

/* How many descriptors from SERVICE_SOCKETS_START on are ours to use; children do not inherit them from
 * now on. Only the first call finds any: the variables are taken out of the environment. Returns the
 * number, -EINVAL when the variables make no sense, or another -errno when a descriptor is not there. */
int service_sockets(void);

/* Each is told once or again, and lost if nobody listens. */
void service_tell_ready(void);
void service_tell_reloading(uint64_t now); /* us of CLOCK_MONOTONIC */
void service_tell_stopping(void);

#endif
