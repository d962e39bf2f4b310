#include "stubd/front/listen.h"
#include "stubd/base/service.h"
#include "stubd/front/owner.h"
#include "stubd/net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What to do about the usual owners of port 53. */
static const struct {
	const char *name, *mend;
} mends[] = {
	{ "systemd-resolve",
	    "write DNSStubListener=no into /etc/systemd/resolved.conf and restart it" },
	{ "dnsmasq", "write port=0 into its configuration and restart it" },
	{ "unbound", "stop it (systemctl disable --now unbound)" },
	{ "named", "stop it (systemctl disable --now named)" },
	{ "stubd", "stubd is running already: ask it with `stubctl status`" },
};

static const char *
mend_of(const char *name)
{
	for (size_t i = 0; i < sizeof(mends) / sizeof(*mends); i++)
		if (strcmp(name, mends[i].name) == 0)
			return mends[i].mend;
	return "stop it";
}

static void
explain_taken(const struct addr *addr, bool stream, const char *key, char error[LISTEN_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	struct owner owner;

	addr_to_text(addr, text);
	if (owner_find(addr, stream, &owner) == 0)
		snprintf(error, LISTEN_ERROR_MAX,
		    "%s is taken by %s (pid %ld): %s, or write another address in \"%s\"", text,
		    strcmp(owner.name, "systemd-resolve") == 0 ? "systemd-resolved" : owner.name,
		    (long)owner.pid, mend_of(owner.name), key);
	else
		snprintf(error, LISTEN_ERROR_MAX,
		    "%s is taken by another program: `ss -lpn%c 'sport = :%u'` as root names it; "
		    "stop it, or write another address in \"%s\"",
		    text, stream ? 't' : 'u', addr->port, key);
}

int
listen_explain(
    const struct addr *addr, bool stream, int err, const char *key, char error[LISTEN_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];

	addr_to_text(addr, text);
	if (err == EADDRINUSE)
		explain_taken(addr, stream, key, error);
	else if (err == EACCES)
		snprintf(error, LISTEN_ERROR_MAX,
		    "%s may not be bound by this user: ports below 1024 need stubd.socket, root or "
		    "CAP_NET_BIND_SERVICE; or write a port from 1024 up in \"%s\"",
		    text, key);
	else if (err == EADDRNOTAVAIL)
		snprintf(error, LISTEN_ERROR_MAX,
		    "%s is no address of this machine: mend it in \"%s\"", text, key);
	else
		snprintf(error, LISTEN_ERROR_MAX,
		    "%s cannot be opened: %s; write another address in \"%s\"", text, strerror(err),
		    key);
	return -err;
}

static int
add(struct listen_set *set, int fd, const struct addr *addr, bool stream, bool inherited)
{
	if (set->n == LISTEN_SOCKETS_MAX)
		return -E2BIG;
	set->sockets[set->n++] = (struct listen_socket){
		.fd = fd, .addr = *addr, .stream = stream, .inherited = inherited
	};
	return 0;
}

static int
open_one(struct listen_set *set, const struct addr *addr, bool stream, char *error)
{
	int fd = stream ? listen_tcp(addr) : listen_udp(addr);
	int r;

	if (fd < 0)
		return listen_explain(addr, stream, -fd, "listen", error);
	r = add(set, fd, addr, stream, false);
	if (r) {
		close(fd);
		snprintf(error, LISTEN_ERROR_MAX,
		    "more than %d sockets: write fewer addresses in \"listen\"",
		    LISTEN_SOCKETS_MAX);
	}
	return r;
}

static int
get_int(int fd, int option)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, option, &v, &len) < 0 ? -1 : v;
}

/* Reads what an inherited descriptor is; a TCP socket that does not listen yet is made to. */
static int
adopt(struct listen_set *set, int fd)
{
	int type = get_int(fd, SO_TYPE), flags = fcntl(fd, F_GETFL);
	struct addr addr;

	if (type < 0 || flags < 0)
		return -errno;
	listen_address(fd, &addr);
	if (addr.family == 0 || (type != SOCK_STREAM && type != SOCK_DGRAM))
		return -EPROTOTYPE;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	if (type == SOCK_STREAM && get_int(fd, SO_ACCEPTCONN) != 1 &&
	    listen(fd, LISTEN_BACKLOG) < 0)
		return -errno;
	return add(set, fd, &addr, type == SOCK_STREAM, true);
}

static int
inherit(struct listen_set *set, char *error)
{
	int n = service_sockets();
	int r = n < 0 ? n : 0;

	if (n < 0)
		snprintf(error, LISTEN_ERROR_MAX,
		    "inherited sockets: %s; start stubd by its units, or without LISTEN_FDS",
		    strerror(-n));
	for (int i = 0; i < n; i++) {
		int fd = SERVICE_SOCKETS_START + i;
		int r1 = r ? r : adopt(set, fd);

		if (r1 == 0)
			continue;
		close(fd);
		if (r == 0)
			snprintf(error, LISTEN_ERROR_MAX,
			    "inherited socket %d is of no use: %s; the socket unit may have "
			    "ListenDatagram= and ListenStream= lines with internet addresses only",
			    i, strerror(-r1));
		r = r1;
	}
	return r;
}

static bool
have(const struct listen_set *set, const struct addr *addr, bool stream)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->sockets[i].stream == stream && addr_equal(&set->sockets[i].addr, addr))
			return true;
	return false;
}

int
listen_open(const struct policy *policy, struct listen_set *set, char error[LISTEN_ERROR_MAX])
{
	int r;

	set->n = 0;
	r = inherit(set, error);
	for (size_t i = 0; r == 0 && i < 2 * policy->nlisten; i++) {
		const struct addr *addr = &policy->listen[i / 2];
		bool stream = i % 2;

		if (!have(set, addr, stream))
			r = open_one(set, addr, stream, error);
	}
	if (r)
		listen_close(set);
	return r;
}

int
listen_again(const struct listen_socket *s)
{
	int fd;

	if (!s->stream && !s->inherited)
		return listen_udp_beside(s->fd);
	fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

void
listen_close(struct listen_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->sockets[i].fd >= 0)
			close(set->sockets[i].fd);
		set->sockets[i].fd = -1;
	}
}
