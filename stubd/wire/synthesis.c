#include "stubd/wire/synthesis.h"

#include "policy/dns64.h"
#include "stubd/wire/answer_build.h"
#include "stubd/wire/label.h"

#include <errno.h>
#include <string.h>

enum { IPV6 = 16 };

/* A cursor before the first record. */
static struct rcur
records(const struct answer *a)
{
	struct rcur cur = rcur_make(a->wire, a->len);

	rcur_skip(&cur, MSG_HEADER);
	msg_skip_name(&cur);
	rcur_skip(&cur, 4);
	return cur;
}

/* Section 5.1.4: nobody is reached at an IPv6 address that is an IPv4 one. */
static bool
is_disguised(const struct msg_rr *rr)
{
	static const uint8_t mapped[] = { [10] = 0xff, [11] = 0xff };

	return rr->type == TYPE_AAAA && rr->rdlen == IPV6 &&
	       memcmp(rr->rdata, mapped, sizeof(mapped)) == 0;
}

bool
answer_has(const struct answer *answer, uint16_t type)
{
	struct rcur cur = records(answer);

	for (unsigned n = answer->ancount; n && !cur.bad; n--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (!cur.bad && rr.type == type && !is_disguised(&rr))
			return true;
	}
	return false;
}

/* Writes what one record becomes; true: an address. */
static bool
translate(struct build *b, struct rcur *cur, const struct prefix *prefix, uint32_t ttl_max)
{
	struct rcur at = *cur;
	struct name owner;
	struct msg_rr rr;
	uint8_t ip[16];
	struct build_rr out;

	msg_read_name_spelled(&at, &owner);
	at = *cur;
	msg_read_rr(&at, &rr);
	if (at.bad || rr.type != TYPE_A) {
		build_copy(b, cur, ttl_max);
		return false;
	}
	*cur = at;
	if (rr.rdlen != sizeof(uint32_t) || !dns64_embed(prefix, rr.rdata, ip))
		return false;
	out = (struct build_rr){
		.owner = &owner,
		.type = TYPE_AAAA,
		.class = rr.class,
		.ttl = rr.ttl < ttl_max ? rr.ttl : ttl_max,
		.rdata = rcur_make(ip, sizeof(ip)),
	};
	build_rr(b, &out);
	return true;
}

int
answer_synthesise(
    const struct answer *a, const struct prefix *prefix, uint32_t ttl_max, struct answer **out)
{
	struct rcur cur = records(a);
	struct question question;
	unsigned addresses = 0;
	struct build b;
	int r = -ENOENT;

	answer_question(a, &question);
	question.type = TYPE_AAAA;
	build_start(&b, &question);
	for (unsigned n = a->ancount; n; n--)
		addresses += translate(&b, &cur, prefix, ttl_max);
	if (addresses)
		r = build_finish(&b, out);
	if (r == 0) {
		(*out)->ttl = b.ttl;
		(*out)->target = a->target;
		(*out)->recursed = a->recursed;
		r = label_pass_on(a, out);
		if (r < 0)
			*out = answer_free(*out);
	}
	return r;
}
