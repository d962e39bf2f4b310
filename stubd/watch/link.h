/*
 * Which network links are there: rtnetlink tells of changes, the netview holds the state
 * (rtnetlink(7)). A link's generation grows each time it appears or comes up again, so that what was
 * learnt over an earlier life of it is never used in a later one.
 */
#ifndef WATCH_LINK_H
#define WATCH_LINK_H

#include "policy/netview.h"

struct loop;
struct link_watch;

/* Called after the netview changed. */
typedef void link_watch_cb(void *arg);

/* Fills netview (borrowed, kept up to date until freed) and watches. Without rtnetlink the first state stays.
 * NULL: out of memory. */
struct link_watch *link_watch_new(
    struct loop *loop, struct netview *netview, link_watch_cb *changed, void *arg);
struct link_watch *link_watch_free(struct link_watch *watch);

#endif
