#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <errno.h>
#include <stdlib.h>

static void
keeps_addresses(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	packet_a(&p, "www.example", 200, 2);
	packet_a(&p, "other.example", 5, 3);
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 400, "ns.example");
	packet_alias(&p, SECTION_AUTHORITY, "elsewhere", TYPE_NS, 4, "ns.elsewhere");
	packet_rr(&p, SECTION_ADDITIONAL, "ns.example", TYPE_A, 1, "\1\2\3\4", 4);
	a = packet_answer(&p, "www.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->nscount, 1);
	CU_ASSERT_EQUAL(a->nttls, 3);
	CU_ASSERT_EQUAL(a->ttl, 200);
	CU_ASSERT(a->keep && !a->cut && !a->aa);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(has(a, SECTION_ANSWER, "other.example", TYPE_A), 0);
	CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, "example", TYPE_NS), 1);
	CU_ASSERT_EQUAL(packet_counted(a->wire, SECTION_ADDITIONAL), 0);
	CU_ASSERT(ends_at(a, "www.example"));
	a = answer_free(a);
}

static void
keeps_each_record_once(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", 300, 1);
	packet_a(&p, "A.example", 200, 1); /* RFC 2181 section 5: the TTL is no difference */
	packet_a(&p, "a.example", 300, 2);
	packet_a(&p, "a.example", 300, 1);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 300, "example");
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 300, "example");
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	CU_ASSERT_EQUAL(a->ttl, 200);
	a = answer_free(a);
}

static void
times_negatives(void)
{
	struct packet p;
	struct answer *a;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "no.example", TYPE_A);
	packet_soa(&p, "example", 3600, 600);
	a = packet_answer(&p, "no.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a->ttl, 600);
	CU_ASSERT(a->keep);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_AUTHORITY, 0, &rr));
	CU_ASSERT_EQUAL(rr.ttl, 600);
	a = answer_free(a);

	packet_begin(&p, FLAG_QR, "no.example", TYPE_A);
	packet_soa(&p, "example", 40, 600);
	a = packet_answer(&p, "no.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ttl, 40);
	a = answer_free(a);

	packet_begin(&p, FLAG_QR, "no.example", TYPE_A);
	packet_soa(&p, "example", 99999, 99999);
	a = packet_answer(&p, "no.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(a->ttl, ANSWER_NEGATIVE_TTL_MAX);
	a = answer_free(a);
}

static void
keeps_no_negative_without_soa(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "no.example", TYPE_A);
	packet_soa(&p, "elsewhere", 3600, 600);
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 400, "ns.example");
	a = packet_answer(&p, "no.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_FALSE(a->keep);
	CU_ASSERT_EQUAL(a->ttl, 0);
	CU_ASSERT_EQUAL(a->nscount, 0);
	a = answer_free(a);
}

static void
limits_positive_ttls(void)
{
	struct packet p;
	struct answer *a;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", 604800, 1);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ttl, ANSWER_TTL_MAX);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(rr.ttl, ANSWER_TTL_MAX);
	a = answer_free(a);
	packet_a(&p, "a.example", 0, 2);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_FALSE(a->keep);
	a = answer_free(a);
}

static void
separates_dnssec(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "a.example", TYPE_A);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "example");
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 70, "example");
	packet_nsec(&p, "aa.example", 60, "c.example");
	packet_rrsig(&p, SECTION_AUTHORITY, "aa.example", TYPE_NSEC, 60, "example");
	packet_nsec(&p, "x.elsewhere", 3, "y.elsewhere");
	packet_rrsig(&p, SECTION_AUTHORITY, "x.elsewhere", TYPE_NSEC, 3, "elsewhere");
	packet_nsec(&p, "x.stolen", 3, "y.stolen");
	packet_rrsig(&p, SECTION_AUTHORITY, "x.stolen", TYPE_NSEC, 3, "example");
	packet_soa(&p, "example", 60, 60);
	packet_rrsig(&p, SECTION_AUTHORITY, "example", TYPE_SOA, 60, "example");
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT_EQUAL(a->ancount, 1);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	CU_ASSERT_EQUAL(a->nscount, 1);
	CU_ASSERT_EQUAL(a->nscount_dnssec, 3);
	CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, "x.elsewhere", TYPE_NSEC), 0);
	CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, "x.stolen", TYPE_RRSIG), 0);
	CU_ASSERT_EQUAL(a->ttl, 60);
	CU_ASSERT(a->answer_dnssec < a->authority && a->authority < a->authority_dnssec &&
		  a->authority_dnssec < a->len);
	a = answer_free(a);
}

static void
answers_asked_for_signatures_plainly(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_RRSIG);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 70, "example");
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_NSEC, 70, "example");
	a = packet_answer(&p, "a.example", TYPE_RRSIG, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 0);
	a = answer_free(a);
}

