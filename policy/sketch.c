#include "policy/sketch.h"

enum { RUN_MAX = 64 - SKETCH_BITS + 1 };

void
sketch_add(struct sketch *sketch, uint64_t hash)
{
	uint8_t *run = &sketch->runs[hash >> (64 - SKETCH_BITS)];
	/* The lowest bit that is set behind the rest ends a run of zeros only. */
	const uint64_t rest = hash << SKETCH_BITS | (uint64_t)1 << (SKETCH_BITS - 1);
	const uint8_t seen = (uint8_t)(__builtin_clzll(rest) + 1);

	if (seen > *run)
		*run = seen;
}

void
sketch_merge(struct sketch *into, const struct sketch *from)
{
	for (unsigned i = 0; i < SKETCH_REGISTERS; i++) {
		if (from->runs[i] > into->runs[i])
			into->runs[i] = from->runs[i];
	}
}

/* x + sum of x^(2^k) * 2^(k-1) over k = 1, 2, ...: what empty registers stand for. x below 1. */
static double
sigma(double x)
{
	double sum = x, before, y = 1;

	do {
		x *= x;
		before = sum;
		sum += x * y;
		y += y;
	} while (sum != before);
	return sum;
}

uint64_t
sketch_count(const struct sketch *sketch)
{
	const double m = SKETCH_REGISTERS, ln2 = 0.69314718055994530942;
	unsigned with[RUN_MAX + 1] = { 0 };
	double z = 0;

	for (unsigned i = 0; i < SKETCH_REGISTERS; i++)
		with[sketch->runs[i]]++;
	if (with[0] == SKETCH_REGISTERS)
		return 0;
	for (unsigned run = RUN_MAX; run > 0; run--)
		z = (z + with[run]) / 2;
	z += m * sigma(with[0] / m);
	return (uint64_t)(m * m / (2 * ln2 * z) + 0.5);
}
