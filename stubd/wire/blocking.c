#include "stubd/wire/blocking.h"

#include "policy/name.h"
#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/option.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 96 };

static bool
is_address(const struct msg_rr *rr)
{
	return rr->class == CLASS_IN && ((rr->type == TYPE_A && rr->rdlen == 4) ||
					    (rr->type == TYPE_AAAA && rr->rdlen == 16));
}

static bool
is_unspecified(const struct msg_rr *rr)
{
	static const uint8_t nowhere[16];

	return memcmp(rr->rdata, nowhere, rr->rdlen) == 0;
}

/* The first error among the options that is one of blocking. */
static enum ede
of_options(const struct msg_rr *opt, unsigned rcode)
{
	struct rcur cur = rcur_make(opt->rdata, opt->rdlen);
	struct option option;

	while (option_next(&cur, &option)) {
		unsigned ede;

		if (option.code != OPTION_EDE || option.len < 2)
			continue;
		ede = load_u16(option.value);
		if (ede >= EDE_BLOCKED && ede <= EDE_FILTERED)
			return (enum ede)ede;
		if (ede == EDE_PROHIBITED && rcode == RCODE_NXDOMAIN)
			return EDE_PROHIBITED;
	}
	return EDE_NONE;
}

enum ede
blocking_find(const uint8_t *reply, size_t n, const struct name *asked)
{
	struct rcur cur = rcur_make(reply, n);
	const struct msg_header header = msg_read_header(&cur);
	const unsigned records = (unsigned)header.ancount + header.nscount + header.arcount;
	unsigned nowhere = 0, somewhere = 0;
	enum ede said = EDE_NONE;

	msg_skip_asked(&cur, &header, asked);
	for (unsigned i = 0; i < records && !cur.bad; i++) {
		struct msg_rr rr;

		msg_skip_rr(&cur, &rr);
		if (cur.bad)
			break;
		if (rr.type == TYPE_OPT && said == EDE_NONE)
			said = of_options(&rr, header.flags & RCODE_MASK);
		if (i >= header.ancount || !is_address(&rr))
			continue;
		if (is_unspecified(&rr))
			nowhere++;
		else
			somewhere++;
	}
	if (said == EDE_NONE && nowhere && !somewhere)
		return EDE_BLOCKED;
	return said;
}

static void
label(struct answer **answer, uint8_t ede, const char *text)
{
	if (label_set(answer, text) == 0)
		(*answer)->blocked = ede;
}

void
blocking_blame(struct answer **answer, enum ede ede, const char *who)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "blocked by %s", who);
	if (!(*answer)->nttls) {
		(*answer)->ttl = BLOCKING_TTL;
		(*answer)->keep = true;
	}
	if ((*answer)->ttl > ANSWER_NEGATIVE_TTL_MAX)
		answer_set_ttls(*answer, ANSWER_NEGATIVE_TTL_MAX);
	label(answer, (uint8_t)ede, text);
}

const char *
blocking_text(const struct answer *answer)
{
	return answer->blocked ? label_text(answer) : NULL;
}

void
blocking_pass_on(const struct answer *from, struct answer **to)
{
	if (from->blocked)
		label(to, from->blocked, blocking_text(from));
}
