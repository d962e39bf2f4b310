#include "stubd/wire/age.h"

#include "stubd/wire/msg.h"

enum { RR_TTL = 6 /* octets of TTL and RDLENGTH, before RDATA */ };

void
age_message(uint8_t *bytes, size_t n, uint32_t seconds)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	unsigned records = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr;

	msg_skip_questions(&cur, &h);
	for (; records && !cur.bad; records--) {
		struct wcur ttl;

		msg_skip_rr(&cur, &rr);
		if (cur.bad || rr.type == TYPE_OPT)
			continue;
		ttl = wcur_make(bytes + (rr.rdata - bytes) - RR_TTL, 4);
		wcur_u32(&ttl, rr.ttl > seconds ? rr.ttl - seconds : 0);
	}
}
