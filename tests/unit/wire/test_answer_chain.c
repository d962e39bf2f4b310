#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>

static void
orders_the_chain(void)
{
	struct packet p;
	struct answer *a;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "c.example", 60, 1);
	packet_alias(&p, SECTION_ANSWER, "b.example", TYPE_CNAME, 50, "c.example");
	packet_alias(&p, SECTION_ANSWER, "x.example", TYPE_CNAME, 1, "c.example");
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 3);
	CU_ASSERT_EQUAL(a->ttl, 50);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr) && rr.owner.wire[1] == 'a');
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 1, &rr) && rr.owner.wire[1] == 'b');
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 2, &rr) && rr.type == TYPE_A);
	CU_ASSERT(ends_at(a, "c.example"));
	a = answer_free(a);
}

static bool
not_corp(void *arg, const struct name *target)
{
	struct name corp = packet_make_name("corp.example");

	++*(int *)arg;
	return !name_is_under(target, &corp);
}

static void
cuts_where_told(void)
{
	struct packet p;
	struct answer *a = NULL;
	struct question q = packet_question("a.example", TYPE_A);
	const char *why;
	int asked = 0;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_alias(&p, SECTION_ANSWER, "b.example", TYPE_CNAME, 50, "c.corp.example");
	packet_alias(&p, SECTION_ANSWER, "c.corp.example", TYPE_CNAME, 1, "d.example");
	packet_soa(&p, "example", 9, 9);
	CU_ASSERT_EQUAL(
	    answer_from_reply(p.bytes, packet_len(&p), &q, not_corp, &asked, &a, &why), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(asked, 2);
	CU_ASSERT(a->cut && a->keep);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->nscount, 0);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(a->ttl, 50);
	CU_ASSERT(ends_at(a, "c.corp.example"));
	a = answer_free(a);
}

static void
cuts_incomplete_chains(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(a->cut && a->keep);
	CU_ASSERT(ends_at(a, "b.example"));
	a = answer_free(a);
	a = packet_answer(&p, "a.example", TYPE_CNAME, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(!a->cut && a->keep);
	CU_ASSERT_EQUAL(a->ancount, 1);
	a = answer_free(a);
	packet_soa(&p, "example", 30, 20); /* now it is NODATA at b.example */
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(!a->cut && a->keep);
	CU_ASSERT_EQUAL(a->ttl, 20);
	CU_ASSERT_EQUAL(a->nscount, 1);
	a = answer_free(a);
}

static void
refuses_loops(void)
{
	struct packet p;
	const char *why;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_alias(&p, SECTION_ANSWER, "b.example", TYPE_CNAME, 70, "A.example");
	CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "CNAME loop");
}

/* A chain of n aliases from 0.example on. */
static void
chain_of(struct packet *p, unsigned n)
{
	char from[32] = "0.example", to[32];

	packet_begin(p, FLAG_QR, from, TYPE_A);
	for (unsigned i = 0; i < n; i++) {
		snprintf(to, sizeof(to), "%u.example", i + 1);
		packet_alias(p, SECTION_ANSWER, from, TYPE_CNAME, 70, to);
		memcpy(from, to, sizeof(from));
	}
	packet_a(p, from, 70, 1);
}

