#include "stubd/wire/reply.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>

/* A signed alias and address, with a signed NS. */
static struct answer *
signed_answer(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "example");
	packet_a(&p, "b.example", 80, 1);
	packet_rrsig(&p, SECTION_ANSWER, "b.example", TYPE_A, 80, "example");
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 90, "ns.example");
	packet_rrsig(&p, SECTION_AUTHORITY, "example", TYPE_NS, 90, "example");
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 90, "ns1.host.test");
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 90, "ns2.host.test");
	return packet_answer(&p, "a.example", TYPE_A, NULL);
}

static unsigned
options(const uint8_t *out, size_t n, uint16_t code)
{
	struct msg_rr rr;
	struct rcur cur;
	unsigned found = 0;

	if (!packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr))
		return 0;
	cur = rcur_make(rr.rdata, rr.rdlen);
	while (rcur_left(&cur) && !cur.bad) {
		found += rcur_u16(&cur) == code;
		rcur_skip(&cur, rcur_u16(&cur));
	}
	return found;
}

/* Does the i-th authority record name that host? */
static bool
names_host(const uint8_t *out, size_t n, unsigned i, const char *text)
{
	struct name host = packet_make_name(text), name;
	struct rcur cur = rcur_make(out, n);
	struct msg_rr rr;

	if (!packet_nth(out, n, SECTION_AUTHORITY, i, &rr))
		return false;
	rcur_skip(&cur, (size_t)(rr.rdata - out));
	msg_read_name(&cur, &name);
	return name_equal(&name, &host);
}

static void
strips_for_plain_clients(void)
{
	struct answer *a = signed_answer();
	struct msg_query q = packet_query("A.Example", TYPE_A, FLAG_RD, false, false);
	uint8_t out[1024];
	size_t n = reply_write(out, sizeof(out), 512, &q, a, 0, NULL);
	static const char *const hosts[] = { "ns.example", "ns1.host.test", "ns2.host.test" };

	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT_EQUAL(packet_flags(out), FLAG_QR | FLAG_RD | FLAG_RA);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_ANSWER), 2);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_AUTHORITY), 3);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_ADDITIONAL), 0);
	CU_ASSERT_EQUAL(packet_has(out, n, SECTION_ANSWER, NULL, TYPE_RRSIG), 0);
	CU_ASSERT_EQUAL(memcmp(out + 12, "\1A\7Example", 11), 0);
	/* the pointers of what moved up still lead to their names */
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT(names_host(out, n, i, hosts[i]));
	a = answer_free(a);
}

static void
gives_all_to_dnssec_clients(void)
{
	struct answer *a = signed_answer();
	struct msg_query q = packet_query("a.example", TYPE_A, FLAG_RD | FLAG_CD, true, true);
	uint8_t out[4096];
	size_t n = reply_write(out, sizeof(out), 4096, &q, a, 0, NULL);
	struct msg_rr rr;

	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT_EQUAL(packet_flags(out), FLAG_QR | FLAG_RD | FLAG_RA | FLAG_CD);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_ANSWER), 4);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_AUTHORITY), 4);
	CU_ASSERT(packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr));
	CU_ASSERT_EQUAL(rr.type, TYPE_OPT);
	CU_ASSERT_EQUAL(rr.class, 1232);
	CU_ASSERT(msg_opt_of(&rr).dnssec_ok);
	CU_ASSERT_EQUAL(msg_opt_of(&rr).version, 0);
	a = answer_free(a);
}

static void
ages_ttls(void)
{
	struct answer *a = signed_answer();
	struct msg_query plain = packet_query("a.example", TYPE_A, 0, false, false);
	struct msg_query dnssec = packet_query("a.example", TYPE_A, 0, true, true);
	uint8_t out[4096];
	struct msg_rr rr;
	size_t n = reply_write(out, sizeof(out), 4096, &plain, a, 30, NULL);

	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT(packet_nth(out, n, SECTION_ANSWER, 0, &rr) && rr.ttl == 40);
	CU_ASSERT(packet_nth(out, n, SECTION_ANSWER, 1, &rr) && rr.ttl == 50);
	CU_ASSERT(packet_nth(out, n, SECTION_AUTHORITY, 0, &rr) && rr.ttl == 60);
	n = reply_write(out, sizeof(out), 4096, &dnssec, a, 75, NULL);
	CU_ASSERT(packet_nth(out, n, SECTION_ANSWER, 0, &rr) && rr.ttl == 0);
	CU_ASSERT(packet_nth(out, n, SECTION_ANSWER, 3, &rr) && rr.ttl == 5);
	CU_ASSERT(packet_nth(out, n, SECTION_AUTHORITY, 3, &rr) && rr.ttl == 15);
	a = answer_free(a);
}

