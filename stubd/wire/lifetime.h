/*
 * How long a message may be kept by caches that know nothing of DNS (RFC 8484 section 5.1): no longer
 * than the shortest TTL of its answer; one that says that there is nothing, as long as its SOA says (RFC
 * 2308 section 5).
 */
#ifndef WIRE_LIFETIME_H
#define WIRE_LIFETIME_H

#include <stddef.h>
#include <stdint.h>

/* Seconds; -1: not to be kept at all, since it is an error, tells of no time, or cannot be read. */
int64_t lifetime_of(const uint8_t *bytes, size_t n);

#endif
