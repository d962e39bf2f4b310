#include "stubd/wire/msg.h"

#include "stubd/wire/option.h"

#include <string.h>

enum {
	UDP_SIZE_MIN = 512,  /* RFC 6891 section 6.2.3: smaller values mean this */
	NAME_HOPS_MAX = 127, /* pointers in one name: no more than it can have labels */
};

/* Where in the message a name is being read. */
struct walk {
	const uint8_t *p;
	const uint8_t *run;    /* start of the labels being read; the next pointer leads below it */
	const uint8_t *resume; /* behind the first pointer; NULL before one */
	unsigned hops;
};

/* Follows the pointer at w->p. Every run of labels must start before the last one, so that no walk
 * returns to where it was. */
static bool
follow(const struct rcur *cur, struct walk *w)
{
	size_t target;

	if (cur->end - w->p < 2)
		return false;
	target = (size_t)(w->p[0] & 0x3f) << 8 | w->p[1];
	if (target < MSG_HEADER || target >= (size_t)(w->run - cur->base))
		return false;
	if (++w->hops > NAME_HOPS_MAX)
		return false;
	if (!w->resume)
		w->resume = w->p + 2;
	w->p = w->run = cur->base + target;
	return true;
}

/* What ends the labels that begin at p: the root or a pointer; NULL on any fault, more labels than a
 * name can have included. */
static const uint8_t *
terminator(const struct rcur *cur, const uint8_t *p)
{
	const size_t left = p < cur->end ? (size_t)(cur->end - p) : 0;
	const size_t n = left < NAME_WIRE_MAX ? left : NAME_WIRE_MAX;

	for (size_t at = 0; at < n; at += (size_t)p[at] + 1)
		if ((uint8_t)(p[at] - 1) >= NAME_LABEL_MAX) /* no label */
			return p[at] == 0 || p[at] >= 0xc0 ? p + at : NULL;
	return NULL;
}

/* Gathers the labels of a name; returns its length or 0 on any fault. */
static size_t
gather(const struct rcur *cur, struct walk *w, uint8_t wire[NAME_WIRE_MAX])
{
	size_t len = 0;

	for (;;) {
		const uint8_t *stop = terminator(cur, w->p);
		size_t run;

		if (!stop)
			return 0;
		run = (size_t)(stop - w->p) + (*stop == 0);
		if (len + run > NAME_WIRE_MAX)
			return 0;
		memcpy(wire + len, w->p, run);
		len += run;
		w->p += run;
		if (*stop == 0)
			return len;
		if (!follow(cur, w))
			return 0;
	}
}

void
msg_read_name_spelled(struct rcur *cur, struct name *out)
{
	struct walk w = { .p = cur->p, .run = cur->p };
	size_t len = cur->bad ? 0 : gather(cur, &w, out->wire);
	if (!len) {
		cur->bad = true;
		out->len = 1;
		out->wire[0] = 0;
		return;
	}
	out->len = (uint8_t)len;
	cur->p = w.resume ? w.resume : w.p;
}

/* Sixteen octets, or eight, that are worked on as one. */
typedef uint8_t octets16 __attribute__((vector_size(16)));
typedef int8_t signed16 __attribute__((vector_size(16)));

/* Lowers the ASCII letters among them: taken less 'A' and the least there is, they alone are below 26 more
 * than that. */
static inline octets16
lower16(octets16 v)
{
	const signed16 place = (signed16)(v - (uint8_t)('A' + 128));

	return v | ((octets16)(place < -128 + 26) & 0x20);
}

/* The same: 0x80 - 'A' carries into the top bit of an octet from 'A' on, 0x7f - 'Z' from behind 'Z' on;
 * octets that have it already are no letters. */
static inline uint64_t
lower8(uint64_t v)
{
	const uint64_t each = 0x0101010101010101;
	const uint64_t low = v & 0x7f * each;

	return v |
	       ((low + (0x80 - 'A') * each) & ~(low + (0x7f - 'Z') * each) & ~v & 0x80 * each) >> 2;
}

/* One step of lower_copy(). */
static inline void
step16(uint8_t *lowered, uint8_t *spelled, const uint8_t *from)
{
	octets16 v;

	memcpy(&v, from, sizeof(v));
	memcpy(spelled, &v, sizeof(v));
	v = lower16(v);
	memcpy(lowered, &v, sizeof(v));
}

static inline void
step8(uint8_t *lowered, uint8_t *spelled, const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	memcpy(spelled, &v, sizeof(v));
	v = lower8(v);
	memcpy(lowered, &v, sizeof(v));
}

/* Copies a name of n octets as it is, and in lower case. A length octet is at most 63 and so never looks
 * like a letter: the name can be taken as a whole, what is left at its end with some that is done already.
 * from may be one of the others. */
