#include "stubd/watch/alarm.h"

#include "stubd/net/loop.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct alarm {
	int fd;
	struct loop_watch *watch;
	alarm_cb *cb;
	void *arg;
};

int64_t
alarm_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

/* A clock that was set makes read() fail with ECANCELED: that is an alarm, too. */
static void
on_ready(void *arg, int events)
{
	struct alarm *alarm = arg;
	uint64_t times;

	(void)events;
	if (read(alarm->fd, &times, sizeof(times)) < 0)
		alarm_set(alarm, 0);
	alarm->cb(alarm->arg);
}

struct alarm *
alarm_new(struct loop *loop, alarm_cb *cb, void *arg)
{
	struct alarm *alarm = calloc(1, sizeof(*alarm));

	if (!alarm)
		return NULL;
	alarm->cb = cb;
	alarm->arg = arg;
	alarm->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (alarm->fd >= 0)
		alarm->watch = loop_watch_new(loop, alarm->fd, LOOP_READ, on_ready, alarm);
	return alarm->watch ? alarm : alarm_free(alarm);
}

struct alarm *
alarm_free(struct alarm *alarm)
{
	if (!alarm)
		return NULL;
	loop_watch_free(alarm->watch);
	if (alarm->fd >= 0)
		close(alarm->fd);
	free(alarm);
	return NULL;
}

void
alarm_set(struct alarm *alarm, int64_t at)
{
	const struct itimerspec when = { .it_value = { .tv_sec = at } };

	timerfd_settime(
	    alarm->fd, TFD_TIMER_ABSTIME | (at ? TFD_TIMER_CANCEL_ON_SET : 0), &when, NULL);
}
