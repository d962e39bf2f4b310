#include "stubd/net/h2_mem.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PIECES = 100, LARGE = 100000 };

/* Is each octet that one? */
static bool
is_all(const uint8_t *piece, size_t n, uint8_t octet)
{
	for (size_t i = 0; i < n; i++)
		if (piece[i] != octet)
			return false;
	return true;
}

static void
pieces_of_all_sizes_are_apart(void)
{
	static struct h2_mem store;
	nghttp2_mem mem = h2_mem_hooks(&store);
	uint8_t *pieces[PIECES];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			pieces[i] = mem.malloc(i * 13, mem.mem_user_data);
			CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
			CU_ASSERT_EQUAL((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			memset(pieces[i], (int)i, i * 13);
		}
		for (size_t i = 0; i < PIECES; i++) {
			CU_ASSERT(is_all(pieces[i], i * 13, (uint8_t)i));
			mem.free(pieces[i], mem.mem_user_data);
		}
	}
	mem.free(NULL, mem.mem_user_data);
	h2_mem_clear(&store);
}

static void
a_piece_that_grows_keeps_what_is_in_it(void)
{
	static struct h2_mem store;
	nghttp2_mem mem = h2_mem_hooks(&store);
	uint8_t *piece = mem.realloc(NULL, 1, mem.mem_user_data);

	CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
	piece[0] = 7;
	for (size_t n = 2; n < LARGE; n = n * 3 / 2) {
		piece = mem.realloc(piece, n, mem.mem_user_data);
		CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
		CU_ASSERT(is_all(piece, n * 2 / 3, 7));
		memset(piece, 7, n);
	}
	mem.free(piece, mem.mem_user_data);
	h2_mem_clear(&store);
}

static void
zeroed_pieces_are_zero_though_they_were_used(void)
{
	static struct h2_mem store;
	nghttp2_mem mem = h2_mem_hooks(&store);
	uint8_t *piece = mem.malloc(200, mem.mem_user_data);

	CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
	memset(piece, 0xff, 200);
	mem.free(piece, mem.mem_user_data);
	piece = mem.calloc(20, 10, mem.mem_user_data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
	CU_ASSERT(is_all(piece, 200, 0));
	mem.free(piece, mem.mem_user_data);
	CU_ASSERT_PTR_NULL(mem.calloc(SIZE_MAX / 4, 8, mem.mem_user_data));
	CU_ASSERT_PTR_NULL(mem.malloc(SIZE_MAX - 8, mem.mem_user_data));
	h2_mem_clear(&store);
}

static const struct unit_case cases[] = {
	{ "pieces of all sizes are apart", pieces_of_all_sizes_are_apart },
	{ "a piece that grows keeps what is in it", a_piece_that_grows_keeps_what_is_in_it },
	{ "zeroed pieces are zero, though they were used",
	    zeroed_pieces_are_zero_though_they_were_used },
};

UNIT_MAIN("net/h2_mem", cases)
