/*
 * libunbound's event base (unbound-event.h) on our loop.
 *
 * Descriptors live in an epoll set of our own, and the loop watches that one set: libunbound closes
 * and reopens sockets by the thousand, and none of that reaches the loop. Events are taken out of
 * the set one by one, so an event that a callback deleted or freed can never come up stale. Time
 * limits are net/timer.h timers.
 */
#ifndef ENGINE_UBASE_H
#define ENGINE_UBASE_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct ub_event_base;
struct ubase;

enum { UBASE_TURN_MAX = 64 }; /* descriptor events per turn of the loop; the rest waits its turn */

/* NULL: out of memory or descriptors. */
struct ubase *ubase_new(struct loop *loop);

/* All events must be gone before (ub_ctx_delete sees to it). Returns NULL; NULL is allowed. */
struct ubase *ubase_free(struct ubase *base);

/* What ub_ctx_create_ub_event() takes; borrowed. */
struct ub_event_base *ubase_events(struct ubase *base);

/* Events that exist. */
size_t ubase_count(const struct ubase *base);

/* Is it from this address and port that one of libunbound's own sockets speaks now? */
bool ubase_owns(const struct ubase *base, const struct addr *local);

#endif
