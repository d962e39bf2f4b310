#include "stubd/front/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int
fail(int err, const char *path, const char *what, const char *mend, char *error)
{
	snprintf(error, CONTROL_ERROR_MAX, "control socket %s: %s; %s", path, what, mend);
	return -err;
}

/* What stands in the way at path? 0: a dead socket, which may go. */
static int
judge_old(const char *path, const struct sockaddr_un *sun, char *error)
{
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : fail(errno, path, strerror(errno), "look there", error);
	if (!S_ISSOCK(st.st_mode))
		return fail(EEXIST, path, "a file of another kind is there",
		    "remove it, or write another path in \"control\"", error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(errno, path, strerror(errno), "try again", error);
	r = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) < 0 ? errno : 0;
	close(fd);
	if (r == ECONNREFUSED || r == ENOENT)
		return 0;
	if (r == EACCES || r == EPERM)
		return fail(r, path, "it belongs to somebody else",
		    "remove it, or write another path in \"control\"", error);
	return fail(EADDRINUSE, path, "another stubd answers there",
	    "stop it, or write another path in \"control\"", error);
}

static int
bind_over(int fd, const char *path, const struct sockaddr_un *sun, char *error)
{
	int r;

	if (bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		r = judge_old(path, sun, error);
		if (r)
			return r;
		unlink(path);
		if (bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
			return 0;
	}
	return fail(errno, path, strerror(errno),
	    errno == ENOENT ? "make its folder, or write another path in \"control\""
			    : "write another path in \"control\"",
	    error);
}

int
control_bind(const char *path, int *out, struct control_file *file, char error[CONTROL_ERROR_MAX])
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, r;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fail(ENAMETOOLONG, path, "the path is longer than a socket's may be",
		    "write a shorter one in \"control\"", error);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(errno, path, strerror(errno), "try again", error);
	r = bind_over(fd, path, &sun, error);
	if (r)
		goto fail;
	/* Nobody can connect before listen(), so that the mode is never too wide in use. */
	if (chmod(path, CONTROL_MODE) < 0 || lstat(path, &st) < 0) {
		r = fail(errno, path, strerror(errno), "look there", error);
		goto fail;
	}
	*file = (struct control_file){ .dev = st.st_dev, .ino = st.st_ino };
	*out = fd;
	return 0;
fail:
	close(fd);
	return r;
}

void
control_unlink(const char *path, const struct control_file *file)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
		unlink(path);
}

bool
control_peer_may_change(int fd)
{
	gid_t groups[CONTROL_GROUPS_MAX];
	socklen_t len = sizeof(struct ucred), groups_len = sizeof(groups);
	struct ucred peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid())
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_len) < 0)
		return false;
	for (size_t i = 0; i < groups_len / sizeof(*groups); i++)
		if (groups[i] == getegid())
			return true;
	return false;
}
