/*
 * An upstream's bytes: matched, brought into normal form, written for a client.
 *
 * Input: one octet of switches (1: DO, 2: EDNS, 4: a `follow` that refuses names with an even
 * length, 8: EDE), two octets of limit, the message. The question is the message's own. Every reply
 * written is a whole message; the normal form of a complete one is the very answer it came from; a gap
 * that is learnt from a denial has the name that was denied.
 */
#include "policy/dns64.h"
#include "stubd/cache/cache.h"
#include "stubd/cache/gaps.h"
#include "stubd/wire/age.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/answer_same.h"
#include "stubd/wire/blocking.h"
#include "stubd/wire/match.h"
#include "stubd/wire/option.h"
#include "stubd/wire/reply.h"
#include "stubd/wire/subnet.h"
#include "stubd/wire/synthesis.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { CONTROL = 3, SWITCH_DO = 1, SWITCH_EDNS = 2, SWITCH_FOLLOW = 4, SWITCH_EDE = 8 };

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
odd_only(void *arg, const struct name *target)
{
	(void)arg;
	return target->len % 2 == 1;
}

static answer_follow *
follow_of(unsigned switches)
{
	return switches & SWITCH_FOLLOW ? odd_only : NULL;
}

static bool
read_question(const uint8_t *bytes, size_t n, struct question *out)
{
	struct rcur cur = rcur_make(bytes, n);

	rcur_skip(&cur, MSG_HEADER);
	msg_read_name(&cur, &out->name);
	out->type = rcur_u16(&cur);
	out->class = rcur_u16(&cur);
	return !cur.bad;
}

static void
check_whole(const uint8_t *bytes, size_t n)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	struct msg_rr rr;

	msg_skip_name(&cur);
	rcur_skip(&cur, 4);
	for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount + h.arcount; i++)
		msg_read_rr(&cur, &rr);
	check(!cur.bad && rcur_left(&cur) == 0);
}

/* The whole reply is read back to the same normal form. */
static void
check_again(const struct answer *a, const uint8_t *bytes, size_t n, const struct question *question,
    answer_follow *follow)
{
	struct answer *again = NULL;
	struct rcur options;
	const char *why;

	check(match_reply(bytes, n, 0, question) == NULL);
	check(match_whole(bytes, n, 0, question, &options) == NULL);
	check(answer_from_reply(bytes, n, question, follow, NULL, &again, &why) == 0);
	check(again->len == a->len && memcmp(again->wire, a->wire, a->len) == 0);
	check(answer_is_same(a, again));
	check(again->rcode == a->rcode && again->ttl == a->ttl && again->cut == a->cut);
	check(name_equal(&again->target, &a->target));
	again = answer_free(again);
}

static void
write_replies(
    const struct answer *a, const struct question *question, unsigned switches, size_t limit)
{
	static uint8_t out[MSG_MAX];
	struct reply_extra extra = { .ede = EDE_OTHER, .text = "fuzz" };
	struct msg_query query = { .question = *question };
	uint32_t from, until;
	size_t n;

	(void)answer_signed_for(a, &from, &until);

	memcpy(query.spelled, question->name.wire, question->name.len);
	query.edns = (switches & (SWITCH_EDNS | SWITCH_DO)) != 0;
	query.dnssec_ok = (switches & SWITCH_DO) != 0;
	n = reply_write(
	    out, sizeof(out), limit, &query, a, 7, switches & SWITCH_EDE ? &extra : NULL);
	check(n >= MSG_HEADER);
	check(n <= limit || out[2] & 2);
	check_whole(out, n);
	query.edns = query.dnssec_ok = true;
	n = reply_write(out, sizeof(out), sizeof(out), &query, a, 0, NULL);
	check_whole(out, n);
	if (!(out[2] & 2))
		check_again(a, out, n, question, follow_of(switches));
}

