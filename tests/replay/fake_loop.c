#include "tests/replay/fake_loop.h"

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { FAKE_EPOCH_MS = 1000000 };

struct entry {
	struct timer *timer;
	uint64_t started; /* the how manieth start it was */
};

struct loop {
	msec now;
	struct list laters;
	struct entry *entries; /* owned; in no order; timer->slot is the place, from 1 */
	size_t count, cap;
	uint64_t starts;
	bool gathers;
};

/* base/clock has no argument to carry the time in: the one variable of this file. */
static msec clock_ms = FAKE_EPOCH_MS;

uint64_t
clock_monotonic_us(void)
{
	return clock_ms * 1000;
}

/* In the year 2026, and as fast as the other. */
uint64_t
clock_wall_s(void)
{
	return 1790000000 + clock_ms / 1000;
}

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->now = clock_ms = FAKE_EPOCH_MS;
	list_init(&loop->laters);
	return loop;
}

struct loop *
loop_free(struct loop *loop)
{
	if (!loop)
		return NULL;
	free(loop->entries);
	free(loop);
	return NULL;
}

void
loop_gather(struct loop *loop, bool on)
{
	loop->gathers = on; /* a turn takes no time here: it is only kept */
}

bool
fake_loop_gathers(const struct loop *loop)
{
	return loop->gathers;
}

msec
loop_now(const struct loop *loop)
{
	return loop->now;
}

/* --- timers ----------------------------------------------------------------------------------- */

void
timer_init(struct timer *timer, struct loop *loop, timer_cb *cb, void *arg)
{
	*timer = (struct timer){ .loop = loop, .cb = cb, .arg = arg };
}

void
timer_start(struct timer *timer, msec delay)
{
	struct loop *loop = timer->loop;

	timer_stop(timer);
	if (loop->count == loop->cap) {
		loop->cap = loop->cap ? loop->cap * 2 : 64;
		loop->entries = reallocarray(loop->entries, loop->cap, sizeof(*loop->entries));
		if (!loop->entries)
			abort();
	}
	loop->entries[loop->count++] = (struct entry){ timer, loop->starts++ };
	timer->slot = loop->count;
	timer->due = loop->now + delay;
}

void
timer_stop(struct timer *timer)
{
	struct loop *loop = timer->loop;

	if (!timer->slot)
		return;
	loop->entries[timer->slot - 1] = loop->entries[--loop->count];
	loop->entries[timer->slot - 1].timer->slot = timer->slot;
	timer->slot = 0;
}

bool
timer_running(const struct timer *timer)
{
	return timer->slot != 0;
}

/* The first of those started before the start number `before`; NULL: none. */
static struct timer *
first_timer(const struct loop *loop, uint64_t before)
{
	const struct entry *first = NULL;

	for (size_t i = 0; i < loop->count; i++) {
		const struct entry *e = &loop->entries[i];

		if (e->started >= before)
			continue;
		if (!first || e->timer->due < first->timer->due ||
		    (e->timer->due == first->timer->due && e->started < first->started))
			first = e;
	}
	return first ? first->timer : NULL;
}

/* --- deferred calls --------------------------------------------------------------------------- */

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

/* --- turning ---------------------------------------------------------------------------------- */

/* Returns true when there was something to do. */
static bool
turn(struct loop *loop)
{
	const uint64_t before = loop->starts;
	struct timer *timer;
	bool did = false;

	while ((timer = first_timer(loop, before)) && timer->due <= loop->now) {
		timer_stop(timer);
		timer->cb(timer->arg);
		did = true;
	}
	while (!list_empty(&loop->laters)) {
		struct loop_later *later = container_of(loop->laters.next, struct loop_later, link);

		list_remove(&later->link);
		later->cb(later->arg);
		did = true;
	}
	return did;
}

int
fake_loop_settle(struct loop *loop)
{
	for (unsigned i = 0; i < FAKE_TURNS_MAX; i++) {
		if (!turn(loop))
			return 0;
	}
	return -ELOOP;
}

int
fake_loop_pass(struct loop *loop, msec ms)
{
	const msec end = loop->now + ms;
	struct timer *timer;
	int err = fake_loop_settle(loop);

	while (err == 0 && (timer = first_timer(loop, UINT64_MAX)) && timer->due <= end) {
		loop->now = clock_ms = timer->due;
		err = fake_loop_settle(loop);
	}
	loop->now = clock_ms = end;
	return err;
}

size_t
fake_loop_pending(const struct loop *loop)
{
	size_t n = loop->count;

	for (const struct list *it = loop->laters.next; it != &loop->laters; it = it->next)
		n++;
	return n;
}

/* --- what a replay never needs; defined so that the real ones stay out -------------------------- */

void
loop_run(struct loop *loop)
{
	(void)loop;
	abort();
}

void
loop_stop(struct loop *loop)
{
	(void)loop;
	abort();
}

void *
loop_uv(struct loop *loop)
{
	(void)loop;
	abort();
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, int events, loop_watch_cb *cb, void *arg)
{
	(void)loop;
	(void)fd;
	(void)events;
	(void)cb;
	(void)arg;
	abort();
}

void
loop_watch_set(struct loop_watch *watch, int events)
{
	(void)watch;
	(void)events;
	abort();
}

struct loop_watch *
loop_watch_free(struct loop_watch *watch)
{
	(void)watch;
	return NULL;
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_call *cb, void *arg)
{
	(void)loop;
	(void)signo;
	(void)cb;
	(void)arg;
	abort();
}

struct loop_signal *
loop_signal_free(struct loop_signal *sig)
{
	(void)sig;
	return NULL;
}