static unsigned
flags_for(const struct answer *a, unsigned flags, bool dnssec_ok)
{
	struct msg_query q = packet_query("a.example", TYPE_A, flags, true, dnssec_ok);
	uint8_t out[4096];

	reply_write(out, sizeof(out), 4096, &q, a, 0, NULL);
	return packet_flags(out);
}

static void
tells_authenticity_to_who_asks(void)
{
	struct answer *a = signed_answer();

	a->security = SECURITY_SECURE;
	CU_ASSERT_FALSE(flags_for(a, 0, false) & FLAG_AD);
	CU_ASSERT(flags_for(a, FLAG_AD, false) & FLAG_AD);
	CU_ASSERT(flags_for(a, 0, true) & FLAG_AD);
	a->security = SECURITY_TRUSTED;
	CU_ASSERT(flags_for(a, 0, true) & FLAG_AD);
	a->security = SECURITY_INSECURE;
	CU_ASSERT_FALSE(flags_for(a, FLAG_AD, true) & FLAG_AD);
	a->security = SECURITY_UNCHECKED;
	CU_ASSERT_FALSE(flags_for(a, FLAG_AD, true) & FLAG_AD);
	a = answer_free(a);
}

static void
truncates(void)
{
	struct answer *a = signed_answer();
	struct msg_query q = packet_query("a.example", TYPE_A, 0, true, true);
	uint8_t out[4096];
	size_t whole = reply_write(out, sizeof(out), 4096, &q, a, 0, NULL), n;

	CU_ASSERT_EQUAL(reply_write(out, sizeof(out), whole, &q, a, 0, NULL), whole);
	CU_ASSERT_FALSE(packet_flags(out) & FLAG_TC);
	for (size_t limit = 1; limit < whole; limit++) {
		n = reply_write(out, sizeof(out), limit, &q, a, 5, NULL);
		CU_ASSERT(packet_whole(out, n));
		CU_ASSERT(packet_flags(out) & FLAG_TC);
		CU_ASSERT_EQUAL(packet_counted(out, SECTION_ANSWER), 0);
		CU_ASSERT_EQUAL(packet_counted(out, SECTION_ADDITIONAL), 1);
		CU_ASSERT_EQUAL(n, 12 + 11 + 4 + 11);
	}
	CU_ASSERT_EQUAL(reply_write(out, whole - 1, whole, &q, a, 5, NULL), 38);
	a = answer_free(a);
}

static void
adds_options(void)
{
	struct answer *a = signed_answer();
	struct msg_query q = packet_query("a.example", TYPE_A, 0, true, false);
	struct msg_query old = packet_query("a.example", TYPE_A, 0, false, false);
	struct reply_extra extra = { .ede = EDE_STALE, .text = "was gestern galt" };
	uint8_t out[4096];
	size_t n, bare;

	q.keepalive = old.keepalive = 100;
	n = reply_write(out, sizeof(out), 4096, &q, a, 0, &extra);

	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT_EQUAL(options(out, n, 15), 1);
	CU_ASSERT_EQUAL(options(out, n, 11), 1);
	/* an EDE gives way to records */
	bare = reply_write(out, sizeof(out), n - 1, &q, a, 0, &extra);
	CU_ASSERT_FALSE(packet_flags(out) & FLAG_TC);
	CU_ASSERT_EQUAL(options(out, bare, 15), 0);
	CU_ASSERT_EQUAL(options(out, bare, 11), 1);
	n = reply_write(out, sizeof(out), 4096, &old, a, 0, &extra);
	CU_ASSERT_EQUAL(packet_counted(out, SECTION_ADDITIONAL), 0);
	a = answer_free(a);
}

static void
tells_of_local_recursion(void)
{
	struct answer *a = signed_answer();
	struct msg_query q = packet_query("a.example", TYPE_A, 0, true, false);
	const struct reply_extra own = { .ede = EDE_STALE }, none = { .ede = EDE_NONE };
	uint8_t out[4096];
	struct msg_rr rr;
	size_t n = reply_write(out, sizeof(out), 4096, &q, a, 0, NULL);

	CU_ASSERT_EQUAL(options(out, n, 15), 0);
	a->recursed = true;
	n = reply_write(out, sizeof(out), 4096, &q, a, 0, NULL);
	CU_ASSERT(packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr));
	CU_ASSERT_EQUAL_FATAL(rr.rdlen, 4 + 2 + strlen(REPLY_RECURSED));
	CU_ASSERT_EQUAL(rr.rdata[4] << 8 | rr.rdata[5], EDE_OTHER);
	CU_ASSERT_EQUAL(memcmp(rr.rdata + 6, REPLY_RECURSED, strlen(REPLY_RECURSED)), 0);
	CU_ASSERT_EQUAL(reply_write(out, sizeof(out), 4096, &q, a, 0, &none), n);
	n = reply_write(out, sizeof(out), 4096, &q, a, 0, &own);
	CU_ASSERT(packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr));
	CU_ASSERT_EQUAL(rr.rdata[5], EDE_STALE);
	a = answer_free(a);
}

