#include "stubd/base/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_UNTOLD = 4096 };

/* Reads to the end of what has at most size octets, *text's room being one more. */
static ssize_t
read_to_end(int fd, char *text, size_t size)
{
	size_t n = 0;

	while (n <= size) {
		const ssize_t got = read(fd, text + n, size + 1 - n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return (ssize_t)n;
		n += got > 0 ? (size_t)got : 0;
	}
	return -EFBIG;
}

/* What fstat() tells is a first guess alone: some filesystems tell nothing, and a file may grow. */
static int
read_all(int fd, size_t max, char **text, size_t *n)
{
	char *bytes = NULL;
	ssize_t got = -EFBIG;
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size > max)
		return -EFBIG;
	for (size = st.st_size ? (size_t)st.st_size : SIZE_UNTOLD; got == -EFBIG; size *= 2) {
		size = size < max ? size : max;
		free(bytes);
		bytes = malloc(size + 1);
		if (!bytes)
			return -ENOMEM;
		got = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_to_end(fd, bytes, size);
		if (size == max)
			break;
	}
	if (got < 0) {
		free(bytes);
		return (int)got;
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

int
state_file_begin(struct state_file *f, const char *path)
{
	int err;

	*f = (struct state_file){ .fd = -1 };
	f->path = strdup(path);
	if (!f->path || asprintf(&f->aside, "%s.new", path) < 0) {
		f->aside = NULL;
		state_file_abandon(f);
		return -ENOMEM;
	}
	/* A new inode each time: who made the old one does not give this one its mode. */
	unlink(f->aside);
	f->fd = open(f->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->fd >= 0)
		return 0;
	err = -errno;
	state_file_abandon(f);
	return err;
}

void
state_file_append(struct state_file *f, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n > 0 && !f->err) {
		const ssize_t put = write(f->fd, at, n);

		if (put < 0 && errno != EINTR)
			f->err = -errno;
		if (put > 0) {
			at += put;
			n -= (size_t)put;
		}
	}
}

int
state_file_commit(struct state_file *f)
{
	int err = f->err;

	if (!err && fsync(f->fd) < 0)
		err = -errno;
	if (close(f->fd) < 0 && !err)
		err = -errno;
	f->fd = -1;
	if (!err && rename(f->aside, f->path) < 0)
		err = -errno;
	if (!err) {
		free(f->aside);
		f->aside = NULL;
	}
	state_file_abandon(f);
	return err;
}

void
state_file_abandon(struct state_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->aside)
		unlink(f->aside);
	free(f->aside);
	free(f->path);
	*f = (struct state_file){ .fd = -1 };
}

int
state_file_write(const char *path, const void *bytes, size_t n)
{
	struct state_file f;
	const int err = state_file_begin(&f, path);

	if (err)
		return err;
	state_file_append(&f, bytes, n);
	return state_file_commit(&f);
}

int
state_file_remove(const char *path)
{
	char *aside;
	int err = 0;

	if (unlink(path) < 0 && errno != ENOENT)
		err = -errno;
	if (asprintf(&aside, "%s.new", path) < 0)
		return -ENOMEM;
	if (unlink(aside) < 0 && errno != ENOENT && !err)
		err = -errno;
	free(aside);
	return err;
}
