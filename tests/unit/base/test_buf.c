#include "stubd/base/buf.h"

#include "tests/unit/unit.h"

static void
reads_back_what_was_written(void)
{
	uint8_t bytes[16];
	struct wcur w = wcur_make(bytes, sizeof(bytes));
	struct rcur r;

	wcur_u8(&w, 0x01);
	wcur_u16(&w, 0x0203);
	wcur_u32(&w, 0xfffefdfc);
	wcur_bytes(&w, "abc", 3);
	CU_ASSERT_FALSE(w.bad);
	CU_ASSERT_EQUAL(wcur_len(&w), 10);
	CU_ASSERT_EQUAL(wcur_left(&w), 6);
	r = rcur_make(bytes, wcur_len(&w));
	CU_ASSERT_EQUAL(rcur_u8(&r), 0x01);
	CU_ASSERT_EQUAL(rcur_u16(&r), 0x0203);
	CU_ASSERT_EQUAL(rcur_u32(&r), 0xfffefdfc);
	CU_ASSERT_EQUAL(rcur_offset(&r), 7);
	CU_ASSERT_EQUAL(memcmp(rcur_skip(&r, 3), "abc", 3), 0);
	CU_ASSERT_EQUAL(rcur_left(&r), 0);
	CU_ASSERT_FALSE(r.bad);
}

static void
stays_bad_after_a_short_read(void)
{
	static const uint8_t bytes[3] = { 1, 2, 3 };
	struct rcur r = rcur_make(bytes, sizeof(bytes));

	CU_ASSERT_EQUAL(rcur_u32(&r), 0);
	CU_ASSERT(r.bad);
	CU_ASSERT_EQUAL(rcur_u8(&r), 0); /* it would fit, but the cursor is bad */
	CU_ASSERT_PTR_NULL(rcur_skip(&r, 0));
	CU_ASSERT_EQUAL(rcur_offset(&r), 0);
}

static void
stays_bad_after_a_long_write(void)
{
	uint8_t bytes[4] = { 0, 0, 0, 9 };
	struct wcur w = wcur_make(bytes, 3);

	wcur_bytes(&w, "abcd", 4);
	CU_ASSERT(w.bad);
	wcur_u8(&w, 7);
	CU_ASSERT_EQUAL(wcur_len(&w), 0);
	CU_ASSERT_EQUAL(bytes[0], 0);
	CU_ASSERT_EQUAL(bytes[3], 9);
	CU_ASSERT_PTR_NULL(wcur_reserve(&w, 0));
}

static void
copies_and_compares_any_number_of_octets(void)
{
	uint8_t from[64], to[66];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i + 1);
	for (size_t n = 0; n <= sizeof(from); n++) {
		memset(to, 0xee, sizeof(to));
		copy_few(to + 1, from, n);
		CU_ASSERT_EQUAL(memcmp(to + 1, from, n), 0);
		CU_ASSERT_EQUAL(to[0], 0xee);
		CU_ASSERT_EQUAL(to[n + 1], 0xee);
		CU_ASSERT(same_few(to + 1, from, n));
		to[n + 1] = 0; /* behind them: no matter */
		CU_ASSERT(same_few(to + 1, from, n));
		for (size_t i = 0; i < n; i++) {
			to[1 + i] ^= 0x80;
			CU_ASSERT_FALSE(same_few(to + 1, from, n));
			to[1 + i] ^= 0x80;
		}
	}
}

static void
numbers_are_in_network_order_wherever_they_stand(void)
{
	uint8_t bytes[8] = { 0 };

	store_u16(bytes + 1, 0x1234);
	store_u32(bytes + 3, 0x56789abc);
	CU_ASSERT_EQUAL(memcmp(bytes, "\0\x12\x34\x56\x78\x9a\xbc", 8), 0);
	CU_ASSERT_EQUAL(load_u16(bytes + 1), 0x1234);
	CU_ASSERT_EQUAL(load_u32(bytes + 3), 0x56789abc);
}

static const struct unit_case cases[] = {
	{ "what was written reads back", reads_back_what_was_written },
	{ "a short read makes the cursor bad for good", stays_bad_after_a_short_read },
	{ "a write that does not fit makes the cursor bad for good", stays_bad_after_a_long_write },
	{ "any number of octets is copied and compared, and nothing beside them",
	    copies_and_compares_any_number_of_octets },
	{ "numbers are in network order, wherever they stand",
	    numbers_are_in_network_order_wherever_they_stand },
};

UNIT_MAIN("base/buf", cases)
