/*
 * A client's bytes: reading them, and the error that answers them. Whatever the bytes say, the
 * reply is a whole message that fits 512 octets.
 */
#include "stubd/wire/msg.h"
#include "stubd/wire/reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* Is it a message that ends with its last record? */
static bool
whole(const uint8_t *bytes, size_t n)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	struct msg_rr rr;

	if (h.qdcount) {
		msg_skip_name(&cur);
		rcur_skip(&cur, 4);
	}
	for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount + h.arcount; i++)
		msg_read_rr(&cur, &rr);
	return !cur.bad && rcur_left(&cur) == 0;
}

/* What was read can be asked: it reads back the same. */
static void
ask_again(const struct msg_query *query)
{
	struct msg_ask ask = { .id = query->id, .udp_size = query->udp_size, .pad_to = 128 };
	uint8_t out[512];
	struct msg_query again;
	size_t n = msg_write_query(out, sizeof(out), &query->question, &ask);

	check(n > 0 && n % 128 == 0);
	check(msg_read_query(out, n, &again) == MSG_OK);
	check(name_equal(&again.question.name, &query->question.name));
	check(again.question.type == query->question.type);
	check(again.udp_size == query->udp_size);
}

/* A subnet that is told reads back the same, and so does the reply's. */
static void
tell(const struct msg_query *query)
{
	struct msg_ask ask = {
		.udp_size = 1232, .pad_to = 128, .has_subnet = true, .keepalive = true
	};
	uint8_t out[512];
	struct msg_query again;
	size_t n;

	ask.subnet = subnet_to_tell(&query->subnet);
	n = msg_write_query(out, sizeof(out), &query->question, &ask);
	check(n > 0 && n % 128 == 0);
	check(msg_read_query(out, n, &again) == MSG_OK);
	check(again.has_subnet && !again.breaks_subnet && again.asks_keepalive);
	check(subnet_equal(&again.subnet, &ask.subnet));
	check(again.subnet.source <= SUBNET_IPV6_MOST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned rcodes[] = {
		[MSG_OK] = RCODE_SERVFAIL,
		[MSG_FORMERR] = RCODE_FORMERR,
		[MSG_NOTIMP] = RCODE_NOTIMP,
		[MSG_BADVERS] = RCODE_BADVERS,
	};
	struct reply_extra extra = { .ede = EDE_OTHER, .text = "fuzz" };
	struct msg_query query;
	uint8_t out[512];
	enum msg_verdict verdict = msg_read_query(data, n, &query);
	size_t len;

	if (verdict == MSG_DROP)
		return 0;
	query.keepalive = query.asks_keepalive;
	query.tells_subnet = query.has_subnet && !query.breaks_subnet;
	len = reply_write_error(out, sizeof(out), &query, rcodes[verdict], &extra);
	check(len >= MSG_HEADER && whole(out, len));
	check(out[0] == data[0] && out[1] == data[1] && out[2] & 0x80);
	if (verdict == MSG_OK)
		ask_again(&query);
	if (verdict == MSG_OK && query.tells_subnet)
		tell(&query);
	return 0;
}
