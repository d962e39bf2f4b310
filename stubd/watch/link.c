#include "stubd/watch/link.h"

#include "stubd/base/log.h"
#include "stubd/net/loop.h"
#include "stubd/watch/netlink.h"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct link_watch {
	struct netview *netview; /* borrowed */
	struct loop_watch *watch;
	int fd;
	uint32_t generation; /* the last one given out */
	link_watch_cb *changed;
	void *arg;
};

static const struct netview_link *
find(const struct netview *view, const char *name, uint32_t index)
{
	for (size_t i = 0; i < view->nlinks; i++) {
		if (view->links[i].index == index && strcmp(view->links[i].name, name) == 0)
			return &view->links[i];
	}
	return NULL;
}

/* Adds a link that is up; known ones keep their generation. Beyond NETVIEW_LINKS_MAX: left out, so that rules
 * that name it fail closed. */
static void
add(struct link_watch *w, struct netview *fresh, const char *name)
{
	const uint32_t index = if_nametoindex(name);
	const struct netview_link *known = find(w->netview, name, index);
	struct netview_link *link;

	if (!index || find(fresh, name, index) || fresh->nlinks == NETVIEW_LINKS_MAX)
		return;
	link = &fresh->links[fresh->nlinks++];
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->index = index;
	link->generation = known ? known->generation : ++w->generation;
}

/* Reads all links anew. Returns true when anything changed. */
static bool
refresh(struct link_watch *w)
{
	struct netview *fresh = calloc(1, sizeof(*fresh));
	struct ifaddrs *all;
	bool changed;

	if (!fresh || getifaddrs(&all) < 0) {
		free(fresh);
		return false;
	}
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		if (a->ifa_flags & IFF_UP)
			add(w, fresh, a->ifa_name);
	}
	freeifaddrs(all);
	changed =
	    fresh->nlinks != w->netview->nlinks ||
	    memcmp(fresh->links, w->netview->links, fresh->nlinks * sizeof(*fresh->links)) != 0;
	memcpy(w->netview->links, fresh->links, sizeof(fresh->links));
	w->netview->nlinks = fresh->nlinks;
	free(fresh);
	return changed;
}

static void
on_message(void *arg, int events)
{
	struct link_watch *w = arg;

	(void)events;
	netlink_drain(w->fd);
	if (refresh(w))
		w->changed(w->arg);
}

struct link_watch *
link_watch_new(struct loop *loop, struct netview *netview, link_watch_cb *changed, void *arg)
{
	struct link_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->netview = netview;
	w->changed = changed;
	w->arg = arg;
	w->fd = netlink_open(RTMGRP_LINK);
	if (w->fd < 0) {
		log_warn("rtnetlink: %s; changes of links go unnoticed", strerror(-w->fd));
	} else {
		w->watch = loop_watch_new(loop, w->fd, LOOP_READ, on_message, w);
		if (!w->watch)
			return link_watch_free(w);
	}
	refresh(w);
	return w;
}

struct link_watch *
link_watch_free(struct link_watch *watch)
{
	if (!watch)
		return NULL;
	watch->watch = loop_watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
	return NULL;
}
