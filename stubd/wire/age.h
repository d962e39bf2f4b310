/*
 * The age of an answer: what a cache on its way has kept for a while has that much less time left (RFC
 * 8484 section 5.1, RFC 9111 section 4.2.3).
 */
#ifndef WIRE_AGE_H
#define WIRE_AGE_H

#include <stddef.h>
#include <stdint.h>

/* Lowers the TTL of each record of a message by `seconds`, never below 0, in place; OPT has none. A message
 * that ends early, or breaks, is aged as far as it can be read: whoever reads it gets no further. */
void age_message(uint8_t *bytes, size_t n, uint32_t seconds);

#endif
