#include "stubd/base/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A number of the environment, 0 where there is none; -EINVAL. */
static long
number(const char *variable, long max)
{
	const char *text = getenv(variable);
	char *end;
	long n;

	if (!text)
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno || end == text || *end || n < 0 || n > max ? -EINVAL : n;
}

static int
keep_from_children(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0 ? -errno : 0;
}

int
service_sockets(void)
{
	long pid = number("LISTEN_PID", INT32_MAX);
	long n = number("LISTEN_FDS", SERVICE_SOCKETS_MAX);
	int r = pid < 0 || n < 0 ? -EINVAL : 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (r == 0 && pid != getpid()) /* meant for whoever started us */
		return 0;
	for (int i = 0; r == 0 && i < n; i++)
		r = keep_from_children(SERVICE_SOCKETS_START + i);
	return r < 0 ? r : (int)n;
}

static void
tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd;

	if ((n > 0 && *path != '/' && *path != '@') || n < 2 || n >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, n);
	if (*path == '@') /* of the abstract name space, unix(7) */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
service_tell_ready(void)
{
	tell("READY=1");
}

void
service_tell_reloading(uint64_t now)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now);
	tell(text);
}

void
service_tell_stopping(void)
{
	tell("STOPPING=1");
}