/* DNS64: what is made of it is a whole message of AAAA records and what leads to them. */
static void
synthesise(const struct answer *a, const struct question *question)
{
	static const struct prefix prefix = { AF_INET6, 64, { 0x20, 0x01, 0x0d, 0xb8 } };
	static uint8_t out[MSG_MAX];
	struct msg_query query = { .question = *question };
	struct answer *made = NULL;
	int r = answer_synthesise(a, &prefix, 300, &made);

	check((r == 0) == (made != NULL));
	if (r)
		return;
	check(answer_has(a, TYPE_A) && answer_has(made, TYPE_AAAA) && !answer_has(made, TYPE_A));
	check(made->ancount <= a->ancount && made->ttl <= 300);
	memcpy(query.spelled, question->name.wire, question->name.len);
	query.question.type = TYPE_AAAA;
	check_whole(out, reply_write(out, sizeof(out), sizeof(out), &query, made, 0, NULL));
	answer_free(made);
}

/* Time that an answer spent on its way makes it older. */
static void
grow_old(const struct answer *a, const uint8_t *message, size_t n, const struct question *question,
    answer_follow *follow)
{
	static uint8_t copy[MSG_MAX];
	struct answer *old = NULL;
	const char *why;

	if (n > sizeof(copy))
		return;
	memcpy(copy, message, n);
	age_message(copy, n, 60);
	/* a name whose pointer leads into a TTL is another one then, or none */
	if (answer_from_reply(copy, n, question, follow, NULL, &old, &why) < 0)
		return;
	check(old->ttl <= a->ttl && old->rcode == a->rcode);
	answer_free(old);
}

/* Whatever is found lies in the message. */
static void
find_options(const uint8_t *message, size_t n, const struct question *question)
{
	const struct subnet asked = { SUBNET_IPV4, 24, 0, { 198, 51, 100 } };
	struct rcur options;
	uint8_t scope;
	uint16_t time;

	for (uint16_t code = 0; code < 20; code++) {
		size_t len;
		const uint8_t *value = option_find(message, n, code, &len);

		check(!value || (value > message && value + len <= message + n));
	}
	if (!match_whole(message, n, load_u16(message), question, &options)) {
		check(options.p >= message && options.end <= message + n);
		(void)option_keepalive(options, &time);
	}
	check(subnet_scope(message, n, &asked, &scope) < 0 || scope <= asked.source);
}

static void
learn_gap(struct answer *a, const struct question *question)
{
	const struct cache_key key = { .question = question };
	struct gap_denial denied;
	struct gaps *gaps;

	a->security = SECURITY_SECURE;
	if (!gaps_want(a))
		return;
	gaps = gaps_new();
	gaps_learn(gaps, &key, 0, a);
	if (gaps_count(gaps)) {
		check(gaps_find(gaps, &question->name, 0, 0, &denied));
		check(name_equal(&denied.name, &question->name));
		check(denied.expires == (msec)a->ttl * 1000);
	}
	gaps = gaps_free(gaps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct answer *a = NULL;
	struct question question;
	const char *why = NULL;
	const uint8_t *message = data + CONTROL;
	size_t len;
	int r;

	if (n < CONTROL + MSG_HEADER)
		return 0;
	len = n - CONTROL;
	if (!read_question(message, len, &question))
		question = (struct question){ .name = { .len = 1 }, .type = 1, .class = 1 };
	match_lacks_edns(message, len);
	find_options(message, len, &question);
	if (match_reply(message, len, (uint16_t)(message[0] << 8 | message[1]), &question))
		return 0;
	blocking_find(message, len, &question.name);
	r = answer_from_reply(message, len, &question, follow_of(data[0]), NULL, &a, &why);
	check((r == 0) == (a != NULL));
	check(r == 0 || why);
	if (r == 0)
		write_replies(a, &question, data[0], (size_t)(data[1] << 8 | data[2]));
	if (r == 0)
		grow_old(a, message, len, &question, follow_of(data[0]));
	if (r == 0 && question.class == CLASS_IN)
		synthesise(a, &question);
	if (r == 0)
		learn_gap(a, &question);
	a = answer_free(a);
	return 0;
}
