/*
 * A client for tests of the fronts: blocking code on a thread of its own, while the test's loop
 * runs until it is done. The client notes what it saw; the test asserts afterwards.
 */
#ifndef UNIT_FRONT_CLIENT_H
#define UNIT_FRONT_CLIENT_H

#include "stubd/net/loop.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct client_run {
	struct loop *loop;
	void (*body)(void *arg);
	void *arg;
	int done[2]; /* a pipe */
};

static inline void *
client_thread(void *arg)
{
	struct client_run *run = arg;

	run->body(run->arg);
	close(run->done[1]);
	return NULL;
}

static inline void
client_done(void *arg, int events)
{
	(void)events;
	loop_stop(((struct client_run *)arg)->loop);
}

/* Runs body(arg) beside the loop, and returns when it is over. */
static inline void
client_run(struct loop *loop, void (*body)(void *arg), void *arg)
{
	struct client_run run = { .loop = loop, .body = body, .arg = arg };
	struct loop_watch *watch;
	pthread_t thread;

	if (pipe(run.done) < 0)
		return;
	watch = loop_watch_new(loop, run.done[0], LOOP_READ, client_done, &run);
	pthread_create(&thread, NULL, client_thread, &run);
	loop_run(loop);
	pthread_join(thread, NULL);
	loop_watch_free(watch);
	close(run.done[0]);
}

/* Connected with 10 s of patience for each read; -1: could not. */
static inline int
client_connect(const struct sockaddr *sa, socklen_t len)
{
	const struct timeval patience = { .tv_sec = 10 };
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && connect(fd, sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
client_connect_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strncpy(sun.sun_path, path, sizeof(sun.sun_path) - 1);
	return client_connect((struct sockaddr *)&sun, sizeof(sun));
}

/* Reads until the peer closes or out is full; NUL-terminates. Returns the octets. */
static inline size_t
client_read_all(int fd, char *out, size_t cap)
{
	size_t n = 0;
	ssize_t r;

	while (n + 1 < cap && (r = read(fd, out + n, cap - 1 - n)) > 0)
		n += (size_t)r;
	out[n] = '\0';
	return n;
}

#endif
