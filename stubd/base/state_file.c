#include "stubd/base/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads what fstat() has told of. */
static int
read_all(int fd, size_t max, char **text, size_t *n)
{
	struct stat st;
	char *bytes;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size > max)
		return -EFBIG;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	got = read(fd, bytes, (size_t)st.st_size);
	if (got < 0) {
		free(bytes);
		return -errno;
	}
	bytes[got] = '\0';
	*text = bytes;
	*n = (size_t)got;
	return 0;
}

int
state_file_read(const char *path, size_t max, char **text, size_t *n)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, max, text, n);
	close(fd);
	return err;
}

static int
write_all(int fd, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		const ssize_t put = write(fd, bytes, n);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			bytes += put;
			n -= (size_t)put;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int
state_file_write(const char *path, const void *bytes, size_t n)
{
	char aside[PATH_MAX];
	int fd, err;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	/* A new inode each time: who made the old one does not give this one its mode. */
	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, n);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(aside, path) < 0)
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}
