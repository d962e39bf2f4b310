#include "stubd/wire/match.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static const char *
match(const struct packet *p, uint16_t id, const char *name, uint16_t type)
{
	struct question q = packet_question(name, type);

	return match_reply(p->bytes, packet_len(p), id, &q);
}

static void
matches_its_question(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR | FLAG_RA, "WWW.example", TYPE_A);
	CU_ASSERT_PTR_NULL(match(&p, 0x1234, "www.example", TYPE_A));
}

static void
says_what_differs(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	CU_ASSERT_STRING_EQUAL(match(&p, 0x1235, "www.example", TYPE_A), "wrong ID");
	CU_ASSERT_STRING_EQUAL(match(&p, 0x1234, "ww2.example", TYPE_A), "another name");
	CU_ASSERT_STRING_EQUAL(
	    match(&p, 0x1234, "www.example", TYPE_AAAA), "another type or class");
	packet_begin(&p, 0, "www.example", TYPE_A);
	CU_ASSERT_STRING_EQUAL(match(&p, 0x1234, "www.example", TYPE_A), "not a response");
	packet_begin(&p, FLAG_QR | 5 << 11, "www.example", TYPE_A);
	CU_ASSERT_STRING_EQUAL(match(&p, 0x1234, "www.example", TYPE_A), "wrong opcode");
	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	p.bytes[5] = 2;
	CU_ASSERT_STRING_EQUAL(match(&p, 0x1234, "www.example", TYPE_A), "more than one question");
}

static void
wants_the_question_on_success(void)
{
	static const unsigned rcodes[] = { RCODE_NOERROR, RCODE_NXDOMAIN };
	struct packet p;
	struct question q = packet_question("www.example", TYPE_A);

	for (int i = 0; i < 2; i++) {
		packet_begin(&p, FLAG_QR | rcodes[i], "www.example", TYPE_A);
		p.bytes[5] = 0;
		CU_ASSERT_STRING_EQUAL(match_reply(p.bytes, 12, 0x1234, &q), "no question");
	}
	packet_begin(&p, FLAG_QR | RCODE_FORMERR, "www.example", TYPE_A);
	p.bytes[5] = 0;
	CU_ASSERT_PTR_NULL(match_reply(p.bytes, 12, 0x1234, &q));
}

static bool
lacks_edns(const struct packet *p)
{
	return match_lacks_edns(p->bytes, packet_len(p));
}

static void
tells_servers_from_before_edns(void)
{
	static const uint8_t bare[12] = { 0x12, 0x34, 0x80, RCODE_FORMERR };
	struct packet p;

	CU_ASSERT(match_lacks_edns(bare, sizeof(bare)));
	CU_ASSERT_FALSE(match_lacks_edns(bare, sizeof(bare) - 1));
	packet_begin(&p, FLAG_QR | RCODE_FORMERR, "www.example", TYPE_A);
	CU_ASSERT(lacks_edns(&p));
	packet_opt(&p, 1232, 0);
	CU_ASSERT_FALSE(lacks_edns(&p));
	packet_begin(&p, FLAG_QR | RCODE_FORMERR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 9, 1);
	CU_ASSERT(lacks_edns(&p));
	p.bytes[7]++; /* a record that is not there */
	CU_ASSERT_FALSE(lacks_edns(&p));
	packet_begin(&p, FLAG_QR | RCODE_NOTIMP, "www.example", TYPE_A);
	CU_ASSERT_FALSE(lacks_edns(&p));
	packet_begin(&p, FLAG_QR | RCODE_SERVFAIL, "www.example", TYPE_A);
	CU_ASSERT_FALSE(lacks_edns(&p));
}

static void
refuses_fragments(void)
{
	struct packet p;
	struct question q = packet_question("www.example", TYPE_A);

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	for (size_t n = 0; n < packet_len(&p); n++)
		CU_ASSERT_PTR_NOT_NULL(match_reply(p.bytes, n, 0x1234, &q));
}

static void
is_whole(void)
{
	const struct question q = packet_question("www.example", TYPE_A);
	struct packet p;
	struct rcur opt;
	size_t n, records;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	records = packet_len(&p);
	CU_ASSERT_PTR_NULL(match_whole(p.bytes, packet_len(&p), 0x1234, &q, &opt));
	CU_ASSERT_EQUAL(rcur_left(&opt), 0);
	packet_a(&p, "www.example", 9, 1);
	packet_rr(&p, SECTION_ADDITIONAL, ".", TYPE_OPT, 0, "\0\13\0\0", 4);
	n = packet_len(&p);
	CU_ASSERT_PTR_NULL(match_whole(p.bytes, n, 0x1234, &q, &opt));
	CU_ASSERT_EQUAL(rcur_left(&opt), 4);
	CU_ASSERT_STRING_EQUAL(match_whole(p.bytes, n, 0x1235, &q, &opt), "wrong ID");
	for (size_t i = 0; i < records; i++)
		CU_ASSERT_PTR_NOT_NULL(match_whole(p.bytes, i, 0x1234, &q, &opt));
	for (size_t i = records; i < n; i++)
		CU_ASSERT_STRING_EQUAL(
		    match_whole(p.bytes, i, 0x1234, &q, &opt), "ends within its records");
	p.bytes[n] = 0;
	CU_ASSERT_STRING_EQUAL(
	    match_whole(p.bytes, n + 1, 0x1234, &q, &opt), "octets behind its last record");
	p.bytes[7]++; /* a record that is not there */
	CU_ASSERT_STRING_EQUAL(
	    match_whole(p.bytes, n, 0x1234, &q, &opt), "ends within its records");
}

static const struct unit_case cases[] = {
	{ "only FORMERR without OPT tells a server from before EDNS",
	    tells_servers_from_before_edns },
	{ "a reply to the question matches, whatever its spelling", matches_its_question },
	{ "what does not match is told", says_what_differs },
	{ "only a failure may leave the question out", wants_the_question_on_success },
	{ "a fragment matches nothing", refuses_fragments },
	{ "a message is whole that ends where its records do", is_whole },
};

UNIT_MAIN("wire/match", cases)
