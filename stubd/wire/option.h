/*
 * EDNS options of a reply (RFC 6891 section 6.1.2), in place: those of its OPT record, wherever among
 * the records that is.
 */
#ifndef WIRE_OPTION_H
#define WIRE_OPTION_H

#include "stubd/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OPTION_SUBNET = 8,     /* RFC 7871 */
	OPTION_KEEPALIVE = 11, /* RFC 7828 */
	OPTION_PADDING = 12,   /* RFC 7830 */
	OPTION_EDE = 15,       /* RFC 8914 */
};

struct option {
	uint16_t code, len;
	const uint8_t *value; /* borrowed */
};

/* The next option of an OPT's RDATA. False: there is none; or it is not whole, and cur is bad. */
bool option_next(struct rcur *cur, struct option *out);

/* The first option with that code, *len octets, borrowed from the message; NULL: there is none, or what
 * is before it is broken. */
const uint8_t *option_find(const uint8_t *reply, size_t n, uint16_t code, size_t *len);

/* The same among an OPT's options. */
const uint8_t *option_among(struct rcur options, uint16_t code, size_t *len);

/* How long the server keeps an idle connection, in units of 100 ms (RFC 7828 section 3.1), by its options.
 * False: it does not say, or not in two octets. */
bool option_keepalive(struct rcur options, uint16_t *out);

#endif
