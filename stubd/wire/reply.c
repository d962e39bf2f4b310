#include "stubd/wire/reply.h"
#include "stubd/wire/label.h"
#include "stubd/wire/option.h"

#include <assert.h>
#include <string.h>

enum {
	ECHOED = FLAG_RD | FLAG_CD, /* RFC 1035 section 4.1.1, RFC 4035 section 3.2.2 */
	OWN_UDP_SIZE = 1232,	    /* what we say we take */
	EDE_CODE = 2,		    /* octets of the INFO-CODE */
	EDE_TEXT_MAX = 200,
};

/* The OPT record to write. */
struct opt {
	bool there;
	unsigned extended_rcode;
	bool dnssec_ok;
	enum ede ede;
	const char *text;
	size_t text_len;
	bool kept;
	uint16_t keepalive;
	const struct subnet *subnet; /* NULL: none */
};

/* The length of text, cut at a whole UTF-8 character. */
static size_t
text_length(const char *text)
{
	size_t n = strnlen(text, EDE_TEXT_MAX + 1);

	if (n <= EDE_TEXT_MAX)
		return n;
	n = EDE_TEXT_MAX;
	while (n && (text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
opt_say(struct opt *opt, enum ede ede, const char *text)
{
	opt->ede = ede;
	if (ede == EDE_NONE || !text)
		return;
	opt->text = text;
	opt->text_len = text_length(text);
}

static inline struct opt
opt_make(const struct msg_query *query, unsigned rcode, const struct reply_extra *extra)
{
	struct opt opt = {
		.there = query->edns,
		.extended_rcode = rcode >> 4,
		.dnssec_ok = query->dnssec_ok,
		.ede = EDE_NONE,
		.keepalive = query->keepalive,
		.subnet = query->tells_subnet ? &query->subnet : NULL,
	};

	if (extra) {
		opt.kept = extra->kept;
		opt_say(&opt, extra->ede, extra->text);
	}
	return opt;
}

static inline size_t
opt_length(const struct opt *opt)
{
	size_t n = OPT_FIXED;

	if (!opt->there)
		return 0;
	if (opt->ede != EDE_NONE)
		n += OPTION_HEADER + EDE_CODE + opt->text_len;
	if (opt->kept)
		n += OPTION_HEADER + EDE_CODE;
	if (opt->keepalive)
		n += OPTION_HEADER + 2;
	if (opt->subnet)
		n += subnet_size(opt->subnet);
	return n;
}

/* Writes an option of one number. Returns where it ends. */
static uint8_t *
put_option(uint8_t *at, unsigned code, unsigned value)
{
	store_u16(at, code);
	store_u16(at + 2, 2);
	store_u16(at + 4, value);
	return at + 6;
}

/* Writes the opt_length() octets of an OPT record that is there. */
static void
put_opt(uint8_t *at, const struct opt *opt, size_t length)
{
	at[0] = 0;
	store_u16(at + 1, TYPE_OPT);
	store_u16(at + 3, OWN_UDP_SIZE);
	at[5] = (uint8_t)opt->extended_rcode;
	at[6] = 0;
	store_u16(at + 7, opt->dnssec_ok ? OPT_DO : 0);
	store_u16(at + 9, (unsigned)(length - OPT_FIXED));
	at += OPT_FIXED;
	if (opt->ede != EDE_NONE) {
		store_u16(at, OPTION_EDE);
		store_u16(at + 2, (unsigned)(EDE_CODE + opt->text_len));
		store_u16(at + 4, (unsigned)opt->ede);
		if (opt->text_len)
			memcpy(at + 6, opt->text, opt->text_len);
		at += 6 + opt->text_len;
	}
	if (opt->kept)
		at = put_option(at, OPTION_EDE, EDE_CACHED_ERROR);
	if (opt->keepalive)
		at = put_option(at, OPTION_KEEPALIVE, opt->keepalive);
	if (opt->subnet) {
		struct wcur w = wcur_make(at, subnet_size(opt->subnet));

		subnet_write(&w, opt->subnet);
	}
}

static inline void
put_header(uint8_t *at, uint16_t id, unsigned flags, bool question, unsigned ancount,
    unsigned nscount, bool opt)
{
	store_u16(at, id);
	store_u16(at + 2, flags);
	store_u16(at + 4, question);
	store_u16(at + 6, ancount);
	store_u16(at + 8, nscount);
	store_u16(at + 10, opt);
}

/* Question and OPT alone, when there is not room for more. An EDE that does not fit is left out. */
static size_t
write_short(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query, unsigned flags,
    struct opt *opt)
{
	const struct question *q = &query->question;
	size_t len = MSG_HEADER, opt_len = opt_length(opt);

	if (q->name.len)
		len += (size_t)q->name.len + QUESTION_REST;
	if (len + opt_len > limit) {
		opt->ede = EDE_NONE;
		opt_len = opt_length(opt);
	}
	if (len + opt_len > cap)
		return 0;
	put_header(out, query->id, flags, q->name.len != 0, 0, 0, opt->there);
	if (q->name.len) {
		copy_few(out + MSG_HEADER, query->spelled, q->name.len);
		store_u16(out + len - 4, q->type);
		store_u16(out + len - 2, q->class);
	}
	if (opt->there)
		put_opt(out + len, opt, opt_len);
	return len + opt_len;
}

/* Takes age off every TTL in out, which holds answer, all of it or without its DNSSEC parts. */
static void
age_ttls(uint8_t *out, const struct answer *answer, uint32_t age, bool dnssec)
{
	/* What is left out is between these places, and from `end` on. */
	const size_t from = dnssec ? answer->len : answer->answer_dnssec;
	const size_t to = dnssec ? answer->len : answer->authority;
	const size_t end = dnssec ? answer->len : answer->authority_dnssec;
	const uint16_t *ttls = answer->ttls;
	const size_t n = answer->nttls;

	for (size_t i = 0; i < n && ttls[i] < end; i++) {
		size_t at = ttls[i];
		uint32_t ttl;

		if (at >= from) {
			if (at < to)
				continue;
			at -= to - from;
		}
		ttl = load_u32(out + at);
		store_u32(out + at, ttl > age ? ttl - age : 0);
	}
}

/* AD tells who asked for it, by DO or AD, that the answer was found authentic (RFC 6840 section
 * 5.7 and 5.8). */
static inline __attribute__((always_inline)) unsigned
flags_of(const struct msg_query *query, const struct answer *answer)
{
	unsigned flags = FLAG_QR | FLAG_RA | (query->flags & ECHOED) | answer->rcode;

	if (answer->aa)
		flags |= FLAG_AA;
	if ((answer->security == SECURITY_SECURE || answer->security == SECURITY_TRUSTED) &&
	    (query->dnssec_ok || query->flags & FLAG_AD))
		flags |= FLAG_AD;
	return flags;
}

/* Copies question and records; the question is as it was asked and spelled. */
static void
put_records(uint8_t *out, const struct msg_query *query, const struct answer *answer, bool dnssec)
{
	const size_t plain = answer->answer_dnssec - MSG_HEADER;
	const size_t authority = answer->authority_dnssec - answer->authority;
	const size_t name = query->question.name.len;

	memcpy(out + MSG_HEADER, answer->wire + MSG_HEADER,
	    dnssec ? answer->len - (size_t)MSG_HEADER : plain);
	if (!dnssec && authority)
		memcpy(out + answer->answer_dnssec, answer->wire + answer->authority, authority);
	copy_few(out + MSG_HEADER, query->spelled, name);
	store_u16(out + MSG_HEADER + name, query->question.type);
	store_u16(out + MSG_HEADER + name + 2, query->question.class);
}

/* The OPT record of a reply that is made from an answer. */
static struct opt
opt_of_answer(
    const struct msg_query *query, const struct answer *answer, const struct reply_extra *extra)
{
	struct opt opt = opt_make(query, 0, extra);
	const char *text;
	enum ede said;

	if (opt.ede == EDE_NONE && (answer->recursed || answer->blocked || answer->network)) {
		said = label_ede(answer, &text);
		opt_say(&opt, said, text);
	}
	return opt;
}

/* Writes it behind the len octets of the message, within the limit, if it can be. Records matter more
 * than an EDE. Returns its length, be it written or not. */
static __attribute__((noinline)) size_t
write_opt(uint8_t *out, size_t len, size_t limit, const struct msg_query *query,
    const struct answer *answer, const struct reply_extra *extra)
{
	struct opt opt = opt_of_answer(query, answer, extra);
	size_t n = opt_length(&opt);

	if (len + n > limit) {
		opt.ede = EDE_NONE;
		n = opt_length(&opt);
	}
	if (len + n <= limit)
		put_opt(out + len, &opt, n);
	return n;
}

/* The reply says: come by TCP. */
static __attribute__((noinline)) size_t
write_truncated(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query,
    const struct answer *answer, const struct reply_extra *extra)
{
	struct opt opt = opt_of_answer(query, answer, extra);
	const unsigned flags = (flags_of(query, answer) | FLAG_TC) & ~FLAG_AD;

	return write_short(out, cap, limit, query, flags, &opt);
}

size_t
reply_write(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query,
    const struct answer *answer, uint32_t age, const struct reply_extra *extra)
{
	const bool dnssec = query->dnssec_ok;
	const size_t len =
	    dnssec ? answer->len
		   : (size_t)answer->answer_dnssec + answer->authority_dnssec - answer->authority;
	unsigned ancount = answer->ancount, nscount = answer->nscount;
	size_t opt_len = 0;

	assert(
	    answer->answer_dnssec >= MSG_HEADER + (size_t)query->question.name.len + QUESTION_REST);
	if (limit > cap)
		limit = cap;
	if (query->edns)
		opt_len = write_opt(out, len, limit, query, answer, extra);
	if (len + opt_len > limit)
		return write_truncated(out, cap, limit, query, answer, extra);
	if (dnssec) {
		ancount += answer->ancount_dnssec;
		nscount += answer->nscount_dnssec;
	}
	put_header(out, query->id, flags_of(query, answer), true, ancount, nscount, query->edns);
	put_records(out, query, answer, dnssec);
	if (age)
		age_ttls(out, answer, age, dnssec);
	return len + opt_len;
}

size_t
reply_write_error(uint8_t *out, size_t cap, const struct msg_query *query, unsigned rcode,
    const struct reply_extra *extra)
{
	unsigned flags = FLAG_QR | FLAG_RA | (query->flags & (ECHOED | OPCODE_MASK));
	struct opt opt;

	if (rcode > RCODE_MASK && !query->edns)
		rcode = RCODE_SERVFAIL;
	opt = opt_make(query, rcode, extra);
	return write_short(out, cap, cap, query, flags | (rcode & RCODE_MASK), &opt);
}

size_t
reply_write_truncated(uint8_t *out, size_t cap, const struct msg_query *query)
{
	struct opt opt = opt_make(query, RCODE_NOERROR, NULL);

	return write_short(
	    out, cap, cap, query, FLAG_QR | FLAG_RA | FLAG_TC | (query->flags & ECHOED), &opt);
}
