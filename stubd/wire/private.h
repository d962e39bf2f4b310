/*
 * Does a record lead to an address of the private network? Addresses stand in A and AAAA records, and
 * as hints in SVCB and HTTPS records (RFC 9460 section 7.3), which clients may use in their place.
 */
#ifndef WIRE_PRIVATE_H
#define WIRE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* rdata[n] is that of a record of class IN, its names not compressed. What cannot be read leads
 * nowhere. */
bool rdata_is_private(uint16_t type, const uint8_t *rdata, size_t n);

#endif
