#include "stubd/query/blocked.h"

#include "stubd/query/query.h"
#include "stubd/query/resolver.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"

#include <stdio.h>

size_t
blocked_write(struct resolver *resolver, const struct msg_query *msg, size_t limit, uint8_t *out,
    size_t cap, struct query_trace *trace)
{
	static const struct local_answer nothing = { .kind = LOCAL_NODATA, .ttl = BLOCKED_TTL };
	const struct reply_extra extra = { .ede = EDE_FILTERED, .text = BLOCKED_TEXT };
	struct answer *answer;
	size_t len;

	resolver->counters.blocked++;
	if (trace) {
		trace->ede = EDE_FILTERED;
		snprintf(trace->text, sizeof(trace->text), "%s", BLOCKED_TEXT);
	}
	if (answer_from_local(&msg->question, &nothing, &answer) < 0)
		return reply_write_error(out, cap, msg, RCODE_SERVFAIL, &extra);
	answer->aa = false; /* it is nobody's word but ours */
	len = reply_write(out, cap, limit, msg, answer, 0, &extra);
	answer_free(answer);
	return len;
}
