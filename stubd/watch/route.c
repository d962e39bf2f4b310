#include "stubd/watch/route.h"

#include "stubd/base/log.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/watch/netlink.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct route_watch {
	struct loop_watch *watch;
	struct timer pause;
	int fd;
	route_watch_cb *changed;
	void *arg;
};

static void
on_message(void *arg, int events)
{
	struct route_watch *w = arg;

	(void)events;
	netlink_drain(w->fd);
	if (!timer_running(&w->pause))
		timer_start(&w->pause, ROUTE_WATCH_PAUSE);
}

static void
on_pause(void *arg)
{
	struct route_watch *w = arg;

	w->changed(w->arg);
}

struct route_watch *
route_watch_new(struct loop *loop, route_watch_cb *changed, void *arg)
{
	struct route_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->changed = changed;
	w->arg = arg;
	timer_init(&w->pause, loop, on_pause, w);
	w->fd = netlink_open(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE | RTMGRP_LINK);
	if (w->fd < 0) {
		log_warn("rtnetlink: %s; changes of the network go unnoticed", strerror(-w->fd));
		return w;
	}
	w->watch = loop_watch_new(loop, w->fd, LOOP_READ, on_message, w);
	return w->watch ? w : route_watch_free(w);
}

struct route_watch *
route_watch_free(struct route_watch *watch)
{
	if (!watch)
		return NULL;
	timer_stop(&watch->pause);
	watch->watch = loop_watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
	return NULL;
}
