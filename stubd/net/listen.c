#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct listener {
	int fd;
	struct loop_watch *watch;
	struct timer pause;
	listener_cb *cb;
	void *arg;
	bool busy; /* a callback is on the stack, which frees the memory when it is gone */
	bool dead; /* freed, but for the memory */
};

static int
bound(const struct addr *addr, int type, bool beside)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(addr, &ss);
	int fd = socket(addr->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, error;

	if (fd < 0)
		return -errno;
	if (addr->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* For TCP it only skips TIME_WAIT; for UDP it would let two processes share the port. */
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* An address that comes later (a bridge, a VPN) can be bound now. */
	(void)setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	if (beside)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len) != 0 ||
	    (type == SOCK_STREAM && listen(fd, LISTEN_BACKLOG) != 0)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int
listen_udp(const struct addr *addr)
{
	return bound(addr, SOCK_DGRAM, false);
}

int
listen_tcp(const struct addr *addr)
{
	return bound(addr, SOCK_STREAM, false);
}

int
listen_udp_beside(int fd)
{
	const int one = 1;
	struct addr addr;

	listen_address(fd, &addr);
	/* Only now: a socket that is bound with it joins whoever else has it, instead of saying that
	 * the address is taken. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0)
		return -errno;
	return bound(&addr, SOCK_DGRAM, true);
}

void
listen_address(int fd, struct addr *out)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	*out = (struct addr){ 0 };
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    (ss.ss_family == AF_INET || ss.ss_family == AF_INET6))
		addr_from_sockaddr(out, (struct sockaddr *)&ss);
}

/* Accepts one; returns false when there is no more to do. */
static bool
accept_one(struct listener *l)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct addr peer = { 0 };
	int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			loop_watch_set(l->watch, 0);
			timer_start(&l->pause, LISTEN_PAUSE);
			return false;
		}
		return errno == ECONNABORTED || errno == EINTR;
	}
	if (ss.ss_family == AF_INET || ss.ss_family == AF_INET6)
		addr_from_sockaddr(&peer, (struct sockaddr *)&ss);
	l->cb(l->arg, fd, &peer);
	return !l->dead;
}

static void
on_watch(void *arg, int events)
{
	struct listener *l = arg;

	(void)events;
	l->busy = true;
	for (int i = 0; i < LISTEN_ACCEPTS && accept_one(l); i++)
		;
	l->busy = false;
	if (l->dead)
		free(l);
}

static void
on_pause_over(void *arg)
{
	struct listener *l = arg;

	loop_watch_set(l->watch, LOOP_READ);
}

struct listener *
listener_new(struct loop *loop, int fd, listener_cb *cb, void *arg)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->fd = fd;
	l->cb = cb;
	l->arg = arg;
	timer_init(&l->pause, loop, on_pause_over, l);
	l->watch = loop_watch_new(loop, fd, LOOP_READ, on_watch, l);
	if (!l->watch) {
		free(l);
		return NULL;
	}
	return l;
}

struct listener *
listener_free(struct listener *l)
{
	if (!l)
		return NULL;
	timer_stop(&l->pause);
	l->watch = loop_watch_free(l->watch);
	close(l->fd);
	l->dead = true;
	if (!l->busy)
		free(l);
	return NULL;
}