static void
expands_names_in_rdata(void)
{
	struct packet p;
	struct answer *a;
	struct msg_rr rr;
	/* priority 1, weight 2, port 53, target "x" + pointer to "example" in the question */
	static const uint8_t srv[] = "\0\1\0\2\0\x35\1X\xc0\x11";

	packet_begin(&p, FLAG_QR, "_dns.example", TYPE_SRV);
	packet_rr(&p, SECTION_ANSWER, "_dns.example", TYPE_SRV, 10, srv, 10);
	a = packet_answer(&p, "_dns.example", TYPE_SRV, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(rr.rdlen, 6 + 11);
	CU_ASSERT_EQUAL(memcmp(rr.rdata + 6, "\1X\7example", 11), 0);
	a = answer_free(a);
}

static void
keeps_spellings(void)
{
	struct packet p;
	struct answer *a;
	struct rcur cur;
	struct name name;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "WWW.example", TYPE_CNAME, 10, "Web.Host");
	packet_a(&p, "web.host", 10, 1);
	a = packet_answer(&p, "www.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	cur = rcur_make(a->wire, a->answer_dnssec);
	rcur_skip(&cur, 12 + 13 + 4);
	msg_read_name_spelled(&cur, &name);
	CU_ASSERT_EQUAL(memcmp(name.wire, "\3WWW\7example", 13), 0);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(memcmp(rr.rdata, "\3Web\4Host", 10), 0);
	CU_ASSERT_EQUAL(a->ancount, 2);
	a = answer_free(a);
}

static void
refuses_malformed(void)
{
	struct packet p;
	const char *why;

	packet_begin(&p, FLAG_QR | FLAG_TC, "a.example", TYPE_A);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "truncated");
	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_rr(&p, SECTION_ANSWER, "a.example", TYPE_A, 9, "\1\2\3", 3);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "malformed RDATA");
	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_rr(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 9, "\1b\0x", 4);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_CNAME, &why));
	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "a.example", TYPE_A);
	packet_a(&p, "a.example", 9, 1);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "NXDOMAIN with data");
}

static void
refuses_every_cut(void)
{
	struct packet p;
	struct question q = packet_question("a.example", TYPE_A);
	struct answer *a;
	const char *why = NULL;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_a(&p, "b.example", 9, 1);
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 400, "ns.example");
	packet_opt(&p, 1232, 0);
	for (size_t n = 0; n < packet_len(&p); n++) {
		CU_ASSERT_EQUAL(answer_from_reply(p.bytes, n, &q, NULL, NULL, &a, &why), -EBADMSG);
		CU_ASSERT_PTR_NOT_NULL(why);
	}
}

static void
keeps_failures_bare(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR | RCODE_REFUSED, "a.example", TYPE_A);
	packet_a(&p, "a.example", 9, 1);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->rcode, RCODE_REFUSED);
	CU_ASSERT_EQUAL(a->ancount, 0);
	CU_ASSERT_FALSE(a->keep);
	a = answer_free(a);
	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_opt(&p, 1232, 0x01000000); /* BADVERS */
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, NULL));
}

static void
holds_the_largest_answer(void)
{
	struct packet *p = malloc(sizeof(*p));
	struct answer *a;
	unsigned n = 0;

	packet_begin(p, FLAG_QR, "a.example", TYPE_A);
	while (packet_len(p) + 16 <= MSG_MAX) {
		packet_count(p, SECTION_ANSWER);
		wcur_u16(&p->w, 0xc00c);
		wcur_u16(&p->w, TYPE_A);
		wcur_u16(&p->w, CLASS_IN);
		wcur_u32(&p->w, 60);
		wcur_u16(&p->w, 4);
		wcur_u32(&p->w, n++);
	}
	a = packet_answer(p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, n);
	CU_ASSERT_EQUAL(a->len, packet_len(p));
	CU_ASSERT(packet_whole(a->wire, a->len));
	a = answer_free(a);
	free(p);
}

static void
refuses_what_would_not_fit(void)
{
	struct packet *p = malloc(sizeof(*p));
	const char *why;
	uint16_t port = 0;

	packet_begin(p, FLAG_QR, "a.example", TYPE_SRV);
	/* names that we must write out in full */
	while (packet_len(p) + 24 <= MSG_MAX) {
		packet_count(p, SECTION_ANSWER);
		wcur_u16(&p->w, 0xc00c);
		wcur_u16(&p->w, TYPE_SRV);
		wcur_u16(&p->w, CLASS_IN);
		wcur_u32(&p->w, 60);
		wcur_u16(&p->w, 8);
		wcur_bytes(&p->w, "\0\1\0\2", 4);
		wcur_u16(&p->w, port++);
		wcur_u16(&p->w, 0xc00c);
	}
	CU_ASSERT_PTR_NULL(packet_answer(p, "a.example", TYPE_SRV, &why));
	CU_ASSERT_STRING_EQUAL(why, "longer than a message can be");
	free(p);
}

static const struct unit_case cases[] = {
	{ "an answer keeps its records and drops what was not asked", keeps_addresses },
	{ "a record that comes twice is kept once", keeps_each_record_once },
	{ "a negative answer lasts as long as its SOA says", times_negatives },
	{ "a negative answer without its SOA is not kept", keeps_no_negative_without_soa },
	{ "long TTLs are cut and TTL 0 is not kept", limits_positive_ttls },
	{ "DNSSEC records stand apart, denials of other zones are dropped", separates_dnssec },
	{ "signatures that were asked for are plain", answers_asked_for_signatures_plainly },
	{ "pointers inside RDATA are expanded", expands_names_in_rdata },
	{ "letter case survives in owners and RDATA", keeps_spellings },
	{ "truncated, contradictory and malformed replies are refused", refuses_malformed },
	{ "a reply cut anywhere is malformed", refuses_every_cut },
	{ "a failing rcode carries no records", keeps_failures_bare },
	{ "an answer of 65,535 octets is held whole", holds_the_largest_answer },
	{ "an answer that would outgrow a message is refused", refuses_what_would_not_fit },
};

UNIT_MAIN("wire/answer_scrub", cases)
