#include "stubd/engine/ubase.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>
#include <unistd.h>

/* libunbound's side of the table is played by hand. */

static struct fixture {
	struct loop *loop;
	struct ubase *base;
	struct timer guard;
	int pipe[2], other[2];
	bool stuck;
} fix;

struct seen {
	struct ub_event *event, *victim; /* victim: freed by the first call */
	unsigned calls, stop_at;
	short bits;
	msec at;
};

static void
on_guard(void *arg)
{
	(void)arg;
	fix.stuck = true;
	loop_stop(fix.loop);
}

static void
begin(void)
{
	fix.loop = loop_new();
	fix.base = ubase_new(fix.loop);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fix.base);
	CU_ASSERT_EQUAL_FATAL(pipe2(fix.pipe, O_NONBLOCK | O_CLOEXEC), 0);
	CU_ASSERT_EQUAL_FATAL(pipe2(fix.other, O_NONBLOCK | O_CLOEXEC), 0);
	timer_init(&fix.guard, fix.loop, on_guard, NULL);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(ubase_count(fix.base), 0);
	fix.base = ubase_free(fix.base);
	fix.loop = loop_free(fix.loop);
	for (int i = 0; i < 2; i++) {
		close(fix.pipe[i]);
		close(fix.other[i]);
	}
}

/* Runs until a callback stops the loop; false: for limit ms none did. */
static bool
run(msec limit)
{
	fix.stuck = false;
	timer_start(&fix.guard, limit);
	loop_run(fix.loop);
	timer_stop(&fix.guard);
	return !fix.stuck;
}

static void
on_event(int fd, short bits, void *arg)
{
	struct seen *seen = arg;

	(void)fd;
	seen->calls++;
	seen->bits = bits;
	seen->at = loop_now(fix.loop);
	if (seen->victim) {
		seen->victim->vmt->free(seen->victim);
		seen->victim = NULL;
	}
	if (seen->calls == seen->stop_at)
		loop_stop(fix.loop);
}

static void
make(struct seen *seen, int fd, short bits)
{
	struct ub_event_base *base = ubase_events(fix.base);

	*seen = (struct seen){ .stop_at = 1 };
	seen->event = base->vmt->new_event(base, fd, bits, on_event, seen);
	CU_ASSERT_PTR_NOT_NULL_FATAL(seen->event);
}

static void
add(struct seen *seen, long ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	CU_ASSERT_EQUAL(seen->event->vmt->add(seen->event, ms < 0 ? NULL : &tv), 0);
}

static void
drop(struct seen *seen)
{
	seen->event->vmt->free(seen->event);
}

static void
put(int fd)
{
	CU_ASSERT_EQUAL(write(fd, "x", 1), 1);
}

static void
event_fires_once(void)
{
	struct seen seen;

	begin();
	make(&seen, fix.pipe[0], UB_EV_READ);
	add(&seen, -1);
	CU_ASSERT_FALSE(run(20));
	put(fix.pipe[1]);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(seen.bits, UB_EV_READ);
	CU_ASSERT_FALSE(run(20)); /* readable still, but no longer asked for */
	CU_ASSERT_EQUAL(seen.calls, 1);
	add(&seen, -1);
	seen.stop_at = 2;
	CU_ASSERT_TRUE(run(2000));
	drop(&seen);
	end();
}

static void
persistent_event_goes_on(void)
{
	struct seen seen;

	begin();
	put(fix.pipe[1]);
	make(&seen, fix.pipe[0], UB_EV_READ | UB_EV_PERSIST);
	seen.stop_at = 10 * UBASE_TURN_MAX;
	add(&seen, -1);
	CU_ASSERT_TRUE(run(5000));
	seen.event->vmt->del(seen.event);
	CU_ASSERT_EQUAL(seen.calls, 10 * UBASE_TURN_MAX);
	CU_ASSERT_FALSE(run(20));
	CU_ASSERT_EQUAL(seen.calls, 10 * UBASE_TURN_MAX);
	drop(&seen);
	end();
}

static void
writing_end_is_writable(void)
{
	struct seen seen;

	begin();
	make(&seen, fix.pipe[0], UB_EV_READ);
	seen.event->vmt->set_fd(seen.event, fix.pipe[1]);
	seen.event->vmt->del_bits(seen.event, UB_EV_READ);
	seen.event->vmt->add_bits(seen.event, UB_EV_WRITE);
	add(&seen, -1);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(seen.bits, UB_EV_WRITE);
	drop(&seen);
	end();
}

