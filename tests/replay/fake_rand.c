#include "tests/replay/fake_rand.h"

#include "stubd/base/rand.h"

/* base/rand has no argument to carry it in: the one variable of this file. */
static uint64_t state;

void
fake_rand_seed(uint64_t seed)
{
	state = seed;
}

/* A counter, well mixed: the finaliser is two rounds of multiply and shift. */
static uint64_t
next(void)
{
	uint64_t v = state += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 31) * UINT64_C(0xd6e8feb86659fd93);
	v = (v ^ v >> 29) * UINT64_C(0xa0761d6478bd642f);
	return v ^ v >> 32;
}

uint16_t
rand_u16(void)
{
	return (uint16_t)next();
}

void
rand_bytes(void *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)out)[i] = (uint8_t)next();
}
