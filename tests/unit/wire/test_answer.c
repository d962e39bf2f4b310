#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static void
makes_local_addresses(void)
{
	struct question q = packet_question("localhost", TYPE_AAAA);
	struct local_answer local = { .kind = LOCAL_ADDRESSES, .ttl = 30, .naddresses = 1 };
	struct answer *a = NULL;
	struct msg_rr rr;

	local.addresses[0][15] = 1;
	CU_ASSERT_EQUAL(answer_from_local(&q, &local, &a), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(a->aa && !a->keep);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(rr.type, TYPE_AAAA);
	CU_ASSERT_EQUAL(rr.rdlen, 16);
	CU_ASSERT_EQUAL(rr.ttl, 30);
	a = answer_free(a);
	q.type = TYPE_MX; /* a name with addresses has no MX */
	CU_ASSERT_EQUAL(answer_from_local(&q, &local, &a), 0);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NOERROR);
	CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, "localhost", TYPE_SOA), 1);
	a = answer_free(a);
}

static void
makes_local_denials(void)
{
	static const char *const zones[][2] = {
		{ "a.b.test", "test" },
		{ "x.home.arpa", "home.arpa" },
		{ "1.0.0.10.in-addr.arpa", "10.in-addr.arpa" },
		{ "onion", "onion" },
	};
	struct local_answer local = { .kind = LOCAL_NXDOMAIN, .ttl = 60 };

	for (size_t i = 0; i < 4; i++) {
		struct question q = packet_question(zones[i][0], TYPE_A);
		struct answer *a = NULL;

		CU_ASSERT_EQUAL(answer_from_local(&q, &local, &a), 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->rcode, RCODE_NXDOMAIN);
		CU_ASSERT(packet_whole(a->wire, a->len));
		CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, zones[i][1], TYPE_SOA), 1);
		a = answer_free(a);
	}
}

