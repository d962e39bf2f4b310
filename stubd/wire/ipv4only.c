#include "stubd/wire/ipv4only.h"

#include "policy/dns64.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <string.h>

enum { IPV6 = 16 };

void
ipv4only_question(struct question *out)
{
	static const uint8_t wire[] = "\10ipv4only\4arpa";

	*out = (struct question){ .type = TYPE_AAAA, .class = CLASS_IN };
	out->name.len = sizeof(wire);
	memcpy(out->name.wire, wire, sizeof(wire));
}

int
ipv4only_read(const uint8_t *wire, size_t len, struct prefix *prefix, uint32_t *ttl)
{
	struct rcur cur = rcur_make(wire, len);
	const struct msg_header header = msg_read_header(&cur);
	uint8_t addresses[IPV4ONLY_MAX][IPV6];
	uint32_t least = UINT32_MAX;
	struct question question;
	struct msg_rr rr;
	size_t n = 0;

	ipv4only_question(&question);
	msg_skip_questions(&cur, &header);
	for (unsigned i = 0; i < header.ancount && !cur.bad && n < IPV4ONLY_MAX; i++) {
		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_AAAA || rr.class != CLASS_IN || rr.rdlen != IPV6 ||
		    !name_equal(&rr.owner, &question.name))
			continue;
		memcpy(addresses[n++], rr.rdata, IPV6);
		least = rr.ttl < least ? rr.ttl : least;
	}
	if (cur.bad)
		return -EBADMSG;
	if ((header.flags & RCODE_MASK) != RCODE_NOERROR ||
	    !dns64_discover((const uint8_t(*)[IPV6])addresses, n, prefix))
		return -ENOENT;
	*ttl = least;
	return 0;
}
