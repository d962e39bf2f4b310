#include "stubd/net/stream.h"
#include "stubd/net/loop.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUEUE_FIRST = 4096, QUEUE_KEEP = 16384 /* octets kept allocated while empty */ };

struct stream {
	struct loop *loop;
	int fd;
	struct loop_watch *watch;
	int interest; /* what the watch waits for */
	struct loop_later later;
	const struct stream_events *events;
	void *arg;
	bool busy; /* a callback is on the stack, which frees the memory when it is gone */
	bool dead; /* freed, but for the memory */

	uint8_t *queue; /* owned; octets start..end are unsent */
	size_t start, end, cap;

	int error; /* -errno; 0: none */
	bool connecting;
	bool reading;	/* the owner wants bytes */
	bool blocked;	/* the kernel took not all: wait until it takes more */
	bool drain_due; /* something was written since `drained` last came */
	bool fin;	/* shut down when the queue is empty */
	bool fin_sent;
	bool eof;	 /* the peer's FIN came */
	bool told_error; /* ended(error) was called */
};

static void on_watch(void *arg, int events);
static void on_later(void *arg);

static void
set_interest(struct stream *s)
{
	int want = 0;

	if (s->error)
		want = 0;
	else if (s->connecting)
		want = LOOP_WRITE;
	else
		want = (s->reading && !s->eof ? LOOP_READ : 0) | (s->blocked ? LOOP_WRITE : 0);
	if (want == s->interest)
		return;
	s->interest = want;
	loop_watch_set(s->watch, want);
}

static void
set_error(struct stream *s, int error)
{
	if (!s->error)
		s->error = error;
	set_interest(s);
	loop_later_start(&s->later);
}

static struct stream *
make(struct loop *loop, int fd, const struct stream_events *events, void *arg)
{
	struct stream *s = calloc(1, sizeof(*s));
	int one = 1;
	unsigned timeout = STREAM_USER_TIMEOUT;

	if (!s)
		return NULL;
	s->loop = loop;
	s->fd = fd;
	s->events = events;
	s->arg = arg;
	s->reading = true;
	loop_later_init(&s->later, loop, on_later, s);
	s->watch = loop_watch_new(loop, fd, 0, on_watch, s);
	if (!s->watch) {
		free(s);
		return NULL;
	}
	/* Sockets of other families refuse these, which does no harm. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
	return s;
}

struct stream *
stream_new(struct loop *loop, int fd, const struct stream_events *events, void *arg)
{
	struct stream *s = make(loop, fd, events, arg);

	if (s)
		set_interest(s);
	return s;
}

/* Fails closed: with a link named, no packet leaves by another. */
static int
bind_link(int fd, const char *link)
{
	if (!link)
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)) == 0)
		return 0;
	return -errno;
}

int
stream_connect(struct loop *loop, const struct addr *addr, const char *link,
    const struct stream_events *events, void *arg, struct stream **out)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(addr, &ss);
	int fd = socket(addr->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stream *s = NULL;
	int error;

	if (fd < 0)
		return -errno;
	error = bind_link(fd, link);
	if (!error) {
		s = make(loop, fd, events, arg);
		error = s ? 0 : -ENOMEM;
	}
	if (error) {
		close(fd);
		return error;
	}
	s->connecting = true;
	if (connect(fd, (struct sockaddr *)&ss, len) == 0 || errno == EINPROGRESS)
		set_interest(s);
	else
		set_error(s, -errno);
	*out = s;
	return 0;
}

struct stream *
stream_free(struct stream *s)
{
	if (!s)
		return NULL;
	loop_later_stop(&s->later);
	s->watch = loop_watch_free(s->watch);
	close(s->fd);
	free(s->queue);
	s->dead = true;
	if (!s->busy)
		free(s);
	return NULL;
}

/* Sends what is queued as far as the kernel takes it; calls nobody. */
static void
push(struct stream *s)
{
	ssize_t n;

	while (!s->connecting && !s->error && s->start < s->end) {
		n = send(s->fd, s->queue + s->start, s->end - s->start, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			set_error(s, -errno);
			return;
		}
		s->blocked = n < 0 || (size_t)n < s->end - s->start;
		if (n < 0)
			break;
		s->start += (size_t)n;
	}
	if (s->start == s->end && !s->connecting && !s->error) {
		s->start = s->end = 0;
		s->blocked = false;
		if (s->cap > QUEUE_KEEP) {
			free(s->queue);
			s->queue = NULL;
			s->cap = 0;
		}
		if (s->fin && !s->fin_sent) {
			s->fin_sent = true;
			(void)shutdown(s->fd, SHUT_WR);
		}
	}
	set_interest(s);
}