static void
makes_local_ptr(void)
{
	struct question q = packet_question("1.0.0.127.in-addr.arpa", TYPE_PTR);
	struct local_answer local = { .kind = LOCAL_PTR, .ttl = 60 };
	struct answer *a = NULL;
	struct msg_rr rr;

	local.ptr = packet_make_name("localhost");
	CU_ASSERT_EQUAL(answer_from_local(&q, &local, &a), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_nth(a->wire, a->len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(rr.type, TYPE_PTR);
	CU_ASSERT_EQUAL(memcmp(rr.rdata, local.ptr.wire, local.ptr.len), 0);
	a = answer_free(a);
}

static void
joins_parts(void)
{
	struct packet p;
	struct answer *parts[2], *a = NULL;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.corp");
	packet_rrsig(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "example");
	parts[0] = packet_answer(&p, "a.example", TYPE_A, NULL);
	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "b.corp", TYPE_A);
	packet_soa(&p, "corp", 50, 50);
	parts[1] = packet_answer(&p, "b.corp", TYPE_A, NULL);
	CU_ASSERT(parts[0] && parts[1]);
	parts[0]->security = SECURITY_SECURE;
	parts[1]->security = SECURITY_INSECURE;
	parts[0]->recursed = true;
	CU_ASSERT_EQUAL(answer_join(parts, 2, &a), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT_EQUAL(a->rcode, RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a->security, SECURITY_INSECURE);
	CU_ASSERT_EQUAL(a->ancount, 1);
	CU_ASSERT_EQUAL(a->ancount_dnssec, 1);
	CU_ASSERT_EQUAL(has(a, SECTION_AUTHORITY, "corp", TYPE_SOA), 1);
	CU_ASSERT_EQUAL(a->ttl, 50);
	CU_ASSERT(!a->keep && !a->cut && a->recursed);
	CU_ASSERT(ends_at(a, "b.corp"));
	a = answer_free(a);
	parts[0]->security = SECURITY_UNCHECKED;
	CU_ASSERT_EQUAL(answer_join(parts, 2, &a), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->security, SECURITY_UNCHECKED);
	a = answer_free(a);
	parts[0] = answer_free(parts[0]);
	parts[1] = answer_free(parts[1]);
}

static void
copies(void)
{
	struct packet p;
	struct answer *a, *copy;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", 70, 1);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	copy = answer_copy(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_PTR_NOT_EQUAL(copy->wire, a->wire);
	CU_ASSERT_EQUAL(memcmp(copy->wire, a->wire, a->len), 0);
	CU_ASSERT_EQUAL(copy->ttls[0], a->ttls[0]);
	a = answer_free(a);
	CU_ASSERT_EQUAL(copy->wire[copy->len - 1], 1);
	copy = answer_free(copy);
}

static void
tells_parts_of_a_chain(void)
{
	const struct question mid = packet_question("b.example", TYPE_CNAME),
			      last = packet_question("c.example", TYPE_A),
			      other = packet_question("d.example", TYPE_A);
	struct name name = packet_make_name("a.example"), target;
	struct question question;
	struct answer *a, *part;
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 70, "b.example");
	packet_alias(&p, SECTION_ANSWER, "b.example", TYPE_CNAME, 70, "c.example");
	packet_rrsig(&p, SECTION_ANSWER, "b.example", TYPE_CNAME, 70, "example");
	packet_a(&p, "c.example", 70, 1);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(answer_reaches(a, &mid.name) && answer_reaches(a, &last.name));
	CU_ASSERT(!answer_reaches(a, &other.name));
	CU_ASSERT(answer_cname(a, &name, &target) && name_equal(&target, &mid.name));
	CU_ASSERT(answer_cname(a, &mid.name, &target) && name_equal(&target, &last.name));
	CU_ASSERT(!answer_cname(a, &last.name, &target));
	CU_ASSERT_EQUAL_FATAL(answer_part(a, &mid, &part), 0);
	answer_question(part, &question);
	CU_ASSERT(name_equal(&question.name, &mid.name) && question.type == TYPE_CNAME);
	CU_ASSERT_EQUAL(part->ancount, 1);
	CU_ASSERT_EQUAL(part->ancount_dnssec, 1);
	answer_retype(part, TYPE_AAAA);
	answer_question(part, &question);
	CU_ASSERT(name_equal(&question.name, &mid.name) && question.type == TYPE_AAAA);
	part = answer_free(part);
	CU_ASSERT_EQUAL_FATAL(answer_part(a, &last, &part), 0);
	CU_ASSERT_EQUAL(part->ancount, 1);
	CU_ASSERT(packet_whole(part->wire, part->len));
	part = answer_free(part);
	a = answer_free(a);
}

static void
finds_the_dname_of_a_name(void)
{
	const struct name apex = packet_make_name("old.example"),
			  below = packet_make_name("a.b.old.example"),
			  other = packet_make_name("a.example");
	struct name owner;
	struct answer *a;
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.b.old.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "old.example", TYPE_DNAME, 70, "new.example");
	a = packet_answer(&p, "a.b.old.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(answer_dname(a, &below, &owner) && name_equal(&owner, &apex));
	CU_ASSERT(!answer_dname(a, &apex, &owner));
	CU_ASSERT(!answer_dname(a, &other, &owner));
	a = answer_free(a);
}

static void
a_signature_says_from_when_until_when_it_holds(void)
{
	static const uint8_t key[] = { 1, 1, 3, 13, 'k' }, signature[] = { 0, 48, 13, 0, 0, 0, 0,
		60, 0x70, 0, 0, 2, 0x60, 0, 0, 1, 0, 7, 0, 's' };
	const struct question question = {
		.name = { .len = 1 }, .type = TYPE_DNSKEY, .class = CLASS_IN
	};
	uint32_t from = 0, until = 0;
	struct packet p;
	const char *why;

	for (int i = 0; i < 3; i++) {
		uint8_t rdata[sizeof(signature)];
		struct answer *a = NULL;

		memcpy(rdata, signature, sizeof(rdata));
		rdata[1] = i == 2 ? TYPE_DS : TYPE_DNSKEY;
		packet_begin(&p, 0x8180, ".", TYPE_DNSKEY);
		packet_rr(&p, SECTION_ANSWER, ".", TYPE_DNSKEY, 60, key, sizeof(key));
		if (i)
			packet_rr(&p, SECTION_ANSWER, ".", TYPE_RRSIG, 60, rdata, sizeof(rdata));
		CU_ASSERT_EQUAL_FATAL(
		    answer_from_reply(p.bytes, packet_len(&p), &question, NULL, NULL, &a, &why), 0);
		CU_ASSERT_EQUAL(answer_signed_for(a, &from, &until), i == 1);
		answer_free(a);
	}
	CU_ASSERT_EQUAL(from, 0x60000001);
	CU_ASSERT_EQUAL(until, 0x70000002);
}

static const struct unit_case cases[] = {
	{ "a signature says from when until when it holds",
	    a_signature_says_from_when_until_when_it_holds },
	{ "a part of a chain is an answer of its own", tells_parts_of_a_chain },
	{ "a DNAME is found for what it renames, which is all below it",
	    finds_the_dname_of_a_name },
	{ "local addresses answer with authority", makes_local_addresses },
	{ "local denials carry a SOA of a likely zone", makes_local_denials },
	{ "a local PTR names its host", makes_local_ptr },
	{ "parts of a chain join into one answer", joins_parts },
	{ "a copy stands on its own", copies },
};

UNIT_MAIN("wire/answer", cases)
