/*
 * The inside of a loop, shared by loop.c and timer.c and nobody else.
 */
#ifndef NET_LOOP_IMPL_H
#define NET_LOOP_IMPL_H

#include "stubd/base/list.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <stddef.h>
#include <uv.h>

enum { TIMER_ROWS = 16 /* delays at a time that have a row; others have none */ };

/* Timers of one delay; the first one ends first. While there are any, `wake` runs: up to when the first
 * ends, or one that was before it and was stopped. */
struct timer_row {
	msec delay;
	struct list timers; /* timer.link */
	struct timer wake;
};

/* A binary heap by due time; slots count from 1, slot 0 of the array is not used. */
struct timer_heap {
	struct timer_row rows[TIMER_ROWS]; /* each in the place of its delay */
	struct timer **slots;		   /* owned */
	size_t count, cap;
	uint64_t armed; /* when the libuv timer fires; UINT64_MAX: it is stopped */
	bool running;	/* timers_run() is on the stack */
};

/* How quickly turns follow each other: those of this millisecond, and of the one before. */
struct pace {
	bool gathers; /* see loop_gather() */
	msec now;
	unsigned turns, before;
};

struct loop {
	uv_loop_t uv;
	uv_timer_t clock;   /* behind all of our timers */
	uv_prepare_t turn;  /* the end of each turn */
	uv_idle_t again;    /* started when work is left, so that the loop does not sleep */
	struct list laters; /* loop_later.link */
	struct timer_heap timers;
	struct pace pace;
};

void timers_init(struct loop *loop);

/* Fires what is due. */
void timers_run(struct loop *loop);

/* Makes the loop turn once more without sleeping, and fire timers then. */
void loop_again(struct loop *loop);

#endif
