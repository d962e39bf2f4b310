/*
 * Counts what a process asks of its allocator and of the kernel: to be preloaded (ld.so(8)). Beside it,
 * under its name without ".so", is a file of 64-bit numbers, in the order of enum counter.
 */
#define _GNU_SOURCE
#include "own_page.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum counter { ALLOCATED, RECVMMSG, SENDMMSG, TURNS, TIME, WROTE, READ, COUNTERS };

static uint64_t nowhere[COUNTERS], *counts = nowhere;

/* glibc's own, below what this file puts in their place */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);

static void __attribute__((constructor)) begin(void)
{
	uint64_t *page = own_page(sizeof(nowhere), PROT_READ | PROT_WRITE);

	if (page)
		counts = page;
}

static void
count(enum counter which)
{
	__atomic_fetch_add(&counts[which], 1, __ATOMIC_RELAXED);
}

void *
malloc(size_t n)
{
	count(ALLOCATED);
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t each)
{
	count(ALLOCATED);
	return __libc_calloc(n, each);
}

void *
realloc(void *p, size_t n)
{
	count(ALLOCATED);
	return __libc_realloc(p, n);
}

/* A function of libc's that is counted. */
#define COUNTED(which, type, name, parameters, arguments)          \
	type name parameters                                       \
	{                                                          \
		static type(*real) parameters;                     \
                                                                   \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		count(which);                                      \
		return real arguments;                             \
	}

COUNTED(RECVMMSG, int, recvmmsg,
    (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t), (fd, v, n, flags, t))
COUNTED(
    SENDMMSG, int, sendmmsg, (int fd, struct mmsghdr *v, unsigned n, int flags), (fd, v, n, flags))
COUNTED(TURNS, int, epoll_pwait, (int fd, struct epoll_event *e, int n, int t, const sigset_t *s),
    (fd, e, n, t, s))
COUNTED(TURNS, int, epoll_wait, (int fd, struct epoll_event *e, int n, int t), (fd, e, n, t))
COUNTED(TURNS, int, epoll_ctl, (int fd, int op, int of, struct epoll_event *e), (fd, op, of, e))
COUNTED(TIME, int, clock_gettime, (clockid_t id, struct timespec *out), (id, out))
COUNTED(TIME, time_t, time, (time_t * out), (out))
COUNTED(WROTE, ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
COUNTED(WROTE, ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
COUNTED(WROTE, ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
COUNTED(WROTE, ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
COUNTED(READ, ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
COUNTED(READ, ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
COUNTED(READ, ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
COUNTED(READ, ssize_t, recvfrom,
    (int fd, void *restrict p, size_t n, int flags, struct sockaddr *restrict a,
	socklen_t *restrict l),
    (fd, p, n, flags, a, l))
