#include "stubd/wire/answer_same.h"

#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/rdata.h"

#include <string.h>

/* A record, and where to read names of its RDATA. */
struct record {
	struct rcur message;
	struct msg_rr rr;
};

static struct rcur
cursor(const struct record *r)
{
	struct rcur cur = r->message;

	cur.p = r->rr.rdata;
	return cur;
}

static bool
same_octets(struct rcur *a, struct rcur *b, size_t n, size_t m)
{
	const uint8_t *x = rcur_skip(a, n), *y = rcur_skip(b, m);

	return n == m && x && y && memcmp(x, y, n) == 0;
}

/* Names may be compressed in one and not in the other. */
static bool
same_rdata(const struct record *a, const struct record *b)
{
	const struct rdata_layout *layout = rdata_layout_of(a->rr.type, a->rr.class);
	struct rcur x = cursor(a), y = cursor(b);

	if (layout) {
		rdata_skip_head(layout, &x);
		rdata_skip_head(layout, &y);
		if (x.bad || y.bad || x.p - a->rr.rdata != y.p - b->rr.rdata ||
		    memcmp(a->rr.rdata, b->rr.rdata, (size_t)(x.p - a->rr.rdata)) != 0)
			return false;
	}
	for (unsigned i = 0; layout && i < layout->names; i++) {
		struct name m, n;

		msg_read_name(&x, &m);
		msg_read_name(&y, &n);
		if (x.bad || y.bad || !name_equal(&m, &n))
			return false;
	}
	if (x.p > a->rr.rdata + a->rr.rdlen || y.p > b->rr.rdata + b->rr.rdlen)
		return false;
	return same_octets(&x, &y, (size_t)(a->rr.rdata + a->rr.rdlen - x.p),
	    (size_t)(b->rr.rdata + b->rr.rdlen - y.p));
}

/* The first record behind the question. */
static struct rcur
records(const struct answer *answer)
{
	struct rcur cur = rcur_make(answer->wire, answer->len);

	rcur_skip(&cur, MSG_HEADER);
	msg_skip_name(&cur);
	rcur_skip(&cur, 4);
	return cur;
}

static bool
has(const struct answer *answer, const struct record *wanted)
{
	struct record r = { .message = records(answer) };

	for (unsigned n = answer->ancount; n && !r.message.bad; n--) {
		msg_read_rr(&r.message, &r.rr);
		if (!r.message.bad && r.rr.type == wanted->rr.type &&
		    r.rr.class == wanted->rr.class && name_equal(&r.rr.owner, &wanted->rr.owner) &&
		    same_rdata(&r, wanted))
			return true;
	}
	return false;
}

bool
answer_is_of(const struct answer *part, const struct answer *whole)
{
	struct record r = { .message = records(part) };

	for (unsigned n = part->ancount; n; n--) {
		msg_read_rr(&r.message, &r.rr);
		if (r.message.bad || !has(whole, &r))
			return false;
	}
	return true;
}

bool
answer_is_same(const struct answer *a, const struct answer *b)
{
	return a->rcode == b->rcode && answer_is_of(a, b) && answer_is_of(b, a);
}