static void
cuts_text_at_a_character(void)
{
	struct msg_query q = packet_query("a.example", TYPE_A, 0, true, false);
	char text[300];
	struct reply_extra extra = { .ede = EDE_OTHER, .text = text };
	uint8_t out[512];
	struct msg_rr rr;
	size_t n;

	memset(text, 'x', sizeof(text));
	text[299] = 0;
	memcpy(text + 199, "\xc3\xa9", 2); /* an é across the border */
	n = reply_write_error(out, sizeof(out), &q, RCODE_SERVFAIL, &extra);
	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT(packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr));
	CU_ASSERT_EQUAL(rr.rdlen, 4 + 2 + 199);
}

static void
writes_errors(void)
{
	struct msg_query q = packet_query("a.Example", TYPE_A, FLAG_RD, true, true);
	uint8_t out[512];
	struct packet p;
	struct msg_rr rr;
	size_t n = reply_write_error(out, sizeof(out), &q, RCODE_BADVERS, NULL);

	CU_ASSERT(packet_whole(out, n));
	CU_ASSERT_EQUAL(packet_flags(out), FLAG_QR | FLAG_RD | FLAG_RA);
	CU_ASSERT(packet_nth(out, n, SECTION_ADDITIONAL, 0, &rr));
	CU_ASSERT_EQUAL(msg_opt_of(&rr).extended_rcode, 1);
	CU_ASSERT_EQUAL(memcmp(out + 12, "\1a\7Example", 11), 0);
	q.edns = false;
	n = reply_write_error(out, sizeof(out), &q, RCODE_BADVERS, NULL);
	CU_ASSERT_EQUAL(packet_flags(out) & 15, RCODE_SERVFAIL);
	packet_begin(&p, 4 << 11, "example", TYPE_A);
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, packet_len(&p), &q), MSG_NOTIMP);
	n = reply_write_error(out, sizeof(out), &q, RCODE_NOTIMP, NULL);
	CU_ASSERT_EQUAL(n, 12);
	CU_ASSERT_EQUAL(packet_flags(out), FLAG_QR | FLAG_RA | 4 << 11 | RCODE_NOTIMP);
	CU_ASSERT_EQUAL(out[5], 0);
}

static void
fits_the_longest_in_512(void)
{
	char name[256] = "", text[300];
	struct reply_extra extra = { .ede = EDE_NETWORK_ERROR, .text = text };
	struct msg_query q;
	struct answer *a = NULL;
	uint8_t out[512];
	size_t n;

	memset(text, 'x', sizeof(text));
	text[299] = 0;
	for (int i = 0; i < 127; i++)
		strcat(name, "x.");
	q = packet_query(name, TYPE_A, 0, true, true);
	CU_ASSERT_EQUAL(q.question.name.len, 255);
	q.keepalive = 1;
	n = reply_write_error(out, sizeof(out), &q, RCODE_SERVFAIL, &extra);
	CU_ASSERT(n > 450 && packet_whole(out, n));
	CU_ASSERT_EQUAL(answer_from_rcode(&q.question, RCODE_SERVFAIL, &a), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	n = reply_write(out, sizeof(out), 1, &q, a, 0, &extra);
	CU_ASSERT(n > 0 && packet_whole(out, n));
	CU_ASSERT_EQUAL(packet_flags(out) & 15, RCODE_SERVFAIL);
	a = answer_free(a);
}

static const struct unit_case cases[] = {
	{ "a client without DO gets no DNSSEC records", strips_for_plain_clients },
	{ "a client with DO gets everything", gives_all_to_dnssec_clients },
	{ "TTLs age, in every part, and stop at 0", ages_ttls },
	{ "AD is set for those who ask, when it is true", tells_authenticity_to_who_asks },
	{ "what does not fit is truncated to question and OPT", truncates },
	{ "EDE and keepalive are told to EDNS clients only, and give way", adds_options },
	{ "an answer from local recursion says so", tells_of_local_recursion },
	{ "an EDE text is cut at a whole character", cuts_text_at_a_character },
	{ "errors echo what could be read", writes_errors },
	{ "the longest name and text fit 512 octets", fits_the_longest_in_512 },
};

UNIT_MAIN("wire/reply", cases)
