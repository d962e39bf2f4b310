#include "stubd/wire/padding.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static void
begin(struct packet *p, const void *options, size_t n)
{
	packet_begin(p, FLAG_QR, "www.example", TYPE_A);
	packet_a(p, "www.example", 300, 1);
	packet_rr(p, SECTION_ADDITIONAL, "", TYPE_OPT, 0, options, n);
}

static void
a_reply_is_padded_to_whole_blocks(void)
{
	static const uint8_t ede[] = { 0, 15, 0, 2, 0, 22 };
	struct packet p;
	size_t n, more;

	begin(&p, ede, sizeof(ede));
	n = packet_len(&p);
	CU_ASSERT_FALSE(padding_asked(p.bytes, n));
	more = padding_needed(p.bytes, n);
	CU_ASSERT_EQUAL_FATAL(n + more, PADDING_BLOCK);
	padding_add(p.bytes, n, more);
	CU_ASSERT_TRUE(padding_asked(p.bytes, n + more));
	CU_ASSERT_EQUAL(memcmp(p.bytes + n - sizeof(ede), ede, sizeof(ede)), 0);
	CU_ASSERT_EQUAL(load_u16(p.bytes + n - sizeof(ede) - 2), sizeof(ede) + more);
	CU_ASSERT_EQUAL(load_u16(p.bytes + n + 2), more - 4);
}

static void
a_length_that_leaves_no_room_takes_another_block(void)
{
	uint8_t options[600] = { 0xff, 0 };
	struct packet p;

	for (size_t fill = 1; fill < 500; fill++) {
		size_t n, more;

		store_u16(options + 2, (unsigned)fill);
		begin(&p, options, fill + 4);
		n = packet_len(&p);
		more = padding_needed(p.bytes, n);
		CU_ASSERT_EQUAL((n + more) % PADDING_BLOCK, 0);
		CU_ASSERT(more >= 4 && more < PADDING_BLOCK + 4);
	}
}

static void
what_has_no_opt_is_not_padded(void)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	CU_ASSERT_EQUAL(padding_needed(p.bytes, packet_len(&p)), 0);
	CU_ASSERT_FALSE(padding_asked(p.bytes, packet_len(&p)));
	begin(&p, NULL, 0);
	for (size_t n = 0; n < packet_len(&p); n++)
		CU_ASSERT_EQUAL(padding_needed(p.bytes, n), 0);
}

static void
what_would_be_too_long_is_not_padded(void)
{
	static uint8_t options[65470] = { 0xff, 0 };
	struct packet p;

	store_u16(options + 2, sizeof(options) - 4);
	begin(&p, options, sizeof(options));
	CU_ASSERT_EQUAL(padding_needed(p.bytes, packet_len(&p)), 0);
}

static void
an_option_that_is_cut_off_does_not_count(void)
{
	static const uint8_t cut[] = { 0, 12, 0, 9, 0 }, whole[] = { 0, 12, 0, 0 };
	struct packet p;

	begin(&p, cut, sizeof(cut));
	CU_ASSERT_FALSE(padding_asked(p.bytes, packet_len(&p)));
	begin(&p, whole, sizeof(whole));
	CU_ASSERT_TRUE(padding_asked(p.bytes, packet_len(&p)));
}

static const struct unit_case cases[] = {
	{ "a reply is padded to whole blocks", a_reply_is_padded_to_whole_blocks },
	{ "a length that leaves no room takes another block",
	    a_length_that_leaves_no_room_takes_another_block },
	{ "what has no OPT, or is cut, is not padded", what_has_no_opt_is_not_padded },
	{ "what would be too long is not padded", what_would_be_too_long_is_not_padded },
	{ "an option that is cut off does not count", an_option_that_is_cut_off_does_not_count },
};

UNIT_MAIN("wire/padding", cases)
