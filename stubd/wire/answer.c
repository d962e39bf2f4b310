#include "stubd/wire/answer.h"

#include "stubd/wire/answer_build.h"
#include "stubd/wire/blocking.h"
#include "stubd/wire/label.h"
#include "stubd/wire/reply.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* of a SOA that nobody will transfer by, RFC 6303 section 3 */
	SOA_SERIAL = 1,
	SOA_REFRESH = 3600,
	SOA_RETRY = 1200,
	SOA_EXPIRE = 604800,
	SOA_RDATA_MAX = 2 * NAME_WIRE_MAX + 20,
};

const char *
security_text(enum security security)
{
	static const char *const texts[] = {
		[SECURITY_UNCHECKED] = "unchecked",
		[SECURITY_INSECURE] = "insecure",
		[SECURITY_SECURE] = "secure",
		[SECURITY_BOGUS] = "bogus",
		[SECURITY_TRUSTED] = "trusted",
	};

	return texts[security];
}

void
answer_write_header(struct answer *a)
{
	uint8_t *at = a->wire;

	memset(at, 0, MSG_HEADER);
	store_u16(at + 2, FLAG_QR);
	store_u16(at + 4, 1);
	store_u16(at + 6, (unsigned)a->ancount + a->ancount_dnssec);
	store_u16(at + 8, (unsigned)a->nscount + a->nscount_dnssec);
}

void
answer_age(struct answer *a, uint32_t age)
{
	for (size_t i = 0; i < a->nttls; i++) {
		struct rcur r = rcur_make(a->wire + a->ttls[i], 4);
		struct wcur w = wcur_make(a->wire + a->ttls[i], 4);
		const uint32_t ttl = rcur_u32(&r);

		wcur_u32(&w, ttl > age ? ttl - age : 0);
	}
	a->ttl = a->ttl > age ? a->ttl - age : 0;
}

void
answer_set_ttls(struct answer *a, uint32_t ttl)
{
	for (size_t i = 0; i < a->nttls; i++) {
		struct wcur w = wcur_make(a->wire + a->ttls[i], 4);

		wcur_u32(&w, ttl);
	}
	a->ttl = ttl;
}

struct answer *
answer_copy(const struct answer *answer)
{
	struct answer *copy = malloc(answer->size);

	if (!copy)
		return NULL;
	memcpy(copy, answer, answer->size);
	copy->ttls = (uint16_t *)(copy + 1);
	copy->wire = (uint8_t *)(copy->ttls + copy->nttls);
	return copy;
}

int
answer_from_rcode(const struct question *question, uint8_t rcode, struct answer **out)
{
	struct build b;
	struct answer *a;
	int r;

	build_start(&b, question);
	r = build_finish(&b, &a);
	if (r)
		return r;
	a->rcode = rcode & RCODE_MASK;
	a->target = question->name;
	*out = a;
	return 0;
}

/* --- local answers --- */

static void
write_record(struct build *b, const struct question *q, const struct name *owner, uint16_t type,
    uint32_t ttl, const void *rdata, size_t n)
{
	struct build_rr rr = {
		.owner = owner,
		.type = type,
		.class = q->class,
		.ttl = ttl,
		.rdata = rcur_make(rdata, n),
	};

	build_rr(b, &rr);
}

/* The zone that a local denial speaks for. Nobody loads such a zone, so this is a likeness: the name
 * itself when it exists; else its top label, or below arpa what RFC 6303 and RFC 8375 make zones of.
 */
static void
zone_of(const struct question *q, bool exists, struct name *out)
{
	static const struct name arpa = { 6, "\4arpa" };
	static const struct name reverse[] = { { 14, "\7in-addr\4arpa" }, { 10, "\3ip6\4arpa" } };
	unsigned labels = name_labels(&q->name), keep = 1;

	if (name_is_under(&q->name, &arpa))
		keep = 2;
	if (name_is_under(&q->name, &reverse[0]) || name_is_under(&q->name, &reverse[1]))
		keep = 3;
	name_strip(&q->name, exists || labels < keep ? 0 : labels - keep, out);
}

static void
write_soa(struct build *b, const struct question *q, bool exists, uint32_t ttl)
{
	static const struct name nobody = { 16, "\6nobody\7invalid" };
	uint8_t rdata[SOA_RDATA_MAX];
	struct wcur w = wcur_make(rdata, sizeof(rdata));
	struct name zone;

	zone_of(q, exists, &zone);
	wcur_bytes(&w, zone.wire, zone.len);
	wcur_bytes(&w, nobody.wire, nobody.len);
	wcur_u32(&w, SOA_SERIAL);
	wcur_u32(&w, SOA_REFRESH);
	wcur_u32(&w, SOA_RETRY);
	wcur_u32(&w, SOA_EXPIRE);
	wcur_u32(&w, ttl);
	build_part(b, PART_AUTHORITY);
	write_record(b, q, &zone, TYPE_SOA, ttl, rdata, wcur_len(&w));
}

