/*
 * Time. The loop reads the monotonic clock once a turn (net/loop); everything else gets its time as
 * an argument. The wall clock is read by the libraries that check certificates and signatures, and for
 * the age of the draw, which outlives a start.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef uint64_t msec; /* milliseconds; a point on the loop's clock, or a length of time */

/* Microseconds of CLOCK_MONOTONIC, for measuring only. */
uint64_t clock_monotonic_us(void);

/* Seconds since 1970, as the machine believes. */
uint64_t clock_wall_s(void);

#endif
