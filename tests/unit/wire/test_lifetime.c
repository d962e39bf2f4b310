#include "stubd/wire/lifetime.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static void
an_answer_lives_as_long_as_its_shortest_record(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), 300);
	packet_a(&p, "www.example", 60, 2);
	packet_alias(&p, SECTION_AUTHORITY, "example", TYPE_NS, 5, "ns.example");
	packet_rr(&p, SECTION_ADDITIONAL, "", TYPE_OPT, 1, NULL, 0);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), 60);
}

static void
what_is_not_there_is_gone_as_long_as_the_soa_says(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, "no.example", TYPE_A);
	packet_soa(&p, "example", 900, 300);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), 300);
	packet_begin(&p, FLAG_QR, "no.example", TYPE_A);
	packet_soa(&p, "example", 200, 300);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), 200);
	packet_begin(&p, FLAG_QR, "alias.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "alias.example", TYPE_CNAME, 50, "no.example");
	packet_soa(&p, "example", 200, 300);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), 50);
}

static void
what_has_no_time_is_not_kept(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), -1);
	packet_begin(&p, FLAG_QR | RCODE_SERVFAIL, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), -1);
	packet_begin(&p, FLAG_QR | RCODE_REFUSED, "www.example", TYPE_A);
	CU_ASSERT_EQUAL(lifetime_of(p.bytes, packet_len(&p)), -1);
}

static void
what_cannot_be_read_is_not_kept(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	for (size_t n = 0; n < packet_len(&p); n++)
		CU_ASSERT_EQUAL(lifetime_of(p.bytes, n), -1);
}

static const struct unit_case cases[] = {
	{ "an answer lives as long as its shortest record",
	    an_answer_lives_as_long_as_its_shortest_record },
	{ "what is not there is gone as long as the SOA says",
	    what_is_not_there_is_gone_as_long_as_the_soa_says },
	{ "what has no time is not kept", what_has_no_time_is_not_kept },
	{ "what cannot be read is not kept", what_cannot_be_read_is_not_kept },
};

UNIT_MAIN("wire/lifetime", cases)