/* Writes the records; returns how many. */
static size_t
write_local(struct build *b, const struct question *q, const struct local_answer *local)
{
	/* RFC 8482 section 4.2 */
	static const uint8_t no_any[] = "\7RFC8482";
	size_t n =
	    local->naddresses < LOCAL_ADDRESSES_MAX ? local->naddresses : LOCAL_ADDRESSES_MAX;

	if (local->kind == LOCAL_HINFO) {
		write_record(b, q, &q->name, TYPE_HINFO, local->ttl, no_any, sizeof(no_any));
		return 1;
	}
	if (local->kind == LOCAL_PTR || local->kind == LOCAL_CNAME) {
		uint16_t type = local->kind == LOCAL_PTR ? TYPE_PTR : TYPE_CNAME;

		write_record(b, q, &q->name, type, local->ttl, local->ptr.wire, local->ptr.len);
		return 1;
	}
	if (local->kind != LOCAL_ADDRESSES || (q->type != TYPE_A && q->type != TYPE_AAAA))
		return 0;
	for (size_t i = 0; i < n; i++)
		write_record(b, q, &q->name, q->type, local->ttl, local->addresses[i],
		    q->type == TYPE_A ? 4 : 16);
	return n;
}

int
answer_from_local(
    const struct question *question, const struct local_answer *local, struct answer **out)
{
	struct build b;
	struct answer *a;
	int r;

	build_start(&b, question);
	if (!write_local(&b, question, local))
		write_soa(&b, question, local->kind != LOCAL_NXDOMAIN, local->ttl);
	r = build_finish(&b, &a);
	if (r)
		return r;
	a->rcode = local->kind == LOCAL_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR;
	a->aa = true;
	a->ttl = local->ttl;
	a->cut = local->kind == LOCAL_CNAME;
	a->target = a->cut ? local->ptr : question->name;
	*out = a;
	return 0;
}

/* --- joining --- */

/* How much a security state promises; a chain promises what its weakest part does. */
static int
strength(enum security security)
{
	static const int strengths[] = {
		[SECURITY_BOGUS] = 0,
		[SECURITY_UNCHECKED] = 1,
		[SECURITY_INSECURE] = 2,
		[SECURITY_TRUSTED] = 3,
		[SECURITY_SECURE] = 4,
	};

	return strengths[security];
}

void
answer_question(const struct answer *a, struct question *out)
{
	struct rcur cur = rcur_make(a->wire, a->len);

	rcur_skip(&cur, MSG_HEADER);
	msg_read_name(&cur, &out->name);
	out->type = rcur_u16(&cur);
	out->class = rcur_u16(&cur);
}

/* Copies all records of one part of an answer. */
static void
copy_part(struct build *b, const struct answer *a, enum build_part part)
{
	struct rcur cur = rcur_make(a->wire, a->len);
	unsigned n;

	switch (part) {
	case PART_ANSWER:
		rcur_skip(&cur, MSG_HEADER);
		msg_skip_name(&cur);
		rcur_skip(&cur, 4);
		n = a->ancount;
		break;
	case PART_ANSWER_DNSSEC:
		rcur_skip(&cur, a->answer_dnssec);
		n = a->ancount_dnssec;
		break;
	case PART_AUTHORITY:
		rcur_skip(&cur, a->authority);
		n = a->nscount;
		break;
	default:
		rcur_skip(&cur, a->authority_dnssec);
		n = a->nscount_dnssec;
		break;
	}
	build_part(b, part);
	while (n-- && !b->out.bad)
		build_copy(b, &cur, ANSWER_TTL_MAX);
}

static void
judge_join(struct answer *const *parts, size_t n, struct answer *a)
{
	const struct answer *last = parts[n - 1];

	a->rcode = last->rcode;
	a->cut = last->cut;
	a->target = last->target;
	a->security = last->security;
	a->ttl = last->ttl;
	a->aa = true;
	for (size_t i = 0; i < n; i++) {
		a->aa = a->aa && parts[i]->aa;
		a->recursed = a->recursed || parts[i]->recursed;
		if (parts[i]->ttl < a->ttl)
			a->ttl = parts[i]->ttl;
		if (strength(parts[i]->security) < strength(a->security))
			a->security = parts[i]->security;
	}
}

