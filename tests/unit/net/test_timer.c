#include "stubd/net/timer.h"
#include "stubd/net/loop.h"
#include "stubd/net/loop_impl.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { MANY = 2000, CROWD = 200 };

struct shot {
	struct timer timer;
	struct world *world;
	msec wanted;
	int fired;
};

struct world {
	struct loop *loop;
	struct shot shots[MANY];
	int fired;
	msec last;
	bool disorder;
	int chain;
	struct timer again, end;
};

static void
on_stop(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

static void
on_shot(void *arg)
{
	struct shot *shot = arg;
	struct world *w = shot->world;

	shot->fired++;
	w->fired++;
	if (shot->wanted < w->last || loop_now(w->loop) < shot->wanted)
		w->disorder = true;
	w->last = shot->wanted;
}

static struct world *
world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->loop = loop_new();
	for (int i = 0; i < MANY; i++) {
		w->shots[i].world = w;
		timer_init(&w->shots[i].timer, w->loop, on_shot, &w->shots[i]);
	}
	timer_init(&w->end, w->loop, on_stop, w);
	return w;
}

static void
world_free(struct world *w)
{
	loop_free(w->loop);
	free(w);
}

static void
shoot(struct world *w, int i, msec delay)
{
	w->shots[i].wanted = loop_now(w->loop) + delay;
	timer_start(&w->shots[i].timer, delay);
}

static void
timers_fire_in_the_order_of_their_times(void)
{
	struct world *w = world_new();

	for (int i = 0; i < MANY; i++)
		shoot(w, i, (msec)(i * 7919 % 50));
	timer_start(&w->end, 60);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->fired, MANY);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

static void
stopped_timers_stay_silent_and_moved_ones_fire_once(void)
{
	struct world *w = world_new();

	for (int i = 0; i < MANY; i++)
		shoot(w, i, (msec)(i % 20));
	for (int i = 0; i < MANY; i += 3) {
		timer_stop(&w->shots[i].timer);
		timer_stop(&w->shots[i].timer);
		CU_ASSERT_FALSE(timer_running(&w->shots[i].timer));
	}
	for (int i = 1; i < MANY; i += 3)
		shoot(w, i, 30);
	timer_start(&w->end, 50);
	loop_run(w->loop);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(w->shots[i].fired, i % 3 != 0);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

static void
a_delay_is_kept_where_others_waited_longer(void)
{
	struct world *w = world_new();

	for (int i = 0; i < MANY; i++)
		shoot(w, i, (msec)(4000 + i));
	for (int i = 0; i < MANY; i++)
		timer_stop(&w->shots[i].timer);
	for (int i = 0; i < 40; i++)
		shoot(w, i, (msec)(40 - i));
	timer_start(&w->end, 60);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->fired, 40);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

static void
on_next(void *arg)
{
	struct shot *shot = arg;
	struct world *w = shot->world;

	on_shot(shot);
	if (shot->fired == 1)
		shoot(w, (int)(shot - w->shots), 3);
	else if (shot != &w->shots[MANY - 1])
		timer_stop(&w->shots[MANY - 1].timer);
}

/* Each starts itself anew with the delay of all; the first that ends again stops the last. */
static void
timers_of_one_delay_are_started_and_stopped_while_they_fire(void)
{
	struct world *w = world_new();

	for (int i = 0; i < MANY; i++) {
		timer_init(&w->shots[i].timer, w->loop, on_next, &w->shots[i]);
		shoot(w, i, 3);
	}
	timer_start(&w->end, 30);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->fired, 2 * MANY - 1);
	CU_ASSERT_EQUAL(w->shots[MANY - 1].fired, 1);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

static void
on_round(void *arg)
{
	struct shot *shot = arg;

	on_shot(shot);
	shoot(shot->world, 0, 40);
}

static void
on_second(void *arg)
{
	struct world *w = arg;

	shoot(w, 1, 40);
	timer_start(&w->end, 41);
}

/* The first one is over while the second waits, and starts itself anew behind that. */
static void
a_timer_that_starts_itself_anew_does_not_hold_up_the_next_of_its_delay(void)
{
	struct world *w = world_new();

	timer_init(&w->shots[0].timer, w->loop, on_round, &w->shots[0]);
	timer_init(&w->again, w->loop, on_second, w);
	shoot(w, 0, 40);
	timer_start(&w->again, 20);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->shots[1].fired, 1);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

/* Does something to some timer, whichever that is; with delays of which some share a row. */
static void
meddle(struct world *w)
{
	const int i = (int)(random() % CROWD);

	if (random() % 4)
		shoot(w, i, (msec)(random() % 12 * 3));
	else
		timer_stop(&w->shots[i].timer);
}

static void
on_meddler(void *arg)
{
	struct shot *shot = arg;

	on_shot(shot);
	for (long n = random() % 4; n > 0; n--)
		meddle(shot->world);
}

/* Neither too early nor behind one that is due later, and none is forgotten. */
static void
timers_that_start_and_stop_others_fire_in_their_order(void)
{
	struct world *w = world_new();
	const msec end = loop_now(w->loop) + 300;

	srandom(1);
	for (int i = 0; i < CROWD; i++)
		timer_init(&w->shots[i].timer, w->loop, on_meddler, &w->shots[i]);
	for (int i = 0; i < CROWD; i++)
		meddle(w);
	timer_start(&w->end, 300);
	loop_run(w->loop);
	for (int i = 0; i < CROWD; i++)
		CU_ASSERT(!timer_running(&w->shots[i].timer) || w->shots[i].wanted >= end);
	CU_ASSERT(w->fired > CROWD);
	CU_ASSERT_FALSE(w->disorder);
	world_free(w);
}

static void
on_change_of_mind(void *arg)
{
	struct world *w = arg;

	timer_start(&w->again, 60000);
	timer_stop(&w->again);
	timer_start(&w->end, 0);
}

static void
what_is_started_and_stopped_at_once_wakes_nobody_later(void)
{
	struct world *w = world_new();
	struct timer first;

	timer_init(&first, w->loop, on_change_of_mind, w);
	timer_init(&w->again, w->loop, on_stop, w);
	timer_start(&first, 3);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->loop->timers.count, 0);
	CU_ASSERT_EQUAL(w->loop->timers.armed, UINT64_MAX);
	world_free(w);
}

