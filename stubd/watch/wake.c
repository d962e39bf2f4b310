#include "stubd/watch/wake.h"

#include "stubd/base/log.h"
#include "stubd/net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct wake_watch {
	struct loop_watch *watch;
	int fd;
	int64_t asleep; /* ms in all, when it was last looked at */
	wake_watch_cb *cb;
	void *arg;
};

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
asleep_in_all(void)
{
	return read_ms(CLOCK_BOOTTIME) - read_ms(CLOCK_MONOTONIC);
}

bool
wake_slept(int64_t before, int64_t now)
{
	return now - before >= WAKE_SLEPT_MIN;
}

/* Far enough to come by nothing but its cancelling. */
static int
arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = 4LL * INT32_MAX };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void
on_timer(void *arg, int events)
{
	struct wake_watch *w = arg;
	const int64_t asleep = asleep_in_all();
	const bool slept = wake_slept(w->asleep, asleep);
	uint64_t times;

	(void)events;
	if (read(w->fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return;
	w->asleep = asleep;
	if (arm(w->fd) < 0 && errno != ECANCELED)
		loop_watch_set(w->watch, 0);
	w->cb(w->arg, slept);
}

struct wake_watch *
wake_watch_new(struct loop *loop, wake_watch_cb *cb, void *arg)
{
	struct wake_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->cb = cb;
	w->arg = arg;
	w->asleep = asleep_in_all();
	w->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->fd < 0 || arm(w->fd) < 0) {
		log_warn(
		    "timerfd: %s; sleep and a clock that is set go unnoticed", strerror(errno));
		return w;
	}
	w->watch = loop_watch_new(loop, w->fd, LOOP_READ, on_timer, w);
	return w->watch ? w : wake_watch_free(w);
}

struct wake_watch *
wake_watch_free(struct wake_watch *watch)
{
	if (!watch)
		return NULL;
	watch->watch = loop_watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
	return NULL;
}
