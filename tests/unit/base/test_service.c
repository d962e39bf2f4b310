#include "stubd/base/service.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket of the manager's with this name; '@' for one of the abstract name space. */
static int
manager(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, name, strlen(name));
	if (*name == '@')
		addr.sun_path[0] = '\0';
	else
		unlink(name);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&addr, len), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void
is_told(int fd, const char *what)
{
	char text[128] = "";

	CU_ASSERT(recv(fd, text, sizeof(text) - 1, 0) > 0);
	CU_ASSERT_STRING_EQUAL(text, what);
}

static void
the_manager_is_told_how_we_are(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/stubd-notify-%d", (int)getpid());
	fd = manager(path);
	service_tell_ready();
	service_tell_reloading(1234567);
	service_tell_stopping();
	is_told(fd, "READY=1");
	is_told(fd, "RELOADING=1\nMONOTONIC_USEC=1234567");
	is_told(fd, "STOPPING=1");
	close(fd);
	service_tell_ready(); /* it is gone: no harm */
	unlink(path);
	snprintf(path, sizeof(path), "@stubd-notify-%d", (int)getpid());
	fd = manager(path);
	service_tell_ready();
	is_told(fd, "READY=1");
	close(fd);
}

static void
what_is_no_address_of_a_manager_is_told_nothing(void)
{
	char longer[200];
	const char *const names[] = { "", "/", "relative", longer };

	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		service_tell_ready();
	}
	unsetenv("NOTIFY_SOCKET");
	service_tell_ready();
}

static int
sockets(const char *pid, const char *n)
{
	char own[16];

	snprintf(own, sizeof(own), "%d", (int)getpid());
	setenv("LISTEN_PID", pid ? pid : own, 1);
	setenv("LISTEN_FDS", n, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
	return service_sockets();
}

static void
sockets_are_taken_once_and_kept_from_children(void)
{
	const int before = dup(SERVICE_SOCKETS_START);
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(pipe(pair), 0);
	dup2(pair[0], SERVICE_SOCKETS_START);
	dup2(pair[1], SERVICE_SOCKETS_START + 1);
	CU_ASSERT_EQUAL(sockets(NULL, "2"), 2);
	CU_ASSERT(fcntl(SERVICE_SOCKETS_START, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT(fcntl(SERVICE_SOCKETS_START + 1, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_PTR_NULL(getenv("LISTEN_FDS"));
	CU_ASSERT_PTR_NULL(getenv("LISTEN_PID"));
	CU_ASSERT_PTR_NULL(getenv("LISTEN_FDNAMES"));
	CU_ASSERT_EQUAL(service_sockets(), 0);
	if (before >= 0)
		dup2(before, SERVICE_SOCKETS_START);
}

static void
sockets_of_somebody_else_are_left_alone(void)
{
	CU_ASSERT_EQUAL(sockets("1", "2"), 0);
	CU_ASSERT_PTR_NULL(getenv("LISTEN_FDS"));
}

static void
variables_that_make_no_sense_are_an_error(void)
{
	CU_ASSERT_EQUAL(sockets(NULL, "two"), -EINVAL);
	CU_ASSERT_EQUAL(sockets(NULL, "-1"), -EINVAL);
	CU_ASSERT_EQUAL(sockets(NULL, ""), -EINVAL);
	CU_ASSERT_EQUAL(sockets(NULL, "99999"), -EINVAL);
	CU_ASSERT_EQUAL(sockets("x", "2"), -EINVAL);
	CU_ASSERT_EQUAL(sockets(NULL, "1000"), -EBADF);
}

static const struct unit_case cases[] = {
	{ "the manager is told how we are", the_manager_is_told_how_we_are },
	{ "what is no address of a manager is told nothing",
	    what_is_no_address_of_a_manager_is_told_nothing },
	{ "sockets are taken once, and kept from children",
	    sockets_are_taken_once_and_kept_from_children },
	{ "sockets of somebody else are left alone", sockets_of_somebody_else_are_left_alone },
	{ "variables that make no sense are an error", variables_that_make_no_sense_are_an_error },
};

UNIT_MAIN("base/service", cases)
