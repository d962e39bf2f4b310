#include "stubd/wire/addresses.h"

#include "policy/addr.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

#include <string.h>
#include <sys/socket.h>

size_t
answer_addresses(const struct answer *answer, uint16_t type, struct addr *out, size_t max)
{
	const size_t size = type == TYPE_A ? 4 : 16;
	struct rcur cur = rcur_make(answer->wire, answer->len);
	size_t n = 0;

	rcur_skip(&cur, MSG_HEADER);
	msg_skip_name(&cur);
	rcur_skip(&cur, 4);
	for (unsigned i = answer->ancount; i && n < max; i--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (cur.bad)
			break;
		if (rr.type != type || rr.rdlen != size)
			continue;
		out[n] = (struct addr){ .family = type == TYPE_A ? AF_INET : AF_INET6 };
		memcpy(out[n++].ip, rr.rdata, size);
	}
	return n;
}
