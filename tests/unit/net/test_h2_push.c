#include "stubd/net/h2.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static void
on_answered(void *arg, void *request, const struct h2_answer *answer)
{
	(void)request;
	(void)answer;
	(*(int *)arg)++;
}

static void
on_goaway(void *arg)
{
	(void)arg;
}

static const struct h2_events events = { on_answered, on_goaway };

/* Takes all octets, and copies what fits; returns the last result. */
static long
take_all(struct h2 *h2, uint8_t *out, size_t cap, size_t *len)
{
	const uint8_t *bytes;
	long n;

	*len = 0;
	while ((n = h2_take(h2, &bytes)) > 0) {
		if ((size_t)n > cap - *len)
			n = (long)(cap - *len);
		memcpy(out + *len, bytes, (size_t)n);
		*len += (size_t)n;
	}
	return n;
}

static void
a_push_is_forbidden_and_ends_the_session(void)
{
	/* RFC 9113 section 6.5.2: SETTINGS_ENABLE_PUSH is 0 */
	static const uint8_t no_push[] = { 0, 2, 0, 0, 0, 0 };
	/* the server's own, and that it has seen ours */
	static const uint8_t settings[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0 };
	/* PUSH_PROMISE on stream 1, of stream 2, ":method: GET" (section 6.6) */
	static const uint8_t push[] = { 0, 0, 5, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82 };
	uint8_t sent[1024];
	size_t len;
	int answered = 0;
	const char *why = NULL;
	struct h2_stream *stream;
	struct h2 *h2 = h2_new("dns.test", "/dns-query", &events, &answered);

	CU_ASSERT_PTR_NOT_NULL_FATAL(h2);
	CU_ASSERT_EQUAL(h2_ask(h2, (const uint8_t *)"question", 8, NULL, &stream), 0);
	CU_ASSERT_EQUAL(take_all(h2, sent, sizeof(sent), &len), 0);
	CU_ASSERT_PTR_NOT_NULL(memmem(sent, len, no_push, sizeof(no_push)));
	CU_ASSERT_EQUAL(h2_feed(h2, settings, sizeof(settings), &why), 0);
	CU_ASSERT_EQUAL(take_all(h2, sent, sizeof(sent), &len), 0);
	(void)h2_feed(h2, push, sizeof(push), &why);
	CU_ASSERT_EQUAL(take_all(h2, sent, sizeof(sent), &len), -EPROTO);
	CU_ASSERT_EQUAL(answered, 0);
	h2_free(h2);
}

static const struct unit_case cases[] = {
	{ "a push is forbidden, and ends the session", a_push_is_forbidden_and_ends_the_session },
};

UNIT_MAIN("net/h2_push", cases)
