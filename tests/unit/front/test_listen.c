#include "stubd/front/listen.h"
#include "stubd/front/owner.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct listen_set set;
static char error[LISTEN_ERROR_MAX];

/* A socket on a port of the kernel's choice; *addr becomes what it is bound to. */
static int
bound(int type, const char *host, struct addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(addr, host, 0), 0);
	fd = socket(addr->family, type, 0);
	len = addr_to_sockaddr(addr, &ss);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&ss, len), 0);
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	addr_from_sockaddr(addr, (struct sockaddr *)&ss);
	return fd;
}

static struct addr
free_port(const char *host)
{
	struct addr addr;

	close(bound(SOCK_STREAM, host, &addr));
	return addr;
}

static int
open_at(struct addr *addrs, size_t n)
{
	const struct policy policy = { .listen = addrs, .nlisten = n };

	error[0] = '\0';
	return listen_open(&policy, &set, error);
}

static void
each_address_gets_a_udp_and_a_tcp_socket(void)
{
	struct addr addr = free_port("127.0.0.1");

	CU_ASSERT_EQUAL_FATAL(open_at(&addr, 1), 0);
	CU_ASSERT_EQUAL(set.n, 2);
	CU_ASSERT_FALSE(set.sockets[0].stream);
	CU_ASSERT_TRUE(set.sockets[1].stream);
	CU_ASSERT_TRUE(addr_equal(&set.sockets[1].addr, &addr));
	CU_ASSERT_TRUE(fcntl(set.sockets[0].fd, F_GETFL) & O_NONBLOCK);
	listen_close(&set);
	CU_ASSERT_EQUAL(set.sockets[0].fd, -1);
}

static void
an_address_that_is_not_here_yet_is_bound(void)
{
	struct addr addrs[2];

	CU_ASSERT_EQUAL(addr_from_text(&addrs[0], "192.0.2.53:5399", 0), 0);
	CU_ASSERT_EQUAL(addr_from_text(&addrs[1], "[2001:db8::53]:5399", 0), 0);
	CU_ASSERT_EQUAL(open_at(addrs, 2), 0);
	CU_ASSERT_EQUAL(set.n, 4);
	listen_close(&set);
}

static void
ipv4_and_ipv6_wildcards_share_a_port(void)
{
	struct addr addrs[2] = { free_port("0.0.0.0") };

	CU_ASSERT_EQUAL(addr_from_text(&addrs[1], "::", addrs[0].port), 0);
	CU_ASSERT_EQUAL(open_at(addrs, 2), 0);
	listen_close(&set);
}

static void
a_taken_port_names_its_owner_and_the_mend(void)
{
	struct addr addr;
	char text[ADDR_TEXT_MAX], want[160];
	int fd = bound(SOCK_DGRAM, "127.0.0.1", &addr);

	snprintf(want, sizeof(want), "%s is taken by %s (pid %ld): ", addr_to_text(&addr, text),
	    "test_listen", (long)getpid());
	CU_ASSERT_EQUAL(open_at(&addr, 1), -EADDRINUSE);
	CU_ASSERT_EQUAL(strncmp(error, want, strlen(want)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "write another address in \"listen\""));
	CU_ASSERT_PTR_NULL(strchr(error, '\n'));
	close(fd);
}

static void
an_owner_on_the_wildcard_is_found_too(void)
{
	struct addr addr;
	struct owner owner;
	int fd = bound(SOCK_STREAM, "::", &addr);
	uint16_t port = addr.port;

	CU_ASSERT_EQUAL(addr_from_text(&addr, "127.0.0.1", port), 0);
	CU_ASSERT_EQUAL(owner_find(&addr, true, &owner), -ENOENT); /* it does not listen */
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	CU_ASSERT_EQUAL(owner_find(&addr, true, &owner), 0);
	CU_ASSERT_EQUAL(owner.pid, getpid());
	CU_ASSERT_EQUAL(owner_find(&addr, false, &owner), -ENOENT);
	close(fd);
}

static void
nothing_stays_open_when_one_address_fails(void)
{
	struct addr addrs[2] = { free_port("127.0.0.1") };
	int fd = bound(SOCK_DGRAM, "127.0.0.1", &addrs[1]);

	CU_ASSERT_EQUAL(open_at(addrs, 2), -EADDRINUSE);
	CU_ASSERT_EQUAL_FATAL(open_at(addrs, 1), 0);
	listen_close(&set);
	close(fd);
}

