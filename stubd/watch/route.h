/*
 * Tells that addresses or routes of this machine have changed (rtnetlink(7)). What that means is for
 * others to find out: most changes, a container's bridge or a lease that was renewed, mean nothing.
 */
#ifndef WATCH_ROUTE_H
#define WATCH_ROUTE_H

struct loop;
struct route_watch;

enum { ROUTE_WATCH_PAUSE = 50 /* ms from the first change to the call; changes come in bursts */ };

typedef void route_watch_cb(void *arg);

/* Without rtnetlink it never calls, and says so in the log. NULL: out of memory. */
struct route_watch *route_watch_new(struct loop *loop, route_watch_cb *changed, void *arg);
struct route_watch *route_watch_free(struct route_watch *watch);

#endif
