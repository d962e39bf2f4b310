#include "stubd/engine/ubase.h"

#include "stubd/base/list.h"
#include "stubd/net/listen.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unbound-event.h>
#include <unistd.h>

typedef void ub_event_cb(int fd, short bits, void *arg);

struct ubase {
	struct ub_event_base super; /* first: libunbound hands us this */
	struct loop *loop;	    /* borrowed */
	int epoll;
	struct loop_watch *watch;
	struct list events; /* event.link */
	size_t count;	    /* events that exist */
};

struct event {
	struct ub_event super; /* first */
	struct list link;
	struct ubase *base;
	int fd; /* borrowed; -1: time only */
	short bits;
	bool polled; /* fd is in the epoll set */
	bool timed;  /* interval counts */
	msec interval;
	struct timer timer;
	ub_event_cb *cb;
	void *arg;
};

static struct event *
event_of(struct ub_event *super)
{
	return (struct event *)super;
}

/* Rounded down: libunbound sends every question from a timer of no time at all. */
static msec
msec_of(const struct timeval *tv)
{
	return (msec)tv->tv_sec * 1000 + (msec)tv->tv_usec / 1000;
}

static void
unpoll(struct event *event)
{
	if (event->polled)
		epoll_ctl(event->base->epoll, EPOLL_CTL_DEL, event->fd, NULL);
	event->polled = false;
}

static void
untime(struct event *event)
{
	timer_stop(&event->timer);
	event->timed = false;
}

/* An event that is not persistent is over when it fires; a persistent one has its time anew. Done
 * before the callback, which may change or free the event. */
static void
settle(struct event *event)
{
	if (!(event->bits & UB_EV_PERSIST)) {
		unpoll(event);
		untime(event);
	} else if (event->timed) {
		timer_start(&event->timer, event->interval);
	}
}

static void
on_time(void *arg)
{
	struct event *event = arg;

	settle(event);
	event->cb(event->fd, UB_EV_TIMEOUT, event->arg);
}

static void
fire(struct event *event, uint32_t got)
{
	short bits = 0;

	/* An error is learnt by reading or writing. */
	if (got & (EPOLLERR | EPOLLHUP))
		got |= EPOLLIN | EPOLLOUT;
	if (got & EPOLLIN)
		bits |= UB_EV_READ;
	if (got & EPOLLOUT)
		bits |= UB_EV_WRITE;
	bits &= event->bits;
	if (!bits)
		return;
	settle(event);
	event->cb(event->fd, bits, event->arg);
}

static void
on_ready(void *arg, int events)
{
	struct ubase *base = arg;
	struct epoll_event got;

	(void)events;
	for (int n = 0; n < UBASE_TURN_MAX && epoll_wait(base->epoll, &got, 1, 0) == 1; n++)
		fire(got.data.ptr, got.events);
}

static void
event_add_bits(struct ub_event *super, short bits)
{
	event_of(super)->bits |= bits;
}

static void
event_del_bits(struct ub_event *super, short bits)
{
	event_of(super)->bits &= (short)~bits;
}

static void
event_set_fd(struct ub_event *super, int fd)
{
	event_of(super)->fd = fd;
}

static int
event_del(struct ub_event *super)
{
	unpoll(event_of(super));
	untime(event_of(super));
	return 0;
}

static void
event_free(struct ub_event *super)
{
	event_del(super);
	event_of(super)->base->count--;
	list_remove(&event_of(super)->link);
	free(super);
}

static int
event_add(struct ub_event *super, struct timeval *tv)
{
	struct event *event = event_of(super);
	struct epoll_event want = { .data.ptr = event };

	if (event->bits & UB_EV_READ)
		want.events |= EPOLLIN;
	if (event->bits & UB_EV_WRITE)
		want.events |= EPOLLOUT;
	if (event->fd >= 0 && want.events) {
		int op = event->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

		if (epoll_ctl(event->base->epoll, op, event->fd, &want))
			return -1;
		event->polled = true;
	}
	if (tv) {
		event->timed = true;
		event->interval = msec_of(tv);
		timer_start(&event->timer, event->interval);
	}
	return 0;
}

