#include "stubd/engine/except.h"
#include "stubd/engine/message.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct receiver {
	struct except_parts parts;
	size_t messages, ends;
	bool by_recursion;
	int error; /* to be returned by the third message */
};

/* Takes each message as the helper does, by way of its octets. */
static int
receive(void *arg, const struct message *message)
{
	static uint8_t octets[MESSAGE_MAX];
	struct receiver *r = arg;
	const size_t n = message_write(octets, sizeof(octets), message);
	struct message m;

	CU_ASSERT_TRUE_FATAL(n > MESSAGE_HEAD);
	CU_ASSERT_EQUAL_FATAL(message_read(octets + MESSAGE_HEAD, n - MESSAGE_HEAD, &m), 0);
	if (++r->messages == 3 && r->error)
		return r->error;
	if (m.type == MESSAGE_EXCEPT_PART)
		return except_take(&r->parts, &m);
	r->ends++;
	r->by_recursion = m.config.exceptions.root_by_recursion;
	return 0;
}

static char *
long_text(size_t n, char c)
{
	char *text = malloc(n + 1);

	memset(text, c, n);
	text[n] = '\0';
	return text;
}

static void
long_texts_arrive_whole_and_before_the_end(void)
{
	struct engine_exceptions sent = { .insecure = long_text(3 * EXCEPT_PART + 1, 'i'),
		.anchors = long_text(EXCEPT_PART, 'a'),
		.dead_ends = long_text(EXCEPT_PART + 1, 's'),
		.root_by_recursion = true };
	struct receiver r = { .messages = 0 };

	CU_ASSERT_EQUAL(except_send(&sent, receive, &r), 0);
	CU_ASSERT_EQUAL(r.messages, 8);
	CU_ASSERT_EQUAL(r.ends, 1);
	CU_ASSERT_TRUE(r.by_recursion);
	CU_ASSERT_STRING_EQUAL(r.parts.texts[EXCEPT_INSECURE], sent.insecure);
	CU_ASSERT_STRING_EQUAL(r.parts.texts[EXCEPT_ANCHORS], sent.anchors);
	CU_ASSERT_STRING_EQUAL(r.parts.texts[EXCEPT_DEAD_ENDS], sent.dead_ends);
	except_clear(&r.parts);
	CU_ASSERT_PTR_NULL(r.parts.texts[EXCEPT_INSECURE]);
	free(sent.insecure);
	free(sent.dead_ends);
	free(sent.anchors);
}

static void
none_at_all_are_an_end_only(void)
{
	struct receiver r = { .messages = 0 };

	CU_ASSERT_EQUAL(except_send(&(struct engine_exceptions){ 0 }, receive, &r), 0);
	CU_ASSERT_EQUAL(r.messages, 1);
	CU_ASSERT_EQUAL(r.ends, 1);
}

static void
sending_stops_at_the_first_error(void)
{
	struct engine_exceptions sent = { .insecure = long_text(9 * EXCEPT_PART, 'i') };
	struct receiver r = { .error = -ENOBUFS };

	CU_ASSERT_EQUAL(except_send(&sent, receive, &r), -ENOBUFS);
	CU_ASSERT_EQUAL(r.messages, 3);
	except_clear(&r.parts);
	free(sent.insecure);
}

static void
too_long_a_text_is_refused_by_both_sides(void)
{
	struct engine_exceptions most = { .anchors = long_text(EXCEPT_MAX, 'a') };
	struct engine_exceptions more = { .anchors = long_text(EXCEPT_MAX + 1, 'a') };
	struct receiver r = { .messages = 0 };

	CU_ASSERT_EQUAL(except_check(&most), 0);
	CU_ASSERT_EQUAL(except_check(&more), -E2BIG);
	CU_ASSERT_EQUAL(except_send(&most, receive, &r), 0);
	CU_ASSERT_EQUAL(except_send(&most, receive, &r), -EBADMSG);
	except_clear(&r.parts);
	free(most.anchors);
	free(more.anchors);
}

static void
a_text_with_a_nul_is_refused(void)
{
	struct except_parts parts = { .len = { 0 } };
	const struct message m = {
		.type = MESSAGE_EXCEPT_PART, .wire = (const uint8_t *)"a\0b", .len = 3
	};

	CU_ASSERT_EQUAL(except_take(&parts, &m), -EBADMSG);
	except_clear(&parts);
}

static const struct unit_case cases[] = {
	{ "long texts arrive whole, and before the end",
	    long_texts_arrive_whole_and_before_the_end },
	{ "none at all are an end only", none_at_all_are_an_end_only },
	{ "sending stops at the first error", sending_stops_at_the_first_error },
	{ "too long a text is refused by both sides", too_long_a_text_is_refused_by_both_sides },
	{ "a text with a NUL is refused", a_text_with_a_nul_is_refused },
};

UNIT_MAIN("except", cases)
