#include "stubd/net/frame.h"
#include "stubd/net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_FIRST = 512 };

/* Makes room for `want` octets in all. */
static int
grow(struct frame_reader *reader, size_t want)
{
	size_t cap = reader->cap ? reader->cap : KEEP_FIRST;
	uint8_t *buf;

	if (want <= reader->cap)
		return 0;
	while (cap < want)
		cap *= 2;
	buf = realloc(reader->buf, cap);
	if (!buf)
		return -ENOMEM;
	reader->buf = buf;
	reader->cap = cap;
	return 0;
}

static int
keep(struct frame_reader *reader, const uint8_t *bytes, size_t n)
{
	int error = n ? grow(reader, reader->have + n) : 0;

	if (error || !n)
		return error;
	memcpy(reader->buf + reader->have, bytes, n);
	reader->have += n;
	return 0;
}

static size_t
head_value(const uint8_t *head)
{
	return (size_t)head[0] << 8 | head[1];
}

/* Octets that the kept frame has when complete, as far as is known. */
static size_t
wanted(const struct frame_reader *reader)
{
	return reader->have < FRAME_HEAD ? FRAME_HEAD : FRAME_HEAD + head_value(reader->buf);
}

/* Completes the kept frame from the bytes at *bytes; moves them on. Returns 0, or -errno. */
static int
complete(struct frame_reader *reader, const uint8_t **bytes, size_t *n)
{
	while (*n && reader->have < wanted(reader)) {
		size_t missing = wanted(reader) - reader->have, take = missing < *n ? missing : *n;
		int error = keep(reader, *bytes, take);

		if (error)
			return error;
		*bytes += take;
		*n -= take;
		if (reader->have == FRAME_HEAD && head_value(reader->buf) < FRAME_MIN)
			return -EBADMSG;
	}
	return 0;
}

int
frame_feed(struct frame_reader *reader, const uint8_t *bytes, size_t n, frame_cb *cb, void *arg)
{
	size_t len;
	int error;

	if (reader->have) {
		struct frame_reader kept;
		bool more;

		error = complete(reader, &bytes, &n);
		if (error || reader->have < wanted(reader))
			return error;
		/* The callback may free the reader, but not the message that it was handed. */
		kept = *reader;
		memset(reader, 0, sizeof(*reader));
		more = cb(arg, kept.buf + FRAME_HEAD, kept.have - FRAME_HEAD);
		frame_clear(&kept);
		if (!more)
			return 0;
	}
	while (n >= FRAME_HEAD) {
		len = head_value(bytes);
		if (len < FRAME_MIN)
			return -EBADMSG;
		if (n - FRAME_HEAD < len)
			break;
		if (!cb(arg, bytes + FRAME_HEAD, len))
			return 0;
		bytes += FRAME_HEAD + len;
		n -= FRAME_HEAD + len;
	}
	return keep(reader, bytes, n);
}

void
frame_clear(struct frame_reader *reader)
{
	free(reader->buf);
	memset(reader, 0, sizeof(*reader));
}

void
frame_head(uint8_t head[FRAME_HEAD], size_t n)
{
	head[0] = (uint8_t)(n >> 8);
	head[1] = (uint8_t)n;
}

int
frame_write(struct stream *stream, const uint8_t *bytes, size_t n)
{
	uint8_t head[FRAME_HEAD];

	frame_head(head, n);
	return stream_write2(stream, head, sizeof(head), bytes, n);
}
