/*
 * Unpredictable numbers for message IDs, hash secrets and the draw's seed (RFC 5452 section 9.2;
 * the kernel chooses source ports). All come from the kernel's generator. Replay tests link another
 * implementation of this header.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint16_t rand_u16(void);

#endif
