#include "stubd/net/loop.h"
#include "stubd/net/loop_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

enum {
	LATERS_MAX = 10000, /* calls at the end of one turn; the rest waits for the next */
	QUICK = 6, /* turns of this and the last millisecond, from which on the loop gathers */
};

/* The libuv handle lives on its own: libuv lets go of it a turn after uv_close(), while the watch
 * itself may be freed at once, even in its own callback. */
struct poll {
	uv_poll_t uv; /* first */
	struct loop_watch *watch;
};

struct loop_watch {
	struct poll *poll; /* libuv's memory once closed */
	int events;
	loop_watch_cb *cb;
	void *arg;
};

struct sig {
	uv_signal_t uv; /* first */
	struct loop_signal *owner;
};

struct loop_signal {
	struct sig *sig;
	loop_call *cb;
	void *arg;
};

static void
on_again(uv_idle_t *handle)
{
	uv_idle_stop(handle);
	timers_run(handle->data);
}

void
loop_again(struct loop *loop)
{
	uv_idle_start(&loop->again, on_again);
}

/* Counts a turn. Do they come in quick succession? */
static bool
quick(struct pace *pace, msec now)
{
	if (now != pace->now) {
		pace->before = now == pace->now + 1 ? pace->turns : 0;
		pace->turns = 0;
		pace->now = now;
	}
	pace->turns++;
	return pace->before + pace->turns >= QUICK;
}

static void
gather(struct loop *loop)
{
	static const struct timespec time = { .tv_nsec = LOOP_GATHER * 1000 };

	if (quick(&loop->pace, uv_now(&loop->uv)) && loop->pace.gathers &&
	    list_empty(&loop->laters))
		(void)nanosleep(&time, NULL);
}

void
loop_gather(struct loop *loop, bool on)
{
	loop->pace.gathers = on;
}

static void
on_turn(uv_prepare_t *handle)
{
	struct loop *loop = handle->data;
	unsigned n = 0;

	while (!list_empty(&loop->laters)) {
		struct loop_later *later = container_of(loop->laters.next, struct loop_later, link);

		if (n++ == LATERS_MAX) {
			loop_again(loop);
			break;
		}
		list_remove(&later->link);
		later->cb(later->arg);
	}
	gather(loop);
}

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	if (uv_loop_init(&loop->uv)) {
		free(loop);
		return NULL;
	}
	list_init(&loop->laters);
	timers_init(loop);
	uv_timer_init(&loop->uv, &loop->clock);
	uv_prepare_init(&loop->uv, &loop->turn);
	uv_idle_init(&loop->uv, &loop->again);
	loop->clock.data = loop->turn.data = loop->again.data = loop;
	uv_prepare_start(&loop->turn, on_turn);
	return loop;
}

struct loop *
loop_free(struct loop *loop)
{
	int error;

	if (!loop)
		return NULL;
	on_turn(&loop->turn); /* objects that wait to be freed */
	uv_close((uv_handle_t *)&loop->clock, NULL);
	uv_close((uv_handle_t *)&loop->turn, NULL);
	uv_close((uv_handle_t *)&loop->again, NULL);
	/* A loop_stop() from outside the loop would end the first run before it began. */
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	error = uv_loop_close(&loop->uv);
	assert(!error && "a watch or signal outlives its loop");
	(void)error;
	free(loop->timers.slots);
	free(loop);
	return NULL;
}

void
loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

msec
loop_now(const struct loop *loop)
{
	return uv_now(&loop->uv);
}

void *
loop_uv(struct loop *loop)
{
	return &loop->uv;
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct poll *poll = (struct poll *)handle;
	struct loop_watch *watch = poll->watch;
	int got = 0;

	if (!watch)
		return;
	if (events & UV_READABLE)
		got |= LOOP_READ;
	if (events & UV_WRITABLE)
		got |= LOOP_WRITE;
	/* libuv stops a handle whose socket has an error (an ICMP refusal does that): the owner
	 * learns of the error by reading or writing, and the watch goes on. */
	if (status < 0)
		got = watch->events | LOOP_ERROR;
	watch->cb(watch->arg, got);
	if (status < 0 && poll->watch && poll->watch->events)
		loop_watch_set(poll->watch, poll->watch->events);
}

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, int events, loop_watch_cb *cb, void *arg)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));
	struct poll *poll = calloc(1, sizeof(*poll));

	if (!watch || !poll || uv_poll_init(&loop->uv, &poll->uv, fd)) {
		free(watch);
		free(poll);
		return NULL;
	}
	poll->watch = watch;
	watch->poll = poll;
	watch->cb = cb;
	watch->arg = arg;
	loop_watch_set(watch, events);
	return watch;
}

void
loop_watch_set(struct loop_watch *watch, int events)
{
	int want = 0;

	watch->events = events & (LOOP_READ | LOOP_WRITE);
	if (events & LOOP_READ)
		want |= UV_READABLE;
	if (events & LOOP_WRITE)
		want |= UV_WRITABLE;
	if (want)
		uv_poll_start(&watch->poll->uv, want, on_poll);
	else
		uv_poll_stop(&watch->poll->uv);
}

struct loop_watch *
loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return NULL;
	/* Closed at once, not only stopped: a stale handle would later take away the epoll entry of
	 * whoever got the same descriptor number. */
	watch->poll->watch = NULL;
	uv_close((uv_handle_t *)&watch->poll->uv, free_handle);
	free(watch);
	return NULL;
}

void
loop_later_init(struct loop_later *later, struct loop *loop, loop_call *cb, void *arg)
{
	list_init(&later->link);
	later->loop = loop;
	later->cb = cb;
	later->arg = arg;
}

void
loop_later_start(struct loop_later *later)
{
	if (list_empty(&later->link))
		list_push_back(&later->loop->laters, &later->link);
}

void
loop_later_stop(struct loop_later *later)
{
	list_remove(&later->link);
}

static void
on_signal(uv_signal_t *handle, int signo)
{
	struct loop_signal *owner = ((struct sig *)handle)->owner;

	(void)signo;
	if (owner)
		owner->cb(owner->arg);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_call *cb, void *arg)
{
	struct loop_signal *owner = calloc(1, sizeof(*owner));
	struct sig *sig = calloc(1, sizeof(*sig));

	if (!owner || !sig || uv_signal_init(&loop->uv, &sig->uv)) {
		free(owner);
		free(sig);
		return NULL;
	}
	sig->owner = owner;
	*owner = (struct loop_signal){ .sig = sig, .cb = cb, .arg = arg };
	if (uv_signal_start(&sig->uv, on_signal, signo))
		return loop_signal_free(owner);
	return owner;
}

struct loop_signal *
loop_signal_free(struct loop_signal *owner)
{
	if (!owner)
		return NULL;
	owner->sig->owner = NULL;
	uv_close((uv_handle_t *)&owner->sig->uv, free_handle);
	free(owner);
	return NULL;
}
