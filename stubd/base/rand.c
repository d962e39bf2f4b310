#include "stubd/base/rand.h"

#include <stdlib.h>

void
rand_bytes(void *out, size_t n)
{
	arc4random_buf(out, n);
}

uint16_t
rand_u16(void)
{
	return (uint16_t)arc4random();
}

uint64_t
rand_u64(void)
{
	uint64_t v;

	arc4random_buf(&v, sizeof(v));
	return v;
}

uint32_t
rand_below(uint32_t limit)
{
	return arc4random_uniform(limit);
}