/* Tells the owner what happened while nobody could be called. */
static void
on_later(void *arg)
{
	struct stream *s = arg;

	if (!s->blocked)
		push(s);
	if (s->error && !s->told_error) {
		s->told_error = true;
		if (s->events->ended)
			s->events->ended(s->arg, s->error);
		return;
	}
	if (!s->error && !s->connecting && s->drain_due && s->start == s->end) {
		s->drain_due = false;
		if (s->events->drained)
			s->events->drained(s->arg);
	}
}

/* Reads some; returns false when the stream is gone or has nothing more. */
static bool
read_once(struct stream *s)
{
	uint8_t buf[STREAM_READ];
	ssize_t n = recv(s->fd, buf, sizeof(buf), 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			set_error(s, -errno);
		return false;
	}
	if (n == 0) {
		s->eof = true;
		set_interest(s);
		if (s->events->ended)
			s->events->ended(s->arg, 0);
		return false;
	}
	if (s->events->data)
		s->events->data(s->arg, buf, (size_t)n);
	return !s->dead && s->reading && !s->error && (size_t)n == sizeof(buf);
}

static void
finish_connect(struct stream *s)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error) {
		set_error(s, -error);
		return;
	}
	s->connecting = false;
	set_interest(s);
	if (s->start < s->end || s->fin)
		loop_later_start(&s->later);
	if (s->events->connected)
		s->events->connected(s->arg);
}

static void
on_watch(void *arg, int events)
{
	struct stream *s = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	if (s->connecting) {
		finish_connect(s);
		return;
	}
	if (events & LOOP_WRITE) {
		push(s);
		loop_later_start(&s->later);
	}
	if (events & LOOP_READ) {
		s->busy = true;
		for (int i = 0; i < STREAM_READS && read_once(s); i++)
			;
		s->busy = false;
		if (s->dead) {
			free(s);
			return;
		}
	}
	/* An error that neither call met would be reported for ever. */
	if ((events & LOOP_ERROR) && !s->error &&
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
		set_error(s, -error);
}

static int
reserve(struct stream *s, size_t n)
{
	size_t waiting = s->end - s->start, cap = s->cap ? s->cap : QUEUE_FIRST;
	uint8_t *queue;

	if (s->end + n <= s->cap)
		return 0;
	if (s->start) {
		memmove(s->queue, s->queue + s->start, waiting);
		s->start = 0;
		s->end = waiting;
	}
	while (cap < waiting + n)
		cap *= 2;
	if (cap == s->cap)
		return 0;
	queue = realloc(s->queue, cap);
	if (!queue)
		return -ENOMEM;
	s->queue = queue;
	s->cap = cap;
	return 0;
}

int
stream_write2(struct stream *s, const void *a, size_t na, const void *b, size_t nb)
{
	int error;

	if (s->error || s->fin)
		return -EPIPE;
	if (na + nb > STREAM_QUEUE - stream_queued(s))
		return -ENOBUFS;
	if (!(na + nb))
		return 0;
	error = reserve(s, na + nb);
	if (error)
		return error;
	if (na)
		memcpy(s->queue + s->end, a, na);
	if (nb)
		memcpy(s->queue + s->end + na, b, nb);
	s->end += na + nb;
	s->drain_due = true;
	if (!s->blocked)
		loop_later_start(&s->later);
	return 0;
}

int
stream_write(struct stream *s, const void *bytes, size_t n)
{
	return stream_write2(s, bytes, n, NULL, 0);
}

void
stream_flush(struct stream *s)
{
	push(s);
	loop_later_start(&s->later);
}

size_t
stream_queued(const struct stream *s)
{
	return s->end - s->start;
}

void
stream_set_reading(struct stream *s, bool on)
{
	s->reading = on;
	set_interest(s);
}

void
stream_shutdown(struct stream *s)
{
	s->fin = true;
	loop_later_start(&s->later);
}
