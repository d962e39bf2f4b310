/*
 * Tells that the machine has slept, or that its wall clock was set. The kernel cancels a timer on
 * the wall clock in both cases (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), so nothing is polled.
 * Which of the two it was, the clocks say: CLOCK_BOOTTIME goes on during sleep, CLOCK_MONOTONIC does
 * not.
 */
#ifndef WATCH_WAKE_H
#define WATCH_WAKE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct wake_watch;

enum { WAKE_SLEPT_MIN = 2000 /* ms of sleep that count */ };

/* slept: the machine did, since the last call. */
typedef void wake_watch_cb(void *arg, bool slept);

/* Without such timers it never calls, and says so in the log. NULL: out of memory. */
struct wake_watch *wake_watch_new(struct loop *loop, wake_watch_cb *cb, void *arg);
struct wake_watch *wake_watch_free(struct wake_watch *watch);

/* Has the machine slept between two readings of the time that it was asleep in all, in ms? */
bool wake_slept(int64_t before, int64_t now);

#endif
