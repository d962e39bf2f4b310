#include "stubd/engine/deadend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

enum { PATH_SIZE = 32 };

/* Of any zone: names are relative to its own. */
static const char empty_zone[] =
    "@ 300 IN SOA nobody.invalid. nobody.invalid. 1 3600 1200 604800 300\n"
    "@ 300 IN NS nobody.invalid.\n";

static char *
path_of(int fd, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
	return path;
}

/* A file that has no name. Returns its descriptor, or -errno. */
static int
in_memory(const char *text, size_t n)
{
	const int fd = memfd_create("stubd", MFD_CLOEXEC);
	ssize_t put;

	if (fd < 0)
		return -errno;
	for (; n; text += put, n -= (size_t)put) {
		put = write(fd, text, n);
		if (put < 0) {
			const int error = -errno;

			close(fd);
			return error;
		}
	}
	return fd;
}

/* The configuration; owned. NULL: out of memory. */
static char *
configuration(const char *names, int zone, size_t *n)
{
	char path[PATH_SIZE], *text = NULL;
	FILE *f = open_memstream(&text, n);

	if (!f)
		return NULL;
	while (*names) {
		const size_t len = strcspn(names, "\n");

		if (len)
			fprintf(f,
			    "auth-zone:\n\tname: \"%.*s\"\n\tzonefile: \"%s\"\n"
			    "\tfor-downstream: no\n\tfallback-enabled: no\n"
			    "server:\n\tdomain-insecure: \"%.*s\"\n",
			    (int)len, names, path_of(zone, path), (int)len, names);
		names += len + (names[len] != '\0');
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* Returns 0, or -errno. */
static int
configure(struct ub_ctx *ctx, const char *names, int zone)
{
	char path[PATH_SIZE], *text;
	size_t n;
	int fd, error = 0;

	text = configuration(names, zone, &n);
	if (!text)
		return -ENOMEM;
	fd = in_memory(text, n);
	free(text);
	if (fd < 0)
		return fd;
	if (ub_ctx_config(ctx, path_of(fd, path)))
		error = -EIO;
	close(fd);
	return error;
}

int
deadend_set(struct ub_ctx *ctx, const char *names, int *zone, char why[ENGINE_WHY_MAX])
{
	int fd = -1, error = 0;

	if (names && *names) {
		fd = in_memory(empty_zone, sizeof(empty_zone) - 1);
		error = fd < 0 ? fd : configure(ctx, names, fd);
	}
	if (!error) {
		*zone = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	snprintf(why, ENGINE_WHY_MAX,
	    "libunbound cannot be told of the names that are not to be asked for: %s",
	    strerror(-error));
	return error == -ENOMEM ? error : -EIO;
}
