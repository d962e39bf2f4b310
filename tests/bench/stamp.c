/*
 * Notes the monotonic time in nanoseconds in a file, then becomes the command: the moment from which a
 * server's start is counted.
 *
 *	bench-stamp FILE COMMAND...
 */
#include <err.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec now;
	FILE *file;

	if (argc < 3)
		errx(2, "usage: bench-stamp FILE COMMAND...");
	file = fopen(argv[1], "w");
	if (!file)
		err(1, "%s", argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(file, "%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	fclose(file);
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
