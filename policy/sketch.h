/*
 * How many distinct things were seen, without remembering any: HyperLogLog. Each thing is given by a
 * 64-bit hash, which has to be keyed by a secret if others choose the things; the first bits choose a
 * register, the register keeps the longest run of zeros that any of the others began with. From the
 * registers nobody can read what was seen; who has the key as well can guess at a thing, and be told
 * "perhaps".
 *
 * Error: SKETCH_ERROR (one standard deviation) from thousands on, less below: a hundred things are
 * counted to within one or two. The estimate is Ertl's ("New cardinality estimation algorithms for
 * HyperLogLog sketches", 2017): one formula for all sizes, without a bias where others change theirs.
 * No more than 2^40 things.
 */
#ifndef POLICY_SKETCH_H
#define POLICY_SKETCH_H

#include <stdint.h>

enum { SKETCH_BITS = 10, SKETCH_REGISTERS = 1 << SKETCH_BITS };

#define SKETCH_ERROR 0.0325 /* 1.04 / sqrt(SKETCH_REGISTERS) */

/* All zeros: nothing was seen. */
struct sketch {
	uint8_t runs[SKETCH_REGISTERS]; /* the longest run, plus 1; 0: none */
};

/* Notes a thing by its hash. Again and again is as once. */
void sketch_add(struct sketch *sketch, uint64_t hash);

/* What either has seen; both by the same key. */
void sketch_merge(struct sketch *into, const struct sketch *from);

/* The estimate, rounded. */
uint64_t sketch_count(const struct sketch *sketch);

#endif
