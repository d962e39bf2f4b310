#include "stubd/upstream/times.h"

#include <stddef.h>

enum { SMOOTH_SHIFT = 3 }; /* 1/8 */

uint32_t
times_smooth(uint32_t before, uint32_t us)
{
	uint32_t smooth = us;

	if (before)
		smooth =
		    (uint32_t)((((uint64_t)before << SMOOTH_SHIFT) - before + us) >> SMOOTH_SHIFT);
	return smooth ? smooth : 1;
}

/* The doubling is the number's length; the quarter of it, the two bits behind its first. */
static size_t
bucket_of(uint32_t us)
{
	const uint32_t x = us < TIMES_LEAST ? 1 << 2 : us / (TIMES_LEAST / 4);
	const unsigned doubling = 29 - (unsigned)__builtin_clz(x);
	const size_t bucket = 4 * doubling + (x >> doubling) % 4;

	return bucket < TIMES_BUCKETS ? bucket : TIMES_BUCKETS - 1;
}

static uint32_t
middle_of(size_t bucket)
{
	return (uint32_t)((2 * (4 + bucket % 4) + 1) * (TIMES_LEAST / 8) << bucket / 4);
}

void
times_add(struct times *times, uint32_t us)
{
	times->smooth_us = times_smooth(times->smooth_us, us);
	times->buckets[bucket_of(us)]++;
	if (++times->n < TIMES_WEIGHT)
		return;
	times->n = 0;
	for (size_t i = 0; i < TIMES_BUCKETS; i++) {
		times->buckets[i] /= 2;
		times->n += times->buckets[i];
	}
}

uint32_t
times_quantile(const struct times *times, unsigned percent)
{
	const uint32_t rank = (times->n * percent + 99) / 100;
	uint32_t seen = 0;
	size_t i = 0;

	if (!times->n)
		return 0;
	while (i < TIMES_BUCKETS - 1 && (seen += times->buckets[i]) < rank)
		i++;
	return middle_of(i);
}