static void
bounds_chains(void)
{
	struct packet p;
	struct answer *a;
	const char *why;

	chain_of(&p, ANSWER_CHAIN_MAX);
	a = packet_answer(&p, "0.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, ANSWER_CHAIN_MAX + 1);
	a = answer_free(a);
	chain_of(&p, ANSWER_CHAIN_MAX + 1);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "0.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "CNAME chain is too long");
}

static void
follows_dnames(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "www.old.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 90, "new.example");
	packet_rrsig(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 90, "example");
	packet_alias(&p, SECTION_ANSWER, "www.old.example", TYPE_CNAME, 80, "www.new.example");
	packet_a(&p, "www.new.example", 100, 1);
	a = packet_answer(&p, "www.old.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 3);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	CU_ASSERT_EQUAL(has(a, SECTION_ANSWER, "old.example", TYPE_DNAME), 1);
	CU_ASSERT_EQUAL(has(a, SECTION_ANSWER, "www.old.example", TYPE_CNAME), 1);
	CU_ASSERT_EQUAL(a->ttl, 80);
	a = answer_free(a);
}

static void
makes_missing_cname(void)
{
	struct packet p;
	struct answer *a;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR, "www.old.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 90, "new.example");
	packet_a(&p, "www.new.example", 100, 1);
	a = packet_answer(&p, "www.old.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 3);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 1, &rr));
	CU_ASSERT_EQUAL(rr.type, TYPE_CNAME);
	CU_ASSERT_EQUAL(rr.ttl, 90);
	CU_ASSERT(ends_at(a, "www.new.example"));
	a = answer_free(a);
	a = packet_answer(&p, "www.old.example", TYPE_CNAME, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_FALSE(a->cut);
	a = answer_free(a);
}

static void
ignores_dname_at_its_owner(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "old.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 90, "new.example");
	a = packet_answer(&p, "old.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(a->ancount == 0 && !a->cut && ends_at(a, "old.example"));
	a = answer_free(a);
	packet_a(&p, "old.example", 100, 1);
	a = packet_answer(&p, "old.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 1);
	a = answer_free(a);
	a = packet_answer(&p, "old.example", TYPE_DNAME, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 1);
	a = answer_free(a);
}

static void
refuses_overlong_substitution(void)
{
	struct packet p;
	char target[256] = "";
	const char *why;

	for (int i = 0; i < 126; i++)
		strcat(target, "x.");
	packet_begin(&p, FLAG_QR, "www.old.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 90, target);
	CU_ASSERT_PTR_NULL(packet_answer(&p, "www.old.example", TYPE_A, &why));
	CU_ASSERT_STRING_EQUAL(why, "DNAME leads to a name that is too long");
}

static void
answers_any(void)
{
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_ANY);
	packet_a(&p, "a.example", 70, 1);
	packet_rr(&p, SECTION_ANSWER, "a.example", TYPE_TXT, 70, "\2hi", 3);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_A, 70, "example");
	packet_a(&p, "b.example", 70, 1);
	a = packet_answer(&p, "a.example", TYPE_ANY, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	a = answer_free(a);
	packet_begin(&p, FLAG_QR, "a.example", TYPE_ANY);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	a = packet_answer(&p, "a.example", TYPE_ANY, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 1);
	CU_ASSERT_FALSE(a->cut);
	a = answer_free(a);
	/* a signature over nothing is all there is: it is kept, not an answer of no records */
	packet_begin(&p, FLAG_QR, "a.example", TYPE_ANY);
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_ANY, 70, "example");
	a = packet_answer(&p, "a.example", TYPE_ANY, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	CU_ASSERT_EQUAL(a->ttl, 70);
	a = answer_free(a);
}

static void
keeps_other_classes_apart(void)
{
	struct packet p;
	struct question q = packet_question("version.bind", TYPE_TXT);
	struct answer *a = NULL;
	const char *why;

	packet_begin(&p, FLAG_QR, "version.bind", TYPE_TXT);
	packet_rr(&p, SECTION_ANSWER, "version.bind", TYPE_TXT, 10, "\2hi", 3);
	q.class = CLASS_CH;
	CU_ASSERT_EQUAL(answer_from_reply(p.bytes, packet_len(&p), &q, NULL, NULL, &a, &why), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ancount, 0);
	a = answer_free(a);
	p.bytes[packet_len(&p) - 10] = CLASS_CH;
	CU_ASSERT_EQUAL(answer_from_reply(p.bytes, packet_len(&p), &q, NULL, NULL, &a, &why), 0);
	CU_ASSERT_EQUAL(a->ancount, 1);
	a = answer_free(a);
}

/* An A record whose owner is a pointer. */
static void
point(struct packet *p, unsigned at, uint8_t last)
{
	static const uint8_t rest[] = { 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, 60, 0, 4, 192, 0, 2 };

	wcur_u16(&p->w, (uint16_t)(0xc000 | at));
	wcur_bytes(&p->w, rest, sizeof(rest));
	wcur_u8(&p->w, last);
	packet_count(p, SECTION_ANSWER);
}

static void
follows_pointers_to_one_name(void)
{
	/* of the CNAME, which stands in its RDATA */
	const unsigned target = MSG_HEADER + 11 + 4 + 11 + 10;
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	point(&p, target, 1);
	point(&p, target, 2);
	point(&p, target, 4);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT_EQUAL(a->ancount, 4);
	CU_ASSERT_EQUAL(has(a, SECTION_ANSWER, "a.example", TYPE_CNAME), 1);
	CU_ASSERT_EQUAL(has(a, SECTION_ANSWER, "b.example", TYPE_A), 3);
	a = answer_free(a);
}

static void
refuses_pointers_into_the_header(void)
{
	static const char *const spelled[] = { "a.example", "A.example" };

	for (size_t i = 0; i < 2; i++) {
		for (unsigned at = 0; at < MSG_HEADER; at++) {
			struct packet p;
			const char *why = NULL;

			packet_begin(&p, FLAG_QR, spelled[i], TYPE_A);
			point(&p, at, 1);
			CU_ASSERT_PTR_NULL(packet_answer(&p, "a.example", TYPE_A, &why));
			CU_ASSERT_STRING_EQUAL(why, "malformed record");
		}
	}
}

static const struct unit_case cases[] = {
	{ "owners that are pointers to one name belong to it", follows_pointers_to_one_name },
	{ "an owner that points into the header is malformed", refuses_pointers_into_the_header },
	{ "a CNAME chain is put in order, strangers are dropped", orders_the_chain },
	{ "a chain is cut where it may not be followed", cuts_where_told },
	{ "a chain without an end is cut, to be asked on", cuts_incomplete_chains },
	{ "a CNAME loop is malformed", refuses_loops },
	{ "a chain has twelve steps at most", bounds_chains },
	{ "a DNAME is followed and kept with its CNAME and signature", follows_dnames },
	{ "the CNAME that a DNAME stands for is made when it is missing", makes_missing_cname },
	{ "a DNAME does not redirect its own owner", ignores_dname_at_its_owner },
	{ "a DNAME must not lead to a name of 256 octets", refuses_overlong_substitution },
	{ "ANY gets all that stands at the name and follows nothing", answers_any },
	{ "records of another class are no answer", keeps_other_classes_apart },
};

UNIT_MAIN("wire/answer_chain", cases)
