#include "stubd/wire/reply.h"
#include "stubd/wire/blocking.h"
#include "stubd/wire/option.h"

#include <assert.h>
#include <string.h>

enum {
	ECHOED = FLAG_RD | FLAG_CD, /* RFC 1035 section 4.1.1, RFC 4035 section 3.2.2 */
	OWN_UDP_SIZE = 1232,	    /* what we say we take */
	OPTION_EDE = 15,	    /* RFC 8914 */
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

static struct opt
opt_make(const struct msg_query *query, unsigned rcode, const struct reply_extra *extra)
{
	struct opt opt = {
		.there = query->edns,
		.extended_rcode = rcode >> 4,
		.dnssec_ok = query->dnssec_ok,
		.ede = EDE_NONE,
		.keepalive = query->keepalive,
	};

	if (extra) {
		opt.kept = extra->kept;
		opt_say(&opt, extra->ede, extra->text);
	}
	return opt;
}

static size_t
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
	return n;
}

static void
write_opt(struct wcur *w, const struct opt *opt)
{
	if (!opt->there)
		return;
	wcur_u8(w, 0);
	wcur_u16(w, TYPE_OPT);
	wcur_u16(w, OWN_UDP_SIZE);
	wcur_u8(w, (uint8_t)opt->extended_rcode);
	wcur_u8(w, 0);
	wcur_u16(w, opt->dnssec_ok ? OPT_DO : 0);
	wcur_u16(w, (uint16_t)(opt_length(opt) - OPT_FIXED));
	if (opt->ede != EDE_NONE) {
		wcur_u16(w, OPTION_EDE);
		wcur_u16(w, (uint16_t)(EDE_CODE + opt->text_len));
		wcur_u16(w, (uint16_t)opt->ede);
		wcur_bytes(w, opt->text, opt->text_len);
	}
	if (opt->kept) {
		wcur_u16(w, OPTION_EDE);
		wcur_u16(w, EDE_CODE);
		wcur_u16(w, EDE_CACHED_ERROR);
	}
	if (opt->keepalive) {
		wcur_u16(w, OPTION_KEEPALIVE);
		wcur_u16(w, 2);
		wcur_u16(w, opt->keepalive);
	}
}

static void
write_header(struct wcur *w, uint16_t id, unsigned flags, bool question, unsigned ancount,
    unsigned nscount, bool opt)
{
	uint8_t *at = wcur_reserve(w, MSG_HEADER);

	if (!at)
		return;
	store_u16(at, id);
	store_u16(at + 2, flags);
	store_u16(at + 4, question);
	store_u16(at + 6, ancount);
	store_u16(at + 8, nscount);
	store_u16(at + 10, opt);
}

static void
write_question(struct wcur *w, const struct msg_query *query)
{
	wcur_bytes(w, query->spelled, query->question.name.len);
	wcur_u16(w, query->question.type);
	wcur_u16(w, query->question.class);
}

/* Question and OPT alone, when there is not room for more. An EDE that does not fit is left out. */
static size_t
write_short(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query, unsigned flags,
    struct opt *opt)
{
	struct wcur w = wcur_make(out, cap);
	bool question = query->question.name.len != 0;

	write_header(&w, query->id, flags, question, 0, 0, opt->there);
	if (question)
		write_question(&w, query);
	if (wcur_len(&w) + opt_length(opt) > limit)
		opt->ede = EDE_NONE;
	write_opt(&w, opt);
	return w.bad ? 0 : wcur_len(&w);
}

/* Takes age off every TTL in out, which holds answer, all of it or without its DNSSEC parts. */
static void
age_ttls(uint8_t *out, const struct answer *answer, uint32_t age, bool dnssec)
{
	size_t hole = dnssec ? 0 : (size_t)answer->authority - answer->answer_dnssec;

	for (size_t i = 0; i < answer->nttls; i++) {
		size_t at = answer->ttls[i];
		uint8_t *p;
		uint32_t ttl;

		if (!dnssec && at >= answer->authority_dnssec)
			return;
		if (!dnssec && at >= answer->answer_dnssec) {
			if (at < answer->authority)
				continue;
			at -= hole;
		}
		p = out + at;
		ttl = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
		ttl = ttl > age ? ttl - age : 0;
		p[0] = (uint8_t)(ttl >> 24);
		p[1] = (uint8_t)(ttl >> 16);
		p[2] = (uint8_t)(ttl >> 8);
		p[3] = (uint8_t)ttl;
	}
}

/* AD tells who asked for it, by DO or AD, that the answer was found authentic (RFC 6840 section
 * 5.7 and 5.8). */
static unsigned
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

size_t
reply_write(uint8_t *out, size_t cap, size_t limit, const struct msg_query *query,
    const struct answer *answer, uint32_t age, const struct reply_extra *extra)
{
	size_t records = MSG_HEADER + (size_t)query->question.name.len + 4;
	bool dnssec = query->dnssec_ok;
	size_t plain = answer->answer_dnssec - records;
	size_t authority = answer->authority_dnssec - answer->authority;
	size_t len = dnssec ? answer->len : records + plain + authority;
	unsigned ancount = answer->ancount, nscount = answer->nscount;
	unsigned flags = flags_of(query, answer);
	struct opt whole = opt_make(query, 0, extra), opt;
	struct wcur w = wcur_make(out, cap);

	assert(answer->answer_dnssec >= records);
	if (limit > cap)
		limit = cap;
	if (answer->recursed && whole.ede == EDE_NONE)
		opt_say(&whole, EDE_OTHER, REPLY_RECURSED);
	if (answer->blocked && whole.ede == EDE_NONE)
		opt_say(&whole, (enum ede)answer->blocked, blocking_text(answer));
	opt = whole;
	if (len + opt_length(&opt) > limit)
		opt.ede = EDE_NONE; /* records matter more */
	if (len + opt_length(&opt) > limit)
		return write_short(out, cap, limit, query, (flags | FLAG_TC) & ~FLAG_AD, &whole);
	if (dnssec) {
		ancount += answer->ancount_dnssec;
		nscount += answer->nscount_dnssec;
	}
	write_header(&w, query->id, flags, true, ancount, nscount, opt.there);
	write_question(&w, query);
	if (dnssec) {
		wcur_bytes(&w, answer->wire + records, answer->len - records);
	} else {
		wcur_bytes(&w, answer->wire + records, plain);
		wcur_bytes(&w, answer->wire + answer->authority, authority);
	}
	write_opt(&w, &opt);
	if (age)
		age_ttls(out, answer, age, dnssec);
	return w.bad ? 0 : wcur_len(&w);
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
