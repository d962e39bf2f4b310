/*
 * Padding of replies, for who asks over an encrypted transport (RFC 7830): a question with the Padding
 * option has a reply with it, whose length is a multiple of 468 octets (RFC 8467 section 4.1), so that
 * lengths tell less of what was asked.
 */
#ifndef WIRE_PADDING_H
#define WIRE_PADDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PADDING_BLOCK = 468 };

/* Has the message an OPT record with the Padding option? */
bool padding_asked(const uint8_t *bytes, size_t n);

/* How many octets padding_add() adds to a reply; 0: none, since its last record is no OPT, it cannot be
 * read, or it would be too long. */
size_t padding_needed(const uint8_t *bytes, size_t n);

/* Appends them: bytes has room for n + more, more being what padding_needed() said. */
void padding_add(uint8_t *bytes, size_t n, size_t more);

#endif
