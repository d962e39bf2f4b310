/*
 * In a network namespace of its own the loopback link goes up and down, and the watch must see it.
 */
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/watch/link.h"
#include "tests/unit/unit.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT = 5000 /* ms until an event that does not come is a failure */ };

struct scene {
	struct loop *loop;
	struct link_watch *watch;
	struct netview netview;
	struct timer timeout;
	bool changed;
};

static void
set_up(const char *name, bool up)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq req;

	memset(&req, 0, sizeof(req));
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	CU_ASSERT_EQUAL(ioctl(fd, SIOCGIFFLAGS, &req), 0);
	req.ifr_flags = (short)(up ? req.ifr_flags | IFF_UP : req.ifr_flags & ~IFF_UP);
	CU_ASSERT_EQUAL(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

static void
on_change(void *arg)
{
	struct scene *s = arg;

	s->changed = true;
	loop_stop(s->loop);
}

static void
on_timeout(void *arg)
{
	struct scene *s = arg;

	loop_stop(s->loop);
}

/* Runs until the watch tells of a change. */
static bool
wait_for_change(struct scene *s)
{
	s->changed = false;
	timer_start(&s->timeout, TIMEOUT);
	loop_run(s->loop);
	timer_stop(&s->timeout);
	return s->changed;
}

static void
begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	set_up("lo", false);
	s->loop = loop_new();
	timer_init(&s->timeout, s->loop, on_timeout, s);
	s->watch = link_watch_new(s->loop, &s->netview, on_change, s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->watch);
}

static void
finish(struct scene *s)
{
	s->watch = link_watch_free(s->watch);
	s->loop = loop_free(s->loop);
}

static void
a_link_that_comes_up_is_there(void)
{
	struct scene s;

	begin(&s);
	CU_ASSERT_EQUAL(s.netview.nlinks, 0);
	set_up("lo", true);
	CU_ASSERT_TRUE(wait_for_change(&s));
	CU_ASSERT_EQUAL_FATAL(s.netview.nlinks, 1);
	CU_ASSERT_STRING_EQUAL(s.netview.links[0].name, "lo");
	CU_ASSERT_EQUAL(s.netview.links[0].index, if_nametoindex("lo"));
	finish(&s);
}

static void
a_link_that_comes_back_is_of_a_new_generation(void)
{
	struct scene s;
	uint32_t first;

	begin(&s);
	set_up("lo", true);
	CU_ASSERT_TRUE(wait_for_change(&s));
	CU_ASSERT_EQUAL_FATAL(s.netview.nlinks, 1);
	first = s.netview.links[0].generation;
	set_up("lo", false);
	CU_ASSERT_TRUE(wait_for_change(&s));
	CU_ASSERT_EQUAL(s.netview.nlinks, 0);
	set_up("lo", true);
	CU_ASSERT_TRUE(wait_for_change(&s));
	CU_ASSERT_EQUAL_FATAL(s.netview.nlinks, 1);
	CU_ASSERT_NOT_EQUAL(s.netview.links[0].generation, first);
	finish(&s);
}

static const struct unit_case cases[] = {
	{ "a link that comes up is there", a_link_that_comes_up_is_there },
	{ "a link that comes back is of a new generation",
	    a_link_that_comes_back_is_of_a_new_generation },
};

int
main(void)
{
	const int own = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;

	if (unshare(own) < 0) {
		printf("skipped: no network namespace of our own to be had\n");
		return UNIT_SKIPPED;
	}
	return unit_run("link", cases, sizeof(cases) / sizeof(*cases));
}
