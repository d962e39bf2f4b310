#include "stubd/base/clock.h"

#include <time.h>

uint64_t
clock_monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
clock_wall_s(void)
{
	const time_t now = time(NULL);

	return now > 0 ? (uint64_t)now : 0;
}
