/*
 * The wall clock as a test wants it, for one process and what it loads: to be preloaded
 * (ld.so(8)). Beside it, under its name without ".so", is a file of two 64-bit numbers: seconds by
 * which the clock is wrong, and whether the kernel calls it synchronised. It may be changed at any time. All other
 * clocks go as they go.
 */
#define _GNU_SOURCE
#include "own_page.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *wish;

static void __attribute__((constructor)) begin(void)
{
	wish = own_page(2 * sizeof(*wish), PROT_READ);
}

static int64_t
wrong(void)
{
	return wish ? wish[0] : 0;
}

int
clock_gettime(clockid_t id, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	result = real(id, out);
	if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		out->tv_sec += wrong();
	return result;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int
adjtimex(struct timex *state)
{
	if (state->modes) {
		errno = EPERM;
		return -1;
	}
	state->status = wish && wish[1] ? 0 : STA_UNSYNC;
	return wish && wish[1] ? TIME_OK : TIME_ERROR;
}
