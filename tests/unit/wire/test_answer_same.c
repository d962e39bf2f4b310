#include "stubd/wire/answer_same.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static struct answer *
of(uint8_t first, uint8_t second, uint32_t ttl)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", ttl, first);
	if (second)
		packet_a(&p, "a.example", ttl, second);
	return packet_answer(&p, "a.example", TYPE_A, NULL);
}

static void
order_and_time_do_not_matter_but_each_record_does(void)
{
	struct answer *a = of(1, 2, 300), *b = of(2, 1, 5), *c = of(1, 3, 300), *d = of(1, 0, 300);

	CU_ASSERT_TRUE(answer_is_same(a, b));
	CU_ASSERT_FALSE(answer_is_same(a, c));
	CU_ASSERT_FALSE(answer_is_of(c, a));
	CU_ASSERT_TRUE(answer_is_of(d, a));
	CU_ASSERT_FALSE(answer_is_of(a, d));
	CU_ASSERT_FALSE(answer_is_same(a, d));
	b->rcode = RCODE_NXDOMAIN;
	CU_ASSERT_FALSE(answer_is_same(a, b));
	answer_free(a);
	answer_free(b);
	answer_free(c);
	answer_free(d);
}

static const struct unit_case cases[] = {
	{ "order and time do not matter, but each record does",
	    order_and_time_do_not_matter_but_each_record_does },
};

UNIT_MAIN("wire/answer_same", cases)
