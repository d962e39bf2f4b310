#include "stubd/engine/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "stubd-engine"

static int
open_beside(void)
{
	char path[PATH_MAX + sizeof(NAME)];
	const ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	strcpy(slash + 1, NAME);
	return open(path, O_PATH | O_CLOEXEC);
}

int
program_open(char why[PROGRAM_WHY_MAX])
{
	static const char installed[] = STUBD_LIBEXEC_DIR "/" NAME;
	int fd = open_beside(), error;

	if (fd < 0)
		fd = open(installed, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	error = -errno;
	snprintf(why, PROGRAM_WHY_MAX, "%s: %s", installed, strerror(errno));
	return error;
}
