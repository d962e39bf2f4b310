#include "stubd/wire/option.h"

#include "stubd/wire/msg.h"

bool
option_next(struct rcur *cur, struct option *out)
{
	const uint8_t *at = rcur_left(cur) ? rcur_skip(cur, OPTION_HEADER) : NULL;

	if (!at)
		return false;
	out->code = load_u16(at);
	out->len = load_u16(at + 2);
	out->value = rcur_skip(cur, out->len);
	return !cur->bad;
}

const uint8_t *
option_among(struct rcur options, uint16_t code, size_t *len)
{
	struct option option;

	while (option_next(&options, &option)) {
		if (option.code != code)
			continue;
		*len = option.len;
		return option.value;
	}
	return NULL;
}

const uint8_t *
option_find(const uint8_t *reply, size_t n, uint16_t code, size_t *len)
{
	struct rcur cur = rcur_make(reply, n);
	const struct msg_header h = msg_read_header(&cur);
	unsigned records = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr;

	msg_skip_questions(&cur, &h);
	for (; records && !cur.bad; records--) {
		msg_skip_rr(&cur, &rr);
		if (!cur.bad && rr.type == TYPE_OPT)
			return option_among(rcur_make(rr.rdata, rr.rdlen), code, len);
	}
	return NULL;
}

bool
option_keepalive(struct rcur options, uint16_t *out)
{
	size_t len;
	const uint8_t *value = option_among(options, OPTION_KEEPALIVE, &len);

	if (!value || len != 2)
		return false;
	*out = (uint16_t)(value[0] << 8 | value[1]);
	return true;
}
