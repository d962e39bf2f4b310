/* Octets of a TCP stream, in pieces, into the frame reader. */
#include "stubd/net/frame.h"

#include <stdlib.h>
#include <string.h>

struct sink {
	size_t octets;
	unsigned sum;
};

static bool
take(void *arg, const uint8_t *bytes, size_t n)
{
	struct sink *s = arg;

	if (n < FRAME_MIN || n > FRAME_MAX)
		abort();
	s->octets += FRAME_HEAD + n;
	for (size_t i = 0; i < n; i++)
		s->sum += bytes[i];
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet is the size of the pieces. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader whole = { 0 }, cut = { 0 };
	struct sink a = { 0 }, b = { 0 };
	size_t piece = size ? data[0] + 1u : 1;
	int ra, rb = 0;

	if (!size)
		return 0;
	data++;
	size--;
	ra = frame_feed(&whole, data, size, take, &a);
	for (size_t at = 0; !rb && at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		rb = frame_feed(&cut, data + at, n, take, &b);
	}
	/* However it is cut, the same comes out. */
	if (ra != rb || a.octets != b.octets || a.sum != b.sum || a.octets > size)
		abort();
	frame_clear(&whole);
	frame_clear(&cut);
	return 0;
}
