/*
 * In a network namespace of its own addresses come and go on the loopback link and on a bridge, by
 * ip(8), and the kernel is asked what that means.
 */
#include "stubd/net/loop.h"
#include "stubd/net/route.h"
#include "stubd/net/timer.h"
#include "stubd/watch/route.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT = 5000 /* ms until an event that does not come is a failure */ };

static struct addr
address(const char *text)
{
	struct addr addr = { 0 };

	CU_ASSERT_EQUAL(addr_from_text(&addr, text, 53), 0);
	return addr;
}

static void
ip(const char *words)
{
	char command[160];

	snprintf(command, sizeof(command), "ip %s 2>/dev/null", words);
	if (system(command) != 0)
		printf("ip %s failed\n", words);
}

static void
no_route_no_source(void)
{
	const struct addr to = address("192.0.2.1"), from = address("10.1.0.1");
	struct addr source;

	ip("link set lo up");
	CU_ASSERT_EQUAL(route_source(&to, NULL, &source), -ENETUNREACH);
	CU_ASSERT_EQUAL(route_state(&to, NULL, &from), ROUTE_LOST);
}

static void
begin(void)
{
	ip("link set lo up");
	ip("link add br0 type bridge");
	ip("link set br0 up");
	ip("addr add 10.1.0.1/24 dev br0");
	ip("route add 192.0.2.0/24 dev br0");
}

static void
finish(void)
{
	ip("link del br0");
}

static void
a_second_address_of_the_interface_changes_nothing(void)
{
	const struct addr to = address("192.0.2.1");
	struct addr source, other;

	begin();
	CU_ASSERT_EQUAL_FATAL(route_source(&to, NULL, &source), 0);
	CU_ASSERT_EQUAL(source.port, 0);
	CU_ASSERT_EQUAL(source.ip[3], 1);
	ip("addr add 10.1.0.2/24 dev br0");
	ip("route replace 192.0.2.0/24 dev br0 src 10.1.0.2");
	CU_ASSERT_EQUAL_FATAL(route_source(&to, NULL, &other), 0);
	CU_ASSERT_EQUAL(other.ip[3], 2);
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_LIVES);
	ip("addr del 10.1.0.1/24 dev br0");
	ip("addr add 10.1.0.2/24 dev br0"); /* it may have gone with the first */
	ip("route replace 192.0.2.0/24 dev br0");
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_MOVED);
	finish();
}

static void
another_interface_moves_the_way_only_when_it_leads_there(void)
{
	const struct addr to = address("192.0.2.1");
	struct addr source;

	begin();
	CU_ASSERT_EQUAL_FATAL(route_source(&to, NULL, &source), 0);
	ip("link add br1 type bridge");
	ip("link set br1 up");
	ip("addr add 172.17.0.1/16 dev br1");
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_LIVES);
	ip("route add 192.0.2.1/32 dev br1");
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_MOVED);
	ip("route del 192.0.2.1/32 dev br1");
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_LIVES);
	ip("route del 192.0.2.0/24 dev br0");
	CU_ASSERT_EQUAL(route_state(&to, NULL, &source), ROUTE_LOST);
	ip("link del br1");
	finish();
}

static void
on_change(void *arg)
{
	loop_stop(arg);
}

static void
changes_are_told(void)
{
	struct loop *loop = loop_new();
	struct route_watch *watch = route_watch_new(loop, on_change, loop);
	struct timer timeout;

	CU_ASSERT_PTR_NOT_NULL_FATAL(watch);
	timer_init(&timeout, loop, on_change, loop);
	for (int i = 0; i < 2; i++) {
		ip(i ? "addr del 10.9.0.1/32 dev lo" : "addr add 10.9.0.1/32 dev lo");
		timer_start(&timeout, TIMEOUT);
		loop_run(loop);
		CU_ASSERT_TRUE(timer_running(&timeout));
		timer_stop(&timeout);
	}
	route_watch_free(watch);
	loop_free(loop);
}

static const struct unit_case cases[] = {
	{ "no route, no source", no_route_no_source },
	{ "a second address of the interface changes nothing",
	    a_second_address_of_the_interface_changes_nothing },
	{ "another interface moves the way only when it leads there",
	    another_interface_moves_the_way_only_when_it_leads_there },
	{ "changes are told", changes_are_told },
};

int
main(void)
{
	const int own = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;

	if (unshare(own) < 0) {
		printf("skipped: no network namespace of our own to be had\n");
		return UNIT_SKIPPED;
	}
	return unit_run("route", cases, sizeof(cases) / sizeof(*cases));
}
