/*
 * Randomness that is the same in every run: it takes the place of base/rand.
 */
#ifndef REPLAY_FAKE_RAND_H
#define REPLAY_FAKE_RAND_H

#include <stdint.h>

/* Starts the sequence anew. */
void fake_rand_seed(uint64_t seed);

#endif