static inline void
lower_copy(uint8_t *lowered, uint8_t *spelled, const uint8_t *from, size_t n)
{
	size_t i = 0;

	if (n >= 16) {
		for (; i + 16 < n; i += 16)
			step16(lowered + i, spelled + i, from + i);
		step16(lowered + n - 16, spelled + n - 16, from + n - 16);
	} else if (n >= 8) {
		step8(lowered, spelled, from);
		step8(lowered + n - 8, spelled + n - 8, from + n - 8);
	} else {
		for (; i < n; i++) {
			const uint8_t c = spelled[i] = from[i];

			lowered[i] = (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
		}
	}
}

void
msg_read_name(struct rcur *cur, struct name *out)
{
	if (!cur->bad && rcur_left(cur) && *cur->p == 0) { /* the root, which every OPT has */
		out->len = 1;
		out->wire[0] = 0;
		cur->p++;
		return;
	}
	msg_read_name_spelled(cur, out);
	lower_copy(out->wire, out->wire, out->wire, out->len);
}

size_t
msg_name_place(const struct rcur *cur)
{
	if (rcur_left(cur) < 2 || cur->p[0] < 0xc0)
		return rcur_offset(cur);
	return (size_t)(cur->p[0] & 0x3f) << 8 | cur->p[1];
}

void
msg_skip_labels(struct rcur *cur)
{
	const uint8_t *stop = cur->bad ? NULL : terminator(cur, cur->p);

	if (!stop || (*stop && cur->end - stop < 2))
		cur->bad = true;
	else
		cur->p = stop + (*stop ? 2 : 1);
}

void
msg_skip_questions(struct rcur *cur, const struct msg_header *header)
{
	for (unsigned i = 0; i < header->qdcount && !cur->bad; i++) {
		msg_skip_name(cur);
		rcur_skip(cur, QUESTION_REST);
	}
}

void
msg_read_rr(struct rcur *cur, struct msg_rr *out)
{
	msg_read_name(cur, &out->owner);
	msg_read_rr_rest(cur, out);
}

/* Once, and with no scope: that is for answers. */
static void
take_subnet(const uint8_t *value, size_t n, struct msg_query *out)
{
	out->breaks_subnet |=
	    out->has_subnet || !subnet_read(value, n, &out->subnet) || out->subnet.scope;
	out->has_subnet = true;
}

/* Reads the options, of which two are for us. False: one is not whole. */
static bool
read_options(const struct msg_rr *opt, struct msg_query *out)
{
	struct rcur cur = rcur_make(opt->rdata, opt->rdlen);
	struct option option;

	while (option_next(&cur, &option)) {
		if (option.code == OPTION_SUBNET)
			take_subnet(option.value, option.len, out);
		if (option.code != OPTION_KEEPALIVE)
			continue;
		out->asks_keepalive = true;
		out->breaks_keepalive |= option.len != 0;
	}
	return !cur.bad;
}

struct msg_opt
msg_opt_of(const struct msg_rr *rr)
{
	const uint8_t *ttl = rr->rdata - 6; /* before it: RDLENGTH; before that: the TTL field */

	return (struct msg_opt){
		.udp_size = rr->class,
		.extended_rcode = ttl[0],
		.version = ttl[1],
		.dnssec_ok = (ttl[2] & 0x80) != 0,
	};
}

/* Takes what the OPT record says. Options of a later version may look different, so they are not
 * judged. */
static enum msg_verdict
take_opt(const struct msg_rr *rr, struct msg_query *out)
{
	struct msg_opt opt = msg_opt_of(rr);

	if (out->edns || rr->owner.len != 1)
		return MSG_FORMERR;
	out->edns = true;
	out->dnssec_ok = opt.dnssec_ok;
	out->udp_size = opt.udp_size < UDP_SIZE_MIN ? UDP_SIZE_MIN : opt.udp_size;
	if (opt.version > 0)
		return MSG_BADVERS;
	return read_options(rr, out) ? MSG_OK : MSG_FORMERR;
}

/* Reads the additional section up to the very end of the message. */
static __attribute__((noinline)) enum msg_verdict
read_additional(struct rcur *cur, unsigned count, struct msg_query *out)
{
	enum msg_verdict verdict = MSG_OK;
	struct msg_rr rr;

	while (count--) {
		msg_read_rr(cur, &rr);
		if (cur->bad)
			return MSG_FORMERR;
		if (rr.type != TYPE_OPT)
			continue;
		verdict = take_opt(&rr, out);
		if (verdict == MSG_FORMERR)
			return verdict;
	}
	return rcur_left(cur) ? MSG_FORMERR : verdict;
}

/* Reads the question. No pointer can be right there, as nothing stands before it: the name is one run of
 * labels, as the client spelled it. */
static bool
read_question(struct rcur *cur, struct msg_query *out)
{
	const uint8_t *spelled = cur->p, *root = terminator(cur, spelled);
	struct question *q = &out->question;

	if (!root || *root != 0 || cur->end - root <= QUESTION_REST)
		return false;
	q->name.len = (uint8_t)(root + 1 - spelled);
	lower_copy(q->name.wire, out->spelled, spelled, q->name.len);
	q->type = load_u16(root + 1);
	q->class = load_u16(root + 3);
	cur->p = root + 1 + QUESTION_REST;
	return true;
}

/* Moves over records. */
static void
skip_records(struct rcur *cur, unsigned count)
{
	struct msg_rr rr;

	while (count-- && !cur->bad) {
		msg_skip_name(cur);
		msg_read_rr_rest(cur, &rr);
	}
}

/* Moves to the additional section of what is no plain question. MSG_OK: it is one all the same, IXFR, which
 * has its client's SOA in the authority section (RFC 1995 section 3); else it is refused as a whole. */
static enum msg_verdict
pass_by(struct rcur *cur, const struct msg_header *h, const struct msg_query *out)
{
	cur->p = cur->base + MSG_HEADER;
	cur->bad = false;
	msg_skip_questions(cur, h);
	skip_records(cur, (unsigned)h->ancount + h->nscount);
	if (h->flags & OPCODE_MASK)
		return MSG_NOTIMP;
	if (out->question.name.len && out->question.type == TYPE_IXFR && !h->ancount)
		return MSG_OK;
	return MSG_FORMERR;
}

enum msg_verdict
msg_read_query(const uint8_t *bytes, size_t n, struct msg_query *out)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	enum msg_verdict verdict = MSG_OK, rest;

	if (cur.bad || h.flags & FLAG_QR)
		return MSG_DROP;
	out->id = h.id;
	out->flags = h.flags;
	out->question.name.len = 0;
	out->edns = out->dnssec_ok = out->asks_keepalive = out->breaks_keepalive = false;
	out->keepalive = 0;
	out->has_subnet = out->breaks_subnet = out->tells_subnet = false;
	out->udp_size = UDP_SIZE_MIN;
	if (h.flags & OPCODE_MASK || h.qdcount != 1 || !read_question(&cur, out) || h.ancount ||
	    h.nscount)
		verdict = pass_by(&cur, &h, out);
	else if (!h.arcount)
		return rcur_left(&cur) ? MSG_FORMERR : MSG_OK;
	/* Of what is refused, too: an error without OPT, to who sent one, says that we know none (RFC 6891
	 * section 7). What cannot be read says nothing. */
	rest = read_additional(&cur, h.arcount, out);
	return verdict == MSG_OK ? rest : verdict;
}

