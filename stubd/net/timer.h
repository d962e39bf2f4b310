/*
 * One-shot timers, embedded in their owner. Starting a running timer moves it; stopping a stopped
 * one is harmless. A timer never fires inside timer_start(), also not with 0 ms. Tens of thousands
 * are cheap: one heap per loop, one libuv timer behind it.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include "stubd/base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct loop;

typedef void timer_cb(void *arg);

struct timer {
	struct loop *loop; /* borrowed */
	timer_cb *cb;
	void *arg;
	msec due;
	size_t slot; /* place in the loop's heap, counted from 1; 0: not running */
};

void timer_init(struct timer *timer, struct loop *loop, timer_cb *cb, void *arg);

/* Fires once, delay ms after loop_now(). When the heap cannot grow the process aborts. */
void timer_start(struct timer *timer, msec delay);
void timer_stop(struct timer *timer);
bool timer_running(const struct timer *timer);

#endif
