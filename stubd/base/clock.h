/*
 * Time. The loop reads the monotonic clock once a turn (net/loop); everything else gets its time as
 * an argument. The wall clock is read only by the libraries that check certificates and signatures.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef uint64_t msec; /* milliseconds; a point on the loop's clock, or a length of time */

/* Microseconds of CLOCK_MONOTONIC, for measuring only. */
uint64_t clock_monotonic_us(void);

#endif
