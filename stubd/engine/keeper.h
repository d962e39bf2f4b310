/*
 * The keeper: sees that there is a helper process while somebody wants one, and that it is well.
 *
 *	                     killed, crashed, broke the rules,
 *	IDLE ──wanted──► RUNNING ──silent though pinged──► ENDING ──reaped──┬─ its rest is over ──► IDLE
 *	  ▲                                                                 └─► RESTING ──timer──────┘
 *	  └─ in IDLE it is started at once if somebody wants it still
 *
 * Crash: its end of the socket closes, or its pidfd says so. Hang: while somebody waits and nothing came
 * for KEEPER_QUIET ms it is pinged; after KEEPER_PATIENCE ms more without a message it is killed. With
 * nobody waiting there is no timer.
 *
 * The first death is followed by a new start at once, each further one within KEEPER_SOUND ms of life by
 * a rest: KEEPER_REST ms, doubled each time, up to KEEPER_REST_MOST.
 *
 * A helper of another build (engine/edition.h) is ended as soon as it says so, and the next one is not tried before
 * KEEPER_REST_MOST ms: its file may have been written anew in place.
 */
#ifndef ENGINE_KEEPER_H
#define ENGINE_KEEPER_H

#include "stubd/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct engine_config;
struct keeper;
struct loop;
struct message;

enum {
	KEEPER_QUIET = 1000,
	KEEPER_PATIENCE = 1500,
	KEEPER_SOUND = 30000,
	KEEPER_REST = 250,
	KEEPER_REST_MOST = 8000,
};

struct keeper_events {
	/* Does somebody wait for the helper? */
	bool (*wanted)(void *arg);
	/* It takes messages from now on. */
	void (*up)(void *arg);
	/* borrowed for the call. Returns 0, or -EBADMSG: no helper of ours says that. */
	int (*message)(void *arg, const struct message *message);
	/* It is gone, with everything that it had in hand. */
	void (*gone)(void *arg);
};

/* Starts nothing yet. program: a descriptor of our own executable file, or -1; config and events: all
 * borrowed. NULL: out of memory. */
struct keeper *keeper_new(struct loop *loop, int program, const struct engine_config *config,
    const struct keeper_events *events, void *arg);

/* Ends the helper, and waits until it is gone. May be called in its callbacks. Returns NULL; NULL is
 * allowed. */
struct keeper *keeper_free(struct keeper *keeper);

/* Starts a helper if there is none and none is resting. True: it takes messages now; false: `up` comes,
 * not before keeper_until(). */
bool keeper_ready(struct keeper *keeper);

/* Why nothing is to be hoped for from a helper: the last one was of another build. Static; NULL: it was not. */
const char *keeper_stranger(const struct keeper *keeper);

/* Until when the helper rests; 0 when it does not. */
msec keeper_until(const struct keeper *keeper);

/* Sends; only while it is ready. Returns 0, or -ENOBUFS, -ENOMEM, -EMSGSIZE, -EPIPE: it goes no
 * further. */
int keeper_send(struct keeper *keeper, const struct message *message);

/* Ends the helper, since it is of no more use; `gone` comes in this call. */
void keeper_end(struct keeper *keeper, const char *why);

/* Is there a helper? */
bool keeper_running(const struct keeper *keeper);

/* Helpers that were lost. */
uint64_t keeper_restarts(const struct keeper *keeper);

#endif
