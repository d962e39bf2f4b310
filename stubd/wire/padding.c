#include "stubd/wire/padding.h"

#include "stubd/wire/msg.h"

#include <string.h>

enum { OPTION_PADDING = 12 };

/* Finds the last record, if it is an OPT that ends the message. Returns its RDATA, or NULL. */
static const uint8_t *
last_opt(const uint8_t *bytes, size_t n, uint16_t *rdlen)
{
	struct rcur cur = rcur_make(bytes, n);
	const struct msg_header h = msg_read_header(&cur);
	unsigned records = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr = { .type = 0 };

	for (unsigned i = 0; i < h.qdcount && !cur.bad; i++) {
		msg_skip_name(&cur);
		rcur_skip(&cur, 4);
	}
	for (; records && !cur.bad; records--)
		msg_skip_rr(&cur, &rr);
	if (cur.bad || rcur_left(&cur) || h.arcount == 0 || rr.type != TYPE_OPT)
		return NULL;
	*rdlen = rr.rdlen;
	return rr.rdata;
}

bool
padding_asked(const uint8_t *bytes, size_t n)
{
	uint16_t rdlen = 0;
	const uint8_t *rdata = last_opt(bytes, n, &rdlen);
	struct rcur options;

	if (!rdata)
		return false;
	options = rcur_make(rdata, rdlen);
	while (!options.bad && rcur_left(&options)) {
		const uint16_t code = rcur_u16(&options);

		rcur_skip(&options, rcur_u16(&options));
		if (code == OPTION_PADDING && !options.bad)
			return true;
	}
	return false;
}

size_t
padding_needed(const uint8_t *bytes, size_t n)
{
	const size_t least = n + OPTION_HEADER;
	const size_t whole = (least + PADDING_BLOCK - 1) / PADDING_BLOCK * PADDING_BLOCK;
	uint16_t rdlen;

	if (whole > MSG_MAX || !last_opt(bytes, n, &rdlen))
		return 0;
	return whole - n;
}

void
padding_add(uint8_t *bytes, size_t n, size_t more)
{
	uint16_t rdlen;
	const uint8_t *rdata = last_opt(bytes, n, &rdlen);
	uint8_t *at = bytes + n;

	if (!rdata || more < OPTION_HEADER)
		return;
	store_u16(bytes + (rdata - bytes) - 2, rdlen + (unsigned)more);
	memset(at, 0, more);
	store_u16(at, OPTION_PADDING);
	store_u16(at + 2, (unsigned)more - OPTION_HEADER);
}