/* Writes the OPT record with, if wanted, the padding option that fills the message up. */
static void
write_opt(struct wcur *w, const struct msg_ask *ask)
{
	const size_t options = (ask->has_subnet ? subnet_size(&ask->subnet) : 0) +
			       (ask->keepalive ? OPTION_HEADER : 0);
	uint8_t *at = wcur_reserve(w, OPT_FIXED);
	size_t padding = 0, length;

	if (!at)
		return;
	if (ask->pad_to) {
		length = wcur_len(w) + options + OPTION_HEADER;
		padding = (ask->pad_to - length % ask->pad_to) % ask->pad_to;
	}
	at[0] = 0;
	store_u16(at + 1, TYPE_OPT);
	store_u16(at + 3, ask->udp_size);
	store_u32(at + 5, ask->dnssec_ok ? OPT_DO : 0);
	store_u16(at + 9, (unsigned)(options + (ask->pad_to ? OPTION_HEADER + padding : 0)));
	if (ask->has_subnet)
		subnet_write(w, &ask->subnet);
	if (ask->keepalive)
		wcur_u32(w, OPTION_KEEPALIVE << 16);
	if (ask->pad_to) {
		wcur_u32(w, OPTION_PADDING << 16 | (uint32_t)padding);
		at = wcur_reserve(w, padding);
		if (at)
			memset(at, 0, padding);
	}
}

size_t
msg_write_query(
    uint8_t *out, size_t cap, const struct question *question, const struct msg_ask *ask)
{
	struct wcur w = wcur_make(out, cap);
	uint8_t *at = wcur_reserve(&w, MSG_HEADER + question->name.len + (size_t)QUESTION_REST);

	if (!at)
		return 0;
	store_u16(at, ask->id);
	store_u16(
	    at + 2, (ask->rd ? FLAG_RD : 0u) | (ask->cd ? FLAG_CD : 0u) | (ask->ad ? FLAG_AD : 0u));
	store_u32(at + 4, 1u << 16); /* one question, no answer */
	store_u32(at + 8, ask->udp_size ? 1 : 0);
	at += MSG_HEADER;
	memcpy(at, question->name.wire, question->name.len);
	at += question->name.len;
	store_u16(at, question->type);
	store_u16(at + 2, question->class);
	if (ask->udp_size)
		write_opt(&w, ask);
	return w.bad ? 0 : wcur_len(&w);
}
