/*
 * How long something took, time after time, in a fixed place: a smoothed mean (RFC 6298 section 2.3:
 * one eighth of the newest) and a histogram for quantiles.
 *
 * Buckets are four to a doubling, from TIMES_LEAST on, so that a quantile is right within an eighth.
 * Old times fade: when TIMES_WEIGHT are counted, every bucket is halved.
 */
#ifndef UPSTREAM_TIMES_H
#define UPSTREAM_TIMES_H

#include <stdint.h>

enum {
	TIMES_LEAST = 64,     /* us; what is shorter counts as that */
	TIMES_DOUBLINGS = 18, /* up to 16.8 s; what is longer counts as that */
	TIMES_BUCKETS = 4 * TIMES_DOUBLINGS,
	TIMES_WEIGHT = 1024,
};

struct times {
	uint32_t smooth_us; /* 0: none yet */
	uint32_t n;	    /* that the buckets hold */
	uint16_t buckets[TIMES_BUCKETS];
};

/* The next smoothed time; before: 0: there was none. Never 0. */
uint32_t times_smooth(uint32_t before, uint32_t us);

void times_add(struct times *times, uint32_t us);

/* The time in us that `percent` of them do not exceed (the middle of its bucket); 0: there are none. */
uint32_t times_quantile(const struct times *times, unsigned percent);

#endif