int
answer_join(struct answer *const *parts, size_t n, struct answer **out)
{
	struct question question;
	struct build b;
	struct answer *a;
	int r;

	assert(n >= 2 && n <= ANSWER_CHAIN_MAX + 1);
	answer_question(parts[0], &question);
	build_start(&b, &question);
	for (size_t i = 0; i < n; i++)
		copy_part(&b, parts[i], PART_ANSWER);
	for (size_t i = 0; i < n; i++)
		copy_part(&b, parts[i], PART_ANSWER_DNSSEC);
	copy_part(&b, parts[n - 1], PART_AUTHORITY);
	copy_part(&b, parts[n - 1], PART_AUTHORITY_DNSSEC);
	r = build_finish(&b, &a);
	if (r)
		return r;
	judge_join(parts, n, a);
	for (size_t i = 0; i < n && r == 0; i++)
		r = label_pass_on(parts[i], &a);
	for (size_t i = 0; i < n && r == 0; i++)
		if (!a->network || parts[i]->network)
			blocking_pass_on(parts[i], &a);
	if (r == 0)
		*out = a;
	else
		answer_free(a);
	return r;
}

int
answer_below(const struct answer *denial, const struct question *question, struct answer **out)
{
	struct build b;
	struct answer *a;
	int r;

	build_start(&b, question);
	assert(denial->rcode == RCODE_NXDOMAIN && !denial->ancount && !denial->ancount_dnssec);
	copy_part(&b, denial, PART_AUTHORITY);
	copy_part(&b, denial, PART_AUTHORITY_DNSSEC);
	r = build_finish(&b, &a);
	if (r)
		return r;
	a->rcode = denial->rcode;
	a->security = denial->security;
	a->recursed = denial->recursed;
	a->ttl = denial->ttl;
	a->target = question->name;
	blocking_pass_on(denial, &a);
	r = label_pass_on(denial, &a);
	if (r == 0)
		*out = a;
	else
		answer_free(a);
	return r;
}

/* --- looking into one --- */

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

bool
answer_reaches(const struct answer *answer, const struct name *name)
{
	struct rcur cur = records(answer);

	if (name_equal(&answer->target, name))
		return true;
	for (unsigned n = answer->ancount; n && !cur.bad; n--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (!cur.bad && name_equal(&rr.owner, name))
			return true;
	}
	return false;
}

int
answer_part(const struct answer *answer, const struct question *question, struct answer **out)
{
	struct msg_query query = { .edns = true, .dnssec_ok = true };
	uint8_t *wire = malloc(MSG_MAX);
	const char *why;
	size_t n;
	int r;

	if (!wire)
		return -ENOMEM;
	answer_question(answer, &query.question);
	memcpy(query.spelled, query.question.name.wire, query.question.name.len);
	n = reply_write(wire, MSG_MAX, MSG_MAX, &query, answer, 0, NULL);
	r = answer_from_reply(wire, n, question, NULL, NULL, out, &why);
	free(wire);
	return r;
}

void
answer_retype(struct answer *answer, uint16_t type)
{
	struct question question;
	uint8_t *at = answer->wire + MSG_HEADER;

	answer_question(answer, &question);
	at[question.name.len] = (uint8_t)(type >> 8);
	at[question.name.len + 1] = (uint8_t)type;
}

bool
answer_cname(const struct answer *answer, const struct name *owner, struct name *target)
{
	struct rcur cur = records(answer);

	for (unsigned n = answer->ancount; n && !cur.bad; n--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_CNAME || !name_equal(&rr.owner, owner))
			continue;
		cur.p = rr.rdata;
		msg_read_name(&cur, target);
		return !cur.bad;
	}
	return false;
}

bool
answer_signed_for(const struct answer *answer, uint32_t *from, uint32_t *until)
{
	struct rcur cur = records(answer);
	struct question question;

	answer_question(answer, &question);
	cur.p = answer->wire + answer->answer_dnssec;
	for (unsigned n = answer->ancount_dnssec; n && !cur.bad; n--) {
		struct msg_rr rr;
		struct rcur rdata;

		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_RRSIG)
			continue;
		rdata = rcur_make(rr.rdata, rr.rdlen);
		if (rcur_u16(&rdata) != question.type)
			continue;
		rcur_skip(&rdata, 6); /* algorithm, labels, original TTL */
		*until = rcur_u32(&rdata);
		*from = rcur_u32(&rdata);
		return !rdata.bad;
	}
	return false;
}

bool
answer_dname(const struct answer *answer, const struct name *name, struct name *owner)
{
	struct rcur cur = records(answer);

	for (unsigned n = answer->ancount; n && !cur.bad; n--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_DNAME || name_equal(&rr.owner, name) ||
		    !name_is_under(name, &rr.owner))
			continue;
		*owner = rr.owner;
		return true;
	}
	return false;
}