/* Runs body in a child that inherited fds[0..n) as a service manager hands them on. */
static int
as_service(const int *fds, int n, int (*body)(void))
{
	pid_t pid = fork();
	char text[16];
	int status = -1;

	if (pid == 0) {
		int high[8];

		for (int i = 0; i < n; i++)
			high[i] = fcntl(fds[i], F_DUPFD, 100);
		for (int i = 0; i < n; i++)
			dup2(high[i], 3 + i);
		snprintf(text, sizeof(text), "%ld", (long)getpid());
		setenv("LISTEN_PID", text, 1);
		snprintf(text, sizeof(text), "%d", n);
		setenv("LISTEN_FDS", text, 1);
		_exit(body());
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct addr wanted[2];

/* wanted[0] came twice, wanted[1] not at all. */
static int
adopts_and_opens(void)
{
	int r = open_at(wanted, 2);

	if (r || set.n != 4)
		return 10;
	for (int i = 0; i < 2; i++)
		if (!set.sockets[i].inherited || set.sockets[i].fd != 3 + i ||
		    !addr_equal(&set.sockets[i].addr, &wanted[0]))
			return 20 + i;
	if (set.sockets[0].stream != true || set.sockets[1].stream != false)
		return 30;
	if (set.sockets[2].inherited || !addr_equal(&set.sockets[2].addr, &wanted[1]))
		return 40;
	return getenv("LISTEN_FDS") ? 50 : 0;
}

static void
inherited_sockets_stand_in_for_their_address(void)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fds[2] = { bound(SOCK_STREAM, "127.0.0.1", &wanted[0]),
		socket(AF_INET, SOCK_DGRAM, 0) };

	len = addr_to_sockaddr(&wanted[0], &ss);
	CU_ASSERT_EQUAL(bind(fds[1], (struct sockaddr *)&ss, len), 0);
	wanted[1] = free_port("127.0.0.2");
	CU_ASSERT_EQUAL(as_service(fds, 2, adopts_and_opens), 0);
	close(fds[0]);
	close(fds[1]);
}

static int
serves_what_nobody_named(void)
{
	if (open_at(NULL, 0) || set.n != 1 || set.sockets[0].stream)
		return 1;
	return addr_equal(&set.sockets[0].addr, &wanted[0]) ? 0 : 2;
}

static void
an_inherited_socket_that_nobody_named_is_served(void)
{
	int fd = bound(SOCK_DGRAM, "::1", &wanted[0]);

	CU_ASSERT_EQUAL(as_service(&fd, 1, serves_what_nobody_named), 0);
	close(fd);
}

static int
refuses(void)
{
	if (open_at(NULL, 0) == 0 || !strstr(error, "inherited socket 1"))
		return 1;
	return fcntl(3, F_GETFD) < 0 && fcntl(4, F_GETFD) < 0 ? 0 : 2;
}

static void
an_inherited_unix_socket_is_refused_and_all_are_closed(void)
{
	int fds[2] = { bound(SOCK_DGRAM, "127.0.0.1", &wanted[0]),
		socket(AF_UNIX, SOCK_STREAM, 0) };

	CU_ASSERT_EQUAL(as_service(fds, 2, refuses), 0);
	close(fds[0]);
	close(fds[1]);
}

enum { CLIENTS = 64 /* all at one of two sockets: once in 2^63 times */ };

/* Sends a datagram from each of CLIENTS sockets. */
static void
ask_from_many(const struct addr *to)
{
	struct sockaddr_storage ss;
	const socklen_t len = addr_to_sockaddr(to, &ss);
	int fds[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		CU_ASSERT_EQUAL(sendto(fds[i], "?", 1, 0, (struct sockaddr *)&ss, len), 1);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

static unsigned
datagrams(int fd)
{
	unsigned n = 0;
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
		n++;
	return n;
}

static void
two_sockets_beside_each_other_share_what_comes_and_a_third_party_is_kept_out(void)
{
	struct addr addr = free_port("127.0.0.1");
	struct listen_set other;
	unsigned first, second;
	int fd;

	CU_ASSERT_EQUAL_FATAL(open_at(&addr, 1), 0);
	fd = listen_again(&set.sockets[0]);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ask_from_many(&addr);
	first = datagrams(set.sockets[0].fd);
	second = datagrams(fd);
	CU_ASSERT(first > 0);
	CU_ASSERT(second > 0);
	CU_ASSERT_EQUAL(first + second, CLIENTS);
	other = set;
	CU_ASSERT_EQUAL(open_at(&addr, 1), -EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "is taken by"));
	listen_close(&other);
	close(fd);
}

static void
what_listens_and_what_was_inherited_is_the_same_socket_once_more(void)
{
	struct listen_socket inherited = { .inherited = true };
	struct addr addr = free_port("127.0.0.1");
	int fd;

	CU_ASSERT_EQUAL_FATAL(open_at(&addr, 1), 0);
	fd = listen_again(&set.sockets[1]);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(accept(fd, NULL, NULL), -1);
	CU_ASSERT_EQUAL(errno, EAGAIN);
	close(fd);
	listen_close(&set);
	inherited.fd = bound(SOCK_DGRAM, "127.0.0.1", &addr);
	fd = listen_again(&inherited);
	CU_ASSERT_FATAL(fd >= 0);
	ask_from_many(&addr);
	CU_ASSERT_EQUAL(datagrams(fd), CLIENTS);
	CU_ASSERT_EQUAL(datagrams(inherited.fd), 0);
	close(fd);
	close(inherited.fd);
}

static const struct unit_case cases[] = {
	{ "each address gets a UDP and a TCP socket", each_address_gets_a_udp_and_a_tcp_socket },
	{ "an address that is not here yet is bound", an_address_that_is_not_here_yet_is_bound },
	{ "IPv4 and IPv6 wildcards share a port", ipv4_and_ipv6_wildcards_share_a_port },
	{ "a taken port names its owner and the mend", a_taken_port_names_its_owner_and_the_mend },
	{ "an owner on the wildcard is found too", an_owner_on_the_wildcard_is_found_too },
	{ "nothing stays open when one address fails", nothing_stays_open_when_one_address_fails },
	{ "inherited sockets stand in for their address",
	    inherited_sockets_stand_in_for_their_address },
	{ "an inherited socket that nobody named is served",
	    an_inherited_socket_that_nobody_named_is_served },
	{ "an inherited unix socket is refused, and all are closed",
	    an_inherited_unix_socket_is_refused_and_all_are_closed },
	{ "two sockets beside each other share what comes, and a third party is kept out",
	    two_sockets_beside_each_other_share_what_comes_and_a_third_party_is_kept_out },
	{ "what listens, and what was inherited, is the same socket once more",
	    what_listens_and_what_was_inherited_is_the_same_socket_once_more },
};

UNIT_MAIN("front/listen", cases)
