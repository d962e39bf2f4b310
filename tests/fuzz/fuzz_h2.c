/* Octets of a hostile HTTP/2 server into a client session with questions outstanding. */
#include "stubd/net/h2.h"
#include "stubd/net/http_time.h"

#include <stdlib.h>
#include <string.h>

enum { QUESTIONS = 4 };

struct client {
	struct h2 *h2;
	struct h2_stream *streams[QUESTIONS];
	unsigned told[QUESTIONS];
	unsigned sum;
};

static void
on_answered(void *arg, void *request, const struct h2_answer *answer)
{
	struct client *c = arg;
	size_t i = (size_t)((struct h2_stream **)request - c->streams);

	if (answer->len > H2_BODY || answer->age > HTTP_AGE_MOST ||
	    answer->retry_after > HTTP_RETRY_MOST || ++c->told[i] > 1)
		abort();
	c->streams[i] = NULL;
	for (size_t k = 0; k < answer->len; k++)
		c->sum += answer->body[k];
}

static void
on_goaway(void *arg)
{
	((struct client *)arg)->sum++;
}

static const struct h2_events events = { on_answered, on_goaway };

static long
drain(struct h2 *h2)
{
	const uint8_t *bytes;
	long n;

	while ((n = h2_take(h2, &bytes)) > 0)
		;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet: size of the pieces, and whether the last question is cancelled midway. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client c = { .h2 = h2_new("dns.test", "/dns-query", &events, &c) };
	size_t piece = size && (data[0] & 0x7f) ? data[0] & 0x7f : 4096;
	bool cancel = size && (data[0] & 0x80);
	const char *why;

	if (!c.h2 || !size)
		goto out;
	for (size_t i = 0; i < QUESTIONS; i++) {
		if (h2_ask(c.h2, (const uint8_t *)"question", 8, &c.streams[i], &c.streams[i]))
			abort();
	}
	if (drain(c.h2) < 0)
		goto out;
	for (size_t at = 1; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (h2_feed(c.h2, data + at, n, &why) || drain(c.h2) < 0)
			break;
		if (cancel && c.streams[QUESTIONS - 1]) {
			h2_cancel(c.streams[QUESTIONS - 1]);
			c.streams[QUESTIONS - 1] = NULL;
			c.told[QUESTIONS - 1] = 1; /* once more would be once too often */
			cancel = false;
		}
	}
out:
	h2_free(c.h2);
	return 0;
}
