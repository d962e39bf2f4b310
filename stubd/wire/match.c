#include "stubd/wire/match.h"

#include "stubd/wire/msg.h"

#include <string.h>

static bool
failing(uint16_t flags)
{
	unsigned rcode = flags & RCODE_MASK;

	return rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN;
}

/* Reads up to the first record. Returns as match_reply(). */
static const char *
match_head(struct rcur *cur, struct msg_header *h, uint16_t id, const struct question *question)
{
	struct name name;
	uint16_t type, class;
	bool same;

	*h = msg_read_header(cur);
	if (cur->bad)
		return "shorter than a header";
	if (h->id != id)
		return "wrong ID";
	if (!(h->flags & FLAG_QR))
		return "not a response";
	if (h->flags & OPCODE_MASK)
		return "wrong opcode";
	if (h->qdcount > 1)
		return "more than one question";
	if (h->qdcount == 0)
		return failing(h->flags) ? NULL : "no question";
	/* Nearly all repeat it letter by letter. */
	same = rcur_left(cur) >= question->name.len &&
	       memcmp(cur->p, question->name.wire, question->name.len) == 0;
	if (same)
		rcur_skip(cur, question->name.len);
	else
		msg_read_name(cur, &name);
	type = rcur_u16(cur);
	class = rcur_u16(cur);
	if (cur->bad)
		return "broken question";
	if (!same && !name_equal(&name, &question->name))
		return "another name";
	if (type != question->type || class != question->class)
		return "another type or class";
	return NULL;
}

const char *
match_reply(const uint8_t *bytes, size_t n, uint16_t id, const struct question *question)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h;

	return match_head(&cur, &h, id, question);
}

const char *
match_whole(
    const uint8_t *bytes, size_t n, uint16_t id, const struct question *question, struct rcur *opt)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h;
	const char *why = match_head(&cur, &h, id, question);
	unsigned records = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr;

	if (why)
		return why;
	*opt = rcur_make(bytes, 0);
	for (; records && !cur.bad; records--) {
		msg_skip_rr(&cur, &rr);
		if (!cur.bad && rr.type == TYPE_OPT && opt->p == bytes)
			*opt = rcur_make(rr.rdata, rr.rdlen);
	}
	if (cur.bad)
		return "ends within its records";
	return rcur_left(&cur) ? "octets behind its last record" : NULL;
}

bool
match_lacks_edns(const uint8_t *bytes, size_t n)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	unsigned records = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr;

	if (cur.bad || (h.flags & RCODE_MASK) != RCODE_FORMERR)
		return false;
	msg_skip_questions(&cur, &h);
	for (; records && !cur.bad; records--) {
		msg_read_rr(&cur, &rr);
		if (!cur.bad && rr.type == TYPE_OPT)
			return false;
	}
	return !cur.bad;
}
