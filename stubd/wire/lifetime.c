#include "stubd/wire/lifetime.h"

#include "stubd/wire/msg.h"

enum { SOA_MINIMUM = 4 /* octets of the last one of a SOA's numbers */ };

static int64_t
shorter(int64_t a, int64_t b)
{
	return a < 0 || b < a ? b : a;
}

/* What a record of the authority section allows. */
static int64_t
denial(const struct msg_rr *rr, int64_t least)
{
	struct rcur minimum;

	if (rr->type != TYPE_SOA || rr->rdlen < SOA_MINIMUM)
		return least;
	minimum = rcur_make(rr->rdata + rr->rdlen - SOA_MINIMUM, SOA_MINIMUM);
	return shorter(shorter(least, rr->ttl), rcur_u32(&minimum));
}

int64_t
lifetime_of(const uint8_t *bytes, size_t n)
{
	struct rcur cur = rcur_make(bytes, n);
	const struct msg_header h = msg_read_header(&cur);
	const unsigned rcode = h.flags & RCODE_MASK;
	int64_t least = -1;
	struct msg_rr rr;

	if (cur.bad || (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN))
		return -1;
	msg_skip_questions(&cur, &h);
	for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount && !cur.bad; i++) {
		msg_skip_rr(&cur, &rr);
		if (cur.bad)
			break;
		least = i < h.ancount ? shorter(least, rr.ttl) : denial(&rr, least);
	}
	return cur.bad ? -1 : least;
}
