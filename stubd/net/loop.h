/*
 * The event loop of one worker thread; libuv inside.
 *
 * Contract of every callback in this room: one thread per loop; callbacks never block; none runs
 * inside the call that registered it; none comes after its stop or close; a callback may free its
 * own object. Replay tests link another implementation of this header and of net/timer.h.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "stubd/base/clock.h"
#include "stubd/base/list.h"

#include <stdbool.h>

struct loop;
struct loop_watch;  /* readiness of a file descriptor */
struct loop_signal; /* a Unix signal */

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };

typedef void loop_watch_cb(
    void *arg, int events); /* LOOP_READ|LOOP_WRITE, LOOP_ERROR beside them */
typedef void loop_call(void *arg);

/* Makes a loop; NULL when out of memory or file descriptors. */
struct loop *loop_new(void);

/* Frees a loop whose watches and timers are all closed: makes the calls that wait for the end of the
 * turn, then runs until libuv has let go of everything. Returns NULL; NULL is allowed. */
struct loop *loop_free(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Whether the loop gathers: while its turns come in quick succession it sleeps for LOOP_GATHER after
 * each, so that what comes meanwhile is handled together, and costs one waking up. Off at first. For
 * when much is under way: a turn is one event's then, and waking up for it costs more than it does. */
enum { LOOP_GATHER = 50 /* µs; the kernel may make it twice as long (prctl(2), timer slack) */ };
void loop_gather(struct loop *loop, bool on);

/* The monotonic clock in ms as read at the start of this turn. */
msec loop_now(const struct loop *loop);

/* The uv_loop_t, for front/http alone (libh2o shares the loop). */
void *loop_uv(struct loop *loop);

/* Watches fd (borrowed, must outlive the watch) for the given events; level-triggered; goes on
 * after errors until stopped. NULL when out of memory. */
struct loop_watch *loop_watch_new(
    struct loop *loop, int fd, int events, loop_watch_cb *cb, void *arg);
void loop_watch_set(struct loop_watch *watch, int events);
struct loop_watch *loop_watch_free(struct loop_watch *watch);

/* A call that runs once, at the end of this turn, before the loop sleeps: to send together what was
 * queued one by one, and to free what is still on the stack. Embedded in its owner. */
struct loop_later {
	struct list link;
	struct loop *loop; /* borrowed */
	loop_call *cb;
	void *arg;
};

void loop_later_init(struct loop_later *later, struct loop *loop, loop_call *cb, void *arg);
void loop_later_start(struct loop_later *later); /* harmless when already waiting */
void loop_later_stop(struct loop_later *later);

/* Calls cb(arg) for each arrival of the signal signo. */
struct loop_signal *loop_signal_new(struct loop *loop, int signo, loop_call *cb, void *arg);
struct loop_signal *loop_signal_free(struct loop_signal *sig);

#endif