static int
event_add_timer(struct ub_event *super, struct ub_event_base *base, ub_event_cb *cb, void *arg,
    struct timeval *tv)
{
	struct event *event = event_of(super);

	(void)base; /* an event stays with the base that made it */
	event_del(super);
	event->fd = -1;
	event->bits = UB_EV_TIMEOUT;
	event->cb = cb;
	event->arg = arg;
	return event_add(super, tv);
}

static int
event_del_timer(struct ub_event *super)
{
	untime(event_of(super));
	return 0;
}

/* Signals and Windows: in the table, never called by the library. */
static int
event_add_signal(struct ub_event *super, struct timeval *tv)
{
	(void)super;
	(void)tv;
	return -1;
}

static int
event_del_signal(struct ub_event *super)
{
	(void)super;
	return -1;
}

static void
event_unregister(struct ub_event *super)
{
	(void)super;
}

static void
event_would_block(struct ub_event *super, int bit)
{
	(void)super;
	(void)bit;
}

static struct ub_event *
base_new_event(struct ub_event_base *super, int fd, short bits, ub_event_cb *cb, void *arg)
{
	/* Not const in the interface, and never written. */
	static struct ub_event_vmt table = { event_add_bits, event_del_bits, event_set_fd,
		event_free, event_add, event_del, event_add_timer, event_del_timer,
		event_add_signal, event_del_signal, event_unregister, event_would_block };
	struct ubase *base = (struct ubase *)super;
	struct event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->super.magic = UB_EVENT_MAGIC;
	event->super.vmt = &table;
	event->base = base;
	event->fd = fd;
	event->bits = bits;
	event->cb = cb;
	event->arg = arg;
	timer_init(&event->timer, base->loop, on_time, event);
	list_push_back(&base->events, &event->link);
	base->count++;
	return &event->super;
}

static void
base_free(struct ub_event_base *super)
{
	(void)super; /* ours to free, in ubase_free() */
}

static int
base_dispatch(struct ub_event_base *super)
{
	(void)super; /* the loop runs by itself */
	return 0;
}

static int
base_exit(struct ub_event_base *super, struct timeval *tv)
{
	(void)super;
	(void)tv;
	return 0;
}

static struct ub_event *
base_new_signal(struct ub_event_base *super, int fd, ub_event_cb *cb, void *arg)
{
	(void)super;
	(void)fd;
	(void)cb;
	(void)arg;
	return NULL;
}

static struct ub_event *
base_register(struct ub_event_base *super, void *wsaevent, ub_event_cb *cb, void *arg)
{
	(void)super;
	(void)wsaevent;
	(void)cb;
	(void)arg;
	return NULL;
}

struct ubase *
ubase_new(struct loop *loop)
{
	static struct ub_event_base_vmt table = { base_free, base_dispatch, base_exit,
		base_new_event, base_new_signal, base_register };
	struct ubase *base = calloc(1, sizeof(*base));

	if (!base)
		return NULL;
	base->super.magic = UB_EVENT_MAGIC;
	base->super.vmt = &table;
	base->loop = loop;
	list_init(&base->events);
	base->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (base->epoll >= 0)
		base->watch = loop_watch_new(loop, base->epoll, LOOP_READ, on_ready, base);
	if (!base->watch)
		return ubase_free(base);
	return base;
}

struct ubase *
ubase_free(struct ubase *base)
{
	if (!base)
		return NULL;
	assert(base->count == 0 && "libunbound still holds events");
	base->watch = loop_watch_free(base->watch);
	if (base->epoll >= 0)
		close(base->epoll);
	free(base);
	return NULL;
}

struct ub_event_base *
ubase_events(struct ubase *base)
{
	return &base->super;
}

size_t
ubase_count(const struct ubase *base)
{
	return base->count;
}

bool
ubase_owns(const struct ubase *base, const struct addr *local)
{
	for (const struct list *it = base->events.next; it != &base->events; it = it->next) {
		const struct event *event = container_of(it, struct event, link);
		struct addr addr;

		if (!event->polled)
			continue;
		listen_address(event->fd, &addr);
		if (addr_equal(&addr, local))
			return true;
	}
	return false;
}
