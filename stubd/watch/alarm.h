/*
 * An alarm on the wall clock (timerfd_create(2), CLOCK_REALTIME). It goes by the time that is, also
 * after a suspend, which the loop's timers sleep through, and after the clock was set.
 */
#ifndef WATCH_ALARM_H
#define WATCH_ALARM_H

#include <stdint.h>

struct alarm;
struct loop;

/* The time it is, in seconds since 1970. */
int64_t alarm_now(void);

/* Called when the time has come, and whenever the clock was set while the alarm runs: who owns it looks
 * what time it is and sets it again. */
typedef void alarm_cb(void *arg);

/* NULL: out of memory or descriptors. */
struct alarm *alarm_new(struct loop *loop, alarm_cb *cb, void *arg);
struct alarm *alarm_free(struct alarm *alarm);

/* Goes off once, at that time, at once if it is past; 0 stops it. */
void alarm_set(struct alarm *alarm, int64_t at);

#endif