static void
on_chain(void *arg)
{
	struct world *w = arg;

	if (++w->chain < 1000)
		timer_start(&w->again, 0);
	else
		loop_stop(w->loop);
}

static void
a_timer_of_0_ms_never_fires_inside_its_start_and_does_not_hold_up_the_loop(void)
{
	struct world *w = world_new();

	timer_init(&w->again, w->loop, on_chain, w);
	timer_start(&w->again, 0);
	CU_ASSERT_EQUAL(w->chain, 0);
	shoot(w, 0, 0);
	loop_run(w->loop);
	CU_ASSERT_EQUAL(w->chain, 1000);
	CU_ASSERT_EQUAL(w->fired, 1);
	world_free(w);
}

static const struct unit_case cases[] = {
	{ "timers fire in the order of their times", timers_fire_in_the_order_of_their_times },
	{ "stopped timers stay silent and moved ones fire once",
	    stopped_timers_stay_silent_and_moved_ones_fire_once },
	{ "a delay is kept where others waited longer",
	    a_delay_is_kept_where_others_waited_longer },
	{ "timers of one delay are started and stopped while they fire",
	    timers_of_one_delay_are_started_and_stopped_while_they_fire },
	{ "a timer that starts itself anew does not hold up the next of its delay",
	    a_timer_that_starts_itself_anew_does_not_hold_up_the_next_of_its_delay },
	{ "what is started and stopped at once wakes nobody later",
	    what_is_started_and_stopped_at_once_wakes_nobody_later },
	{ "timers that start and stop others fire in their order",
	    timers_that_start_and_stop_others_fire_in_their_order },
	{ "a timer of 0 ms never fires inside its start and does not hold up the loop",
	    a_timer_of_0_ms_never_fires_inside_its_start_and_does_not_hold_up_the_loop },
};

UNIT_MAIN("net/timer", cases)