static void
hangup_is_learnt_by_reading(void)
{
	struct seen seen;

	begin();
	make(&seen, fix.pipe[0], UB_EV_READ);
	add(&seen, -1);
	close(fix.pipe[1]);
	fix.pipe[1] = dup(fix.pipe[0]);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(seen.bits, UB_EV_READ);
	drop(&seen);
	end();
}

static void
freed_event_never_fires(void)
{
	struct seen one, two;

	begin();
	put(fix.pipe[1]);
	put(fix.other[1]);
	make(&one, fix.pipe[0], UB_EV_READ);
	make(&two, fix.other[0], UB_EV_READ);
	one.victim = two.event;
	two.victim = one.event;
	add(&one, 0); /* both are ready, and both are due */
	add(&two, 0);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_FALSE(run(20));
	CU_ASSERT_EQUAL(one.calls + two.calls, 1);
	drop(one.calls ? &one : &two);
	end();
}

static void
event_may_free_itself(void)
{
	struct seen ready, late;

	begin();
	put(fix.pipe[1]);
	make(&ready, fix.pipe[0], UB_EV_READ | UB_EV_PERSIST);
	make(&late, -1, 0);
	ready.victim = ready.event;
	late.victim = late.event;
	add(&ready, 1000);
	add(&late, 10);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(ready.calls, 1);
	CU_ASSERT_EQUAL(late.calls, 1);
	CU_ASSERT_EQUAL(late.bits, UB_EV_TIMEOUT);
	end();
}

static void
time_limit_fires_when_nothing_comes(void)
{
	struct seen seen;
	msec from;

	begin();
	make(&seen, fix.pipe[0], UB_EV_READ);
	from = loop_now(fix.loop);
	add(&seen, 30);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(seen.bits, UB_EV_TIMEOUT);
	CU_ASSERT_TRUE(seen.at - from >= 30);
	put(fix.pipe[1]);
	CU_ASSERT_FALSE(run(20)); /* the event was over with its time */
	CU_ASSERT_EQUAL(seen.calls, 1);
	add(&seen, 30);
	seen.event->vmt->del(seen.event);
	CU_ASSERT_FALSE(run(60));
	CU_ASSERT_EQUAL(seen.calls, 1);
	drop(&seen);
	end();
}

static void
persistent_time_limit_starts_anew(void)
{
	struct seen seen;
	msec from;

	begin();
	make(&seen, fix.pipe[0], UB_EV_READ | UB_EV_PERSIST);
	seen.stop_at = 3;
	from = loop_now(fix.loop);
	add(&seen, 10);
	CU_ASSERT_TRUE(run(2000));
	CU_ASSERT_EQUAL(seen.bits, UB_EV_TIMEOUT);
	CU_ASSERT_TRUE(seen.at - from >= 30);
	drop(&seen);
	end();
}

static void
timer_of_no_time_fires_in_a_later_turn(void)
{
	struct timeval tv = { 0 };
	struct seen seen, old;

	begin();
	make(&old, fix.pipe[0], UB_EV_READ);
	add(&old, 20);
	make(&seen, fix.pipe[0], UB_EV_READ);
	seen.event->vmt->add_timer(
	    old.event, ubase_events(fix.base), on_event, &seen, &tv); /* instead of all it was */
	CU_ASSERT_EQUAL(seen.calls, 0);
	CU_ASSERT_TRUE(run(2000));
	put(fix.pipe[1]);
	CU_ASSERT_FALSE(run(40));
	CU_ASSERT_EQUAL(seen.calls, 1);
	CU_ASSERT_EQUAL(seen.bits, UB_EV_TIMEOUT);
	CU_ASSERT_EQUAL(old.calls, 0);
	seen.event->vmt->add_timer(seen.event, ubase_events(fix.base), on_event, &seen, &tv);
	seen.event->vmt->del_timer(seen.event);
	CU_ASSERT_FALSE(run(20));
	drop(&old);
	drop(&seen);
	end();
}

static const struct unit_case cases[] = {
	{ "an event fires once", event_fires_once },
	{ "a persistent event goes on until deleted", persistent_event_goes_on },
	{ "descriptor and bits may change", writing_end_is_writable },
	{ "a hang-up is learnt by reading", hangup_is_learnt_by_reading },
	{ "a freed event never fires, ready or due", freed_event_never_fires },
	{ "an event may free itself", event_may_free_itself },
	{ "a time limit fires when nothing comes", time_limit_fires_when_nothing_comes },
	{ "a persistent time limit starts anew", persistent_time_limit_starts_anew },
	{ "a timer of no time fires in a later turn", timer_of_no_time_fires_in_a_later_turn },
};

UNIT_MAIN("ubase", cases)
