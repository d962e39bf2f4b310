/*
 * One-shot timers, embedded in their owner. Starting a running timer moves it; stopping a stopped
 * one is harmless. A timer never fires inside timer_start(), also not with 0 ms. Tens of thousands
 * are cheap: timers of one delay end in the order in which they were started, so they wait in a row, of
 * which there is one for each delay in use; the first of each row, and who found no row free, are in a
 * heap; and one libuv timer is behind that.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include "stubd/base/clock.h"
#include "stubd/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

typedef void timer_cb(void *arg);

#define TIMER_IN_ROW SIZE_MAX

struct timer {
	struct loop *loop; /* borrowed */
	timer_cb *cb;
	void *arg;
	msec due;
	size_t slot; /* place in the loop's heap, counted from 1; TIMER_IN_ROW; 0: not running */
	struct list link; /* in its row, if it is in one */
};

void timer_init(struct timer *timer, struct loop *loop, timer_cb *cb, void *arg);

/* Fires once, delay ms after loop_now(). When the heap cannot grow the process aborts. */
void timer_start(struct timer *timer, msec delay);
void timer_stop(struct timer *timer);
bool timer_running(const struct timer *timer);

#endif
