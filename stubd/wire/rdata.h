/*
 * Where domain names stand inside RDATA.
 *
 * A record that moves to another message must not take compression pointers along: they would lead
 * astray. The types that may have been compressed are those of RFC 1035 section 3.3 (they may be
 * compressed again) and those listed in RFC 3597 section 4 (they are written out in full). Of other
 * types the RDATA is opaque.
 */
#ifndef WIRE_RDATA_H
#define WIRE_RDATA_H

#include "stubd/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { RDATA_TAIL_ANY = -1 };

/* head octets, then names, then tail octets. */
struct rdata_layout {
	uint16_t type;
	uint8_t head, names;
	int8_t tail;   /* exactly so many octets, or RDATA_TAIL_ANY */
	bool compress; /* names may be compressed on the way out */
};

/* The layout of a record; NULL: opaque. Types whose meaning depends on the class have one in class
 * IN only. */
const struct rdata_layout *rdata_layout_of(uint16_t type, uint16_t class);

/* Moves the cursor, which is at the RDATA, to its first name or its end; bad when it is broken. */
void rdata_skip_head(const struct rdata_layout *layout, struct rcur *rdata);

#endif
