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
