#include "stubd/wire/age.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

/* The four octets there. */
static uint32_t
ttl_at(const struct packet *p, size_t at)
{
	struct rcur cur = rcur_make(p->bytes + at, 4);

	return rcur_u32(&cur);
}

static void
every_record_is_aged_and_none_below_zero(void)
{
	struct packet p;
	size_t a, soa, opt;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	a = packet_len(&p) - 10;
	packet_alias(&p, SECTION_AUTHORITY, "", TYPE_NS, 100, "");
	soa = packet_len(&p) - 7;
	packet_rr(&p, SECTION_ADDITIONAL, "", TYPE_OPT, OPT_DO, NULL, 0);
	opt = packet_len(&p) - 6;
	age_message(p.bytes, packet_len(&p), 120);
	CU_ASSERT_EQUAL(ttl_at(&p, a), 180);
	CU_ASSERT_EQUAL(ttl_at(&p, soa), 0);
	CU_ASSERT_EQUAL(ttl_at(&p, opt), OPT_DO);
	age_message(p.bytes, packet_len(&p), INT32_MAX);
	CU_ASSERT_EQUAL(ttl_at(&p, a), 0);
	CU_ASSERT_EQUAL(ttl_at(&p, opt), OPT_DO);
}

static void
a_message_that_ends_early_is_aged_as_far_as_it_goes(void)
{
	struct packet p;
	size_t first, n;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	first = packet_len(&p) - 10;
	packet_a(&p, "www.example", 300, 2);
	n = packet_len(&p);
	age_message(p.bytes, n - 1, 100);
	CU_ASSERT_EQUAL(ttl_at(&p, first), 200);
	CU_ASSERT_EQUAL(ttl_at(&p, n - 10), 300);
	for (size_t i = 0; i < first; i++)
		age_message(p.bytes, i, 100);
	CU_ASSERT_EQUAL(ttl_at(&p, first), 200);
}

static const struct unit_case cases[] = {
	{ "every record is aged, and none below zero", every_record_is_aged_and_none_below_zero },
	{ "a message that ends early is aged as far as it goes",
	    a_message_that_ends_early_is_aged_as_far_as_it_goes },
};

UNIT_MAIN("wire/age", cases)
