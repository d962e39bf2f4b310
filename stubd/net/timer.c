#include "stubd/net/timer.h"
#include "stubd/net/loop_impl.h"

#include <stdlib.h>

enum { HEAP_FIRST = 64 };

static void
place(struct timer_heap *heap, size_t slot, struct timer *timer)
{
	heap->slots[slot] = timer;
	timer->slot = slot;
}

static void
sift_up(struct timer_heap *heap, struct timer *timer, size_t slot)
{
	while (slot > 1 && heap->slots[slot / 2]->due > timer->due) {
		place(heap, slot, heap->slots[slot / 2]);
		slot /= 2;
	}
	place(heap, slot, timer);
}

static void
sift_down(struct timer_heap *heap, struct timer *timer, size_t slot)
{
	size_t child;

	while ((child = slot * 2) <= heap->count) {
		if (child < heap->count && heap->slots[child + 1]->due < heap->slots[child]->due)
			child++;
		if (heap->slots[child]->due >= timer->due)
			break;
		place(heap, slot, heap->slots[child]);
		slot = child;
	}
	place(heap, slot, timer);
}

static void
remove_slot(struct timer_heap *heap, size_t slot)
{
	struct timer *last = heap->slots[heap->count];

	heap->slots[slot]->slot = 0;
	heap->count--;
	if (slot > heap->count)
		return;
	if (slot > 1 && heap->slots[slot / 2]->due > last->due)
		sift_up(heap, last, slot);
	else
		sift_down(heap, last, slot);
}

/* Room for one timer more. A timer that could not be started would leave a question unanswered for
 * ever, so running out of memory here ends the process. */
static void
reserve(struct timer_heap *heap)
{
	size_t cap = heap->cap ? heap->cap * 2 : HEAP_FIRST;
	struct timer **slots;

	if (heap->count + 1 < heap->cap)
		return;
	slots = reallocarray(heap->slots, cap, sizeof(struct timer *));
	if (!slots)
		abort();
	heap->slots = slots;
	heap->cap = cap;
}

static void
on_clock(uv_timer_t *handle)
{
	struct loop *loop = handle->data;

	loop->timers.armed = UINT64_MAX;
	timers_run(loop);
}

/* Brings the libuv timer in line with the heap's head. Armed too early is harmless: it fires, finds
 * nothing due and is armed anew. */
static void
arm(struct loop *loop)
{
	struct timer_heap *heap = &loop->timers;
	msec now = uv_now(&loop->uv);

	if (heap->running || !heap->count || heap->slots[1]->due >= heap->armed)
		return;
	heap->armed = heap->slots[1]->due;
	uv_timer_start(&loop->clock, on_clock, heap->armed > now ? heap->armed - now : 0, 0);
}

/* Rows whose timers were all stopped need not be looked at. Told here alone: what is stopped between is most often
 * followed by another of its delay. */
static void
quiet_rows(struct timer_heap *heap)
{
	for (size_t i = 0; i < TIMER_ROWS; i++)
		if (heap->rows[i].wake.slot && list_empty(&heap->rows[i].timers))
			timer_stop(&heap->rows[i].wake);
}

void
timers_run(struct loop *loop)
{
	struct timer_heap *heap = &loop->timers;
	msec now = uv_now(&loop->uv);

	/* As many as there are now: what they start anew with 0 ms must not hold up the turn. */
	heap->running = true;
	for (size_t n = heap->count; n && heap->count && heap->slots[1]->due <= now; n--) {
		struct timer *timer = heap->slots[1];

		remove_slot(heap, 1);
		timer->cb(timer->arg);
	}
	heap->running = false;
	quiet_rows(heap);
	/* libuv would run a timer of 0 ms that is started in its timer phase within that very
	 * phase, again and again; what is due already comes in the next turn instead. */
	if (heap->count && heap->slots[1]->due <= now)
		loop_again(loop);
	else
		arm(loop);
}

/* --- rows ------------------------------------------------------------------------------------- */

static struct timer *
first_of(const struct timer_row *row)
{
	return container_of(row->timers.next, struct timer, link);
}

static void
start_in_heap(struct timer *timer, msec due)
{
	struct timer_heap *heap = &timer->loop->timers;

	reserve(heap);
	timer->due = due;
	heap->count++;
	sift_up(heap, timer, heap->count);
	arm(timer->loop);
}

/* The row is looked at then, unless it is before. */
static void
wake_by(struct timer_row *row, msec due)
{
	if (row->wake.slot && row->wake.due <= due)
		return;
	timer_stop(&row->wake); /* it may still run for another delay */
	start_in_heap(&row->wake, due);
}

/* The time of the first one is over, or of one that was stopped. What is due later has its turn among the
 * timers of other rows; one that has started itself anew may stand behind it, and have the wake for its own. */
static void
on_wake(void *arg)
{
	struct timer_row *row = arg;
	const msec due = row->wake.due;

	while (!list_empty(&row->timers) && first_of(row)->due <= due) {
		struct timer *timer = first_of(row);

		timer_stop(timer);
		timer->cb(timer->arg);
	}
	if (!list_empty(&row->timers))
		wake_by(row, first_of(row)->due);
}

/* The row of a delay, or one that is free for it; NULL: there is none. */
static struct timer_row *
row_for(struct timer_heap *heap, msec delay)
{
	struct timer_row *row = &heap->rows[(delay ^ delay / TIMER_ROWS) % TIMER_ROWS];

	if (!delay || (row->delay != delay && !list_empty(&row->timers)))
		return NULL;
	row->delay = delay;
	return row;
}

void
timers_init(struct loop *loop)
{
	struct timer_heap *heap = &loop->timers;

	heap->armed = UINT64_MAX;
	for (size_t i = 0; i < TIMER_ROWS; i++) {
		list_init(&heap->rows[i].timers);
		timer_init(&heap->rows[i].wake, loop, on_wake, &heap->rows[i]);
	}
}

/* --- for all ---------------------------------------------------------------------------------- */

void
timer_init(struct timer *timer, struct loop *loop, timer_cb *cb, void *arg)
{
	*timer = (struct timer){ .loop = loop, .cb = cb, .arg = arg };
}

void
timer_start(struct timer *timer, msec delay)
{
	struct timer_row *row = row_for(&timer->loop->timers, delay);
	const msec due = uv_now(&timer->loop->uv) + delay;

	timer_stop(timer);
	if (!row) {
		start_in_heap(timer, due);
		return;
	}
	timer->due = due;
	timer->slot = TIMER_IN_ROW;
	list_push_back(&row->timers, &timer->link);
	wake_by(row, due);
}

void
timer_stop(struct timer *timer)
{
	if (timer->slot == TIMER_IN_ROW)
		list_remove(&timer->link);
	else if (timer->slot)
		remove_slot(&timer->loop->timers, timer->slot);
	timer->slot = 0;
}

bool
timer_running(const struct timer *timer)
{
	return timer->slot != 0;
}
