/*
 * In a network namespace of its own: the loopback link gets routes that lead to the world, or do not.
 */
#include "stubd/engine/families.h"
#include "tests/unit/unit.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
without_a_route_there_is_none(void)
{
	CU_ASSERT_EQUAL(families_routed(), 0);
}

static void
each_family_has_its_own_route(void)
{
	CU_ASSERT_EQUAL_FATAL(system("ip link set lo up && ip route add default dev lo"), 0);
	CU_ASSERT_EQUAL(families_routed(), FAMILY_4);
	CU_ASSERT_EQUAL_FATAL(system("ip -6 addr add 2001:db8::1/128 dev lo nodad && "
				     "ip -6 route add default dev lo"),
	    0);
	CU_ASSERT_EQUAL(families_routed(), FAMILY_4 | FAMILY_6);
	CU_ASSERT_EQUAL_FATAL(system("ip route del default dev lo"), 0);
	CU_ASSERT_EQUAL(families_routed(), FAMILY_6);
}

static void
the_family_that_lacks_is_named(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(families_why(FAMILY_6), "no way to IPv4"));
	CU_ASSERT_PTR_NOT_NULL(strstr(families_why(FAMILY_4), "no way to IPv6"));
	CU_ASSERT_PTR_NULL(strstr(families_why(FAMILY_4 | FAMILY_6), "no way"));
	CU_ASSERT_PTR_NULL(strstr(families_why(0), "no way"));
}

static const struct unit_case cases[] = {
	{ "without a route there is none", without_a_route_there_is_none },
	{ "each family has its own route", each_family_has_its_own_route },
	{ "the family that lacks is named", the_family_that_lacks_is_named },
};

int
main(void)
{
	const int own = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;

	if (unshare(own) < 0) {
		printf("skipped: no network namespace of our own to be had\n");
		return UNIT_SKIPPED;
	}
	return unit_run("families", cases, sizeof(cases) / sizeof(*cases));
}
