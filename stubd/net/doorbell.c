#include "stubd/net/doorbell.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct doorbell {
	int fd;
	struct loop_watch *watch;
	loop_call *cb;
	void *arg;
};

static void
on_ring(void *arg, int events)
{
	struct doorbell *bell = arg;
	uint64_t rings;

	(void)events;
	/* Read before the call: a ring during it makes another one. */
	if (read(bell->fd, &rings, sizeof(rings)) == sizeof(rings))
		bell->cb(bell->arg);
}

struct doorbell *
doorbell_new(struct loop *loop, loop_call *cb, void *arg)
{
	struct doorbell *bell = calloc(1, sizeof(*bell));

	if (!bell)
		return NULL;
	bell->cb = cb;
	bell->arg = arg;
	bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell->fd >= 0)
		bell->watch = loop_watch_new(loop, bell->fd, LOOP_READ, on_ring, bell);
	return bell->watch ? bell : doorbell_free(bell);
}

struct doorbell *
doorbell_free(struct doorbell *bell)
{
	if (!bell)
		return NULL;
	bell->watch = loop_watch_free(bell->watch);
	if (bell->fd >= 0)
		close(bell->fd);
	free(bell);
	return NULL;
}

void
doorbell_ring(struct doorbell *bell)
{
	const uint64_t one = 1;
	ssize_t n = write(bell->fd, &one, sizeof(one));

	(void)n; /* it fails only where 2^64 - 2 rings wait, and then the call comes anyway */
}
