/*
 * A call into a loop's thread from any other thread. All else in this room belongs to one thread.
 *
 * Rings that come before the loop has looked are one call.
 */
#ifndef NET_DOORBELL_H
#define NET_DOORBELL_H

#include "stubd/net/loop.h"

struct doorbell;

/* Calls cb(arg) on loop's thread after each ring. NULL: out of memory or file descriptors. */
struct doorbell *doorbell_new(struct loop *loop, loop_call *cb, void *arg);

/* By the loop's own thread, or when that has ended; nobody may ring any more. Returns NULL; NULL is
 * allowed. */
struct doorbell *doorbell_free(struct doorbell *doorbell);

/* By any thread. What it did before is seen by the call. Never blocks. */
void doorbell_ring(struct doorbell *doorbell);

#endif
