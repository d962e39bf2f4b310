#include "stubd/net/frame.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sink {
	size_t count, octets;
	uint8_t sum;
	size_t stop_after;
	struct frame_reader *free_it;
};

static bool
take(void *arg, const uint8_t *bytes, size_t n)
{
	struct sink *s = arg;

	s->count++;
	s->octets += n;
	for (size_t i = 0; i < n; i++)
		s->sum = (uint8_t)(s->sum * 31 + bytes[i]);
	if (s->free_it) {
		frame_clear(s->free_it);
		free(s->free_it);
		return false;
	}
	return s->count != s->stop_after;
}

/* Three messages of 12, 300 and 65,535 octets on one stream. */
static uint8_t *
three(size_t *n)
{
	static const size_t sizes[] = { 12, 300, FRAME_MAX };
	uint8_t *bytes = malloc(12 + 300 + FRAME_MAX + 3 * FRAME_HEAD), *p = bytes;

	for (size_t i = 0; i < 3; i++) {
		frame_head(p, sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			p[FRAME_HEAD + k] = (uint8_t)(k * 13 + i);
		p += FRAME_HEAD + sizes[i];
	}
	*n = (size_t)(p - bytes);
	return bytes;
}

static void
messages_come_out_whole_however_the_stream_is_cut(void)
{
	static const size_t cuts[] = { 1, 2, 3, 13, 14, 15, 313, 4096, 100000 };
	size_t n;
	uint8_t *bytes = three(&n), sum = 0;

	for (size_t c = 0; c < sizeof(cuts) / sizeof(*cuts); c++) {
		struct frame_reader reader = { 0 };
		struct sink s = { 0 };

		for (size_t at = 0; at < n; at += cuts[c]) {
			size_t len = n - at < cuts[c] ? n - at : cuts[c];
			uint8_t *piece = malloc(len); /* so that reading beyond it is seen */

			memcpy(piece, bytes + at, len);
			CU_ASSERT_EQUAL(frame_feed(&reader, piece, len, take, &s), 0);
			free(piece);
		}
		CU_ASSERT_EQUAL(s.count, 3);
		CU_ASSERT_EQUAL(s.octets, 12 + 300 + FRAME_MAX);
		CU_ASSERT_EQUAL(reader.have, 0);
		if (c)
			CU_ASSERT_EQUAL(s.sum, sum);
		sum = s.sum;
		frame_clear(&reader);
	}
	free(bytes);
}

static void
a_length_below_a_header_is_refused(void)
{
	static const uint8_t zero[] = { 0, 0 }, eleven[] = { 0, 11, 1, 2, 3 };
	struct frame_reader reader = { 0 };
	struct sink s = { 0 };

	CU_ASSERT_EQUAL(frame_feed(&reader, zero, 2, take, &s), -EBADMSG);
	CU_ASSERT_EQUAL(frame_feed(&reader, eleven, 1, take, &s), 0);
	CU_ASSERT_EQUAL(reader.have, 1);
	CU_ASSERT_EQUAL(frame_feed(&reader, eleven + 1, 4, take, &s), -EBADMSG);
	CU_ASSERT_EQUAL(s.count, 0);
	frame_clear(&reader);
}

static void
memory_grows_with_what_came_and_not_with_what_was_promised(void)
{
	static const uint8_t promise[] = { 0xff, 0xff, 1, 2, 3 };
	struct frame_reader reader = { 0 };
	struct sink s = { 0 };

	CU_ASSERT_EQUAL(frame_feed(&reader, promise, sizeof(promise), take, &s), 0);
	CU_ASSERT_EQUAL(reader.have, sizeof(promise));
	CU_ASSERT(reader.cap <= 1024);
	frame_clear(&reader);
	CU_ASSERT_EQUAL(reader.have, 0);
}

static void
the_callback_stops_it_and_may_free_the_reader(void)
{
	size_t n;
	uint8_t *bytes = three(&n);
	struct frame_reader reader = { 0 };
	struct sink s = { .stop_after = 1 };

	CU_ASSERT_EQUAL(frame_feed(&reader, bytes, n, take, &s), 0);
	CU_ASSERT_EQUAL(s.count, 1);
	for (size_t first = 1; first < 14; first += 6) {
		struct frame_reader *heap = calloc(1, sizeof(*heap));
		struct sink freeing = { .free_it = heap };

		CU_ASSERT_EQUAL(frame_feed(heap, bytes, first, take, &freeing), 0);
		CU_ASSERT_EQUAL(frame_feed(heap, bytes + first, n - first, take, &freeing), 0);
		CU_ASSERT_EQUAL(freeing.count, 1);
		CU_ASSERT_EQUAL(freeing.octets, 12);
	}
	free(bytes);
}

static const struct unit_case cases[] = {
	{ "messages come out whole however the stream is cut",
	    messages_come_out_whole_however_the_stream_is_cut },
	{ "a length below a header is refused", a_length_below_a_header_is_refused },
	{ "memory grows with what came and not with what was promised",
	    memory_grows_with_what_came_and_not_with_what_was_promised },
	{ "the callback stops it and may free the reader",
	    the_callback_stops_it_and_may_free_the_reader },
};

UNIT_MAIN("net/frame", cases)
