/*
 * Unpredictable numbers for message IDs, source ports, hash seeds and draws (RFC 5452 section 9.2).
 * All come from the kernel's generator. Replay tests link another implementation of this header.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint16_t rand_u16(void);
uint64_t rand_u64(void);

/* Uniform in 0..limit-1; limit ≥ 1. */
uint32_t rand_below(uint32_t limit);

#endif
