#include "stubd/engine/message.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct question question = {
	.name = { 13, "\7example\3com" }, .type = TYPE_A, .class = CLASS_IN
};

/* www.example.com CNAME example.com, A 192.0.2.1 */
static const uint8_t reply[] = { 0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7, 'e',
	'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0,
	0, 60, 0, 2, 0xc0, 16, 0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };

static uint8_t octets[MESSAGE_MAX];

/* Writes and reads it; returns the octets behind the head. */
static size_t
there_and_back(const struct message *message, struct message *out)
{
	const size_t n = message_write(octets, sizeof(octets), message);

	CU_ASSERT_TRUE_FATAL(n > MESSAGE_HEAD);
	CU_ASSERT_EQUAL((size_t)octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3],
	    n - MESSAGE_HEAD);
	CU_ASSERT_EQUAL_FATAL(message_read(octets + MESSAGE_HEAD, n - MESSAGE_HEAD, out), 0);
	CU_ASSERT_EQUAL(out->type, message->type);
	CU_ASSERT_EQUAL(out->id, message->id);
	return n - MESSAGE_HEAD;
}

static const struct message each[] = {
	{ .type = MESSAGE_CONFIG,
	    .level = 2,
	    .config = { .root_hints = "/hints",
		.trust_anchors = "/anchors",
		.exceptions = { .root_state = "/state" } } },
	{ .type = MESSAGE_RECURSE, .id = 1, .timeout = 4500, .question = question },
	{ .type = MESSAGE_VALIDATE,
	    .id = UINT64_MAX,
	    .timeout = UINT32_MAX,
	    .question = question,
	    .cut = true,
	    .wire = reply,
	    .len = sizeof(reply) },
	{ .type = MESSAGE_CANCEL, .id = 1ULL << 40 },
	{ .type = MESSAGE_FETCHED, .id = 3, .wire = reply, .len = sizeof(reply) },
	{ .type = MESSAGE_FETCHED, .id = 4, .end = FETCH_LOST },
	{ .type = MESSAGE_FORGET },
	{ .type = MESSAGE_TIME, .config = { .time = 1795728935 } },
	{ .type = MESSAGE_PING },
	{ .type = MESSAGE_RESULT,
	    .id = 5,
	    .result = { .error = -EAGAIN, .rcode = 2, .why = "no way" } },
	{ .type = MESSAGE_RESULT,
	    .id = 6,
	    .result = { .rcode = 3,
		.security = SECURITY_SECURE,
		.wire = reply,
		.len = sizeof(reply),
		.why = "" } },
	{ .type = MESSAGE_FETCH, .id = 7, .question = question },
	{ .type = MESSAGE_STATS,
	    .stats = { .chain_questions = 1ULL << 33, .strangers = 2, .recursing = true } },
	{ .type = MESSAGE_PONG },
	{ .type = MESSAGE_EXCEPT_PART, .which = EXCEPT_ANCHORS, .wire = reply, .len = 5 },
	{ .type = MESSAGE_EXCEPT, .config = { .exceptions = { .root_by_recursion = true } } },
	{ .type = MESSAGE_HELLO, .version = "1.2.3 fedcba9876543210" },
};

static void
every_message_comes_back_as_it_was(void)
{
	struct message m;

	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		there_and_back(&each[i], &m);
		CU_ASSERT_EQUAL(m.timeout, each[i].timeout);
		CU_ASSERT_EQUAL(m.question.type, each[i].question.type);
		if (each[i].question.type)
			CU_ASSERT_TRUE(name_equal(&m.question.name, &each[i].question.name));
		CU_ASSERT_EQUAL(m.cut, each[i].cut);
		CU_ASSERT_EQUAL(m.end, each[i].end);
		CU_ASSERT_EQUAL(m.which, each[i].which);
		CU_ASSERT_EQUAL(m.config.exceptions.root_by_recursion,
		    each[i].config.exceptions.root_by_recursion);
		if (each[i].config.exceptions.root_state)
			CU_ASSERT_STRING_EQUAL(
			    m.config.exceptions.root_state, each[i].config.exceptions.root_state);
		CU_ASSERT_EQUAL_FATAL(m.len, each[i].len);
		CU_ASSERT_TRUE(!m.len || memcmp(m.wire, each[i].wire, m.len) == 0);
		CU_ASSERT_EQUAL(m.result.error, each[i].result.error);
		CU_ASSERT_EQUAL(m.result.rcode, each[i].result.rcode);
		CU_ASSERT_EQUAL(m.result.security, each[i].result.security);
		CU_ASSERT_EQUAL(m.result.len, each[i].result.len);
		if (each[i].result.why)
			CU_ASSERT_STRING_EQUAL(m.result.why, each[i].result.why);
		CU_ASSERT_EQUAL(m.stats.chain_questions, each[i].stats.chain_questions);
		CU_ASSERT_EQUAL(m.stats.strangers, each[i].stats.strangers);
		CU_ASSERT_EQUAL(m.stats.recursing, each[i].stats.recursing);
		CU_ASSERT_EQUAL(m.stats.validating, each[i].stats.validating);
		CU_ASSERT_EQUAL(m.config.time, each[i].config.time);
		if (each[i].config.root_hints)
			CU_ASSERT_STRING_EQUAL(m.config.root_hints, each[i].config.root_hints);
		CU_ASSERT_PTR_NULL(m.config.outgoing_interface);
		if (each[i].version)
			CU_ASSERT_STRING_EQUAL(m.version, each[i].version);
	}
}

static void
a_message_cut_or_longer_is_none(void)
{
	struct message m;

	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		const size_t n = there_and_back(&each[i], &m);

		for (size_t cut = 0; cut < n; cut++)
			CU_ASSERT_EQUAL(message_read(octets + MESSAGE_HEAD, cut, &m), -EBADMSG);
		octets[MESSAGE_HEAD + n] = 0;
		CU_ASSERT_EQUAL(message_read(octets + MESSAGE_HEAD, n + 1, &m), -EBADMSG);
	}
}

/* Writes it, sets one octet behind the head, and reads it. */
static int
spoiled(const struct message *message, size_t at, uint8_t octet)
{
	const size_t n = message_write(octets, sizeof(octets), message);
	struct message m;

	CU_ASSERT_TRUE_FATAL(MESSAGE_HEAD + at < n);
	octets[MESSAGE_HEAD + at] = octet;
	return message_read(octets + MESSAGE_HEAD, n - MESSAGE_HEAD, &m);
}

/* Other builds read it, too: its octets are these for ever. */
static void
a_greeting_never_changes_its_form(void)
{
	static const uint8_t wanted[] = { 0, 0, 0, 9, 255, 0, 6, '1', '.', '0', ' ', 'a', 0 };
	const struct message hello = { .type = MESSAGE_HELLO, .version = "1.0 a" };

	CU_ASSERT_EQUAL(message_write(octets, sizeof(octets), &hello), sizeof(wanted));
	CU_ASSERT_EQUAL(memcmp(octets, wanted, sizeof(wanted)), 0);
}

static void
a_build_that_cannot_be_shown_is_none(void)
{
	char text[MESSAGE_VERSION_MAX + 1];
	const struct message hello = { .type = MESSAGE_HELLO, .version = text };

	memset(text, 'v', sizeof(text));
	text[MESSAGE_VERSION_MAX - 1] = '\0';
	CU_ASSERT_EQUAL(spoiled(&hello, 3, '~'), 0);
	CU_ASSERT_EQUAL(spoiled(&hello, 3, '\n'), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&hello, 3, 0x7f), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&hello, 3, 0xe4), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&hello, 3, '\0'), -EBADMSG);
	text[MESSAGE_VERSION_MAX - 1] = 'v';
	text[MESSAGE_VERSION_MAX] = '\0';
	CU_ASSERT_EQUAL(spoiled(&hello, 3, '~'), -EBADMSG);
	text[0] = '\0';
	CU_ASSERT_EQUAL(spoiled(&hello, 3, '\0'), -EBADMSG);
}

static void
codes_out_of_range_are_refused(void)
{
	const struct message result = { .type = MESSAGE_RESULT, .result = { .why = "x" } };
	const struct message fetched = { .type = MESSAGE_FETCHED, .end = FETCH_LOST };
	const struct message part = {
		.type = MESSAGE_EXCEPT_PART, .wire = (const uint8_t *)"a.", .len = 2
	};
	const struct message except = { .type = MESSAGE_EXCEPT };
	const struct message fetch = { .type = MESSAGE_FETCH, .question = question };

	CU_ASSERT_EQUAL(spoiled(&result, 0, 0), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&result, 0, MESSAGE_EXCEPT + 1), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&result, 9, 6), -EBADMSG);   /* error */
	CU_ASSERT_EQUAL(spoiled(&result, 10, 16), -EBADMSG); /* rcode */
	CU_ASSERT_EQUAL(spoiled(&result, 11, SECURITY_TRUSTED), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&result, 15, 'y'), -EBADMSG); /* the NUL */
	CU_ASSERT_EQUAL(spoiled(&result, 14, 0), -EBADMSG);   /* a second one */
	CU_ASSERT_EQUAL(spoiled(&fetched, 9, FETCH_LOST + 1), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&fetched, 9, FETCH_ANSWERED), -EBADMSG); /* without an answer */
	CU_ASSERT_EQUAL(spoiled(&part, 1, EXCEPT_ANCHORS), 0);
	CU_ASSERT_EQUAL(spoiled(&part, 1, EXCEPT_TEXTS), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&part, 5, 1), -EBADMSG); /* the length */
	CU_ASSERT_EQUAL(spoiled(&part, 5, 3), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&except, 1, 2), -EBADMSG);
	CU_ASSERT_EQUAL(spoiled(&fetch, 9, 64), -EBADMSG); /* a label */
	CU_ASSERT_EQUAL(spoiled(&fetch, 25, CLASS_CH), -EBADMSG);
}

static void
nothing_bogus_has_a_message(void)
{
	struct message m = { .type = MESSAGE_RESULT,
		.result = { .security = SECURITY_BOGUS,
		    .wire = reply,
		    .len = sizeof(reply),
		    .why = "forged" } };
	size_t n = message_write(octets, sizeof(octets), &m);

	CU_ASSERT_EQUAL(message_read(octets + MESSAGE_HEAD, n - MESSAGE_HEAD, &m), -EBADMSG);
	m.result =
	    (struct engine_result){ .error = -EIO, .wire = reply, .len = sizeof(reply), .why = "" };
	n = message_write(octets, sizeof(octets), &m);
	CU_ASSERT_EQUAL(message_read(octets + MESSAGE_HEAD, n - MESSAGE_HEAD, &m), -EBADMSG);
}

static void
what_does_not_fit_is_not_written(void)
{
	static char path[5000];
	struct message m = { .type = MESSAGE_CONFIG,
		.config = { .root_hints = path, .trust_anchors = path } };

	memset(path, 'x', sizeof(path) - 1);
	CU_ASSERT_EQUAL(message_write(octets, sizeof(octets), &m), 0);
	m = each[1];
	for (size_t cap = 0; cap < 20; cap++)
		CU_ASSERT_EQUAL(message_write(octets, cap, &m), 0);
	m.type = MESSAGE_RESULT;
	m.result = (struct engine_result){ .error = -ENOSYS, .why = "" };
	CU_ASSERT_EQUAL(message_write(octets, sizeof(octets), &m), 0);
}

/* The longest there is: 65,535 octets. */
static void
a_longest_answer_fits(void)
{
	static uint8_t longest[65535];
	struct message m = each[2], back;

	memcpy(longest, reply, sizeof(reply));
	m.wire = longest;
	m.len = sizeof(longest);
	there_and_back(&m, &back);
	CU_ASSERT_EQUAL(back.len, sizeof(longest));
	m.len++;
	CU_ASSERT_EQUAL(message_write(octets, sizeof(octets), &m), 0);
}

static void
an_answer_keeps_its_records_and_chain(void)
{
	struct question asked = {
		.name = { 17, "\3www\7example\3com" }, .type = TYPE_A, .class = CLASS_IN
	};
	struct answer *before = NULL, *after = NULL;
	uint8_t wire[512];
	const char *why;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(
	    answer_from_reply(reply, sizeof(reply), &asked, NULL, NULL, &before, &why), 0);
	n = message_from_answer(wire, sizeof(wire), before);
	CU_ASSERT_EQUAL_FATAL(message_to_answer(wire, n, true, &after), 0);
	CU_ASSERT_TRUE(after->cut);
	CU_ASSERT_EQUAL(after->ancount, 2);
	CU_ASSERT_TRUE(answer_reaches(after, &question.name));
	CU_ASSERT_EQUAL_FATAL(after->len, before->len);
	CU_ASSERT_EQUAL(memcmp(after->wire, before->wire, after->len), 0);
	CU_ASSERT_EQUAL(after->security, SECURITY_UNCHECKED);
	answer_free(after);
	CU_ASSERT_EQUAL(message_from_answer(wire, 20, before), 0);
	for (size_t cut = 0; cut < n; cut++)
		CU_ASSERT_EQUAL(message_to_answer(wire, cut, false, &after), -EBADMSG);
	answer_free(before);
}

static const struct unit_case cases[] = {
	{ "every message comes back as it was", every_message_comes_back_as_it_was },
	{ "a message that is cut, or longer, is none", a_message_cut_or_longer_is_none },
	{ "a greeting never changes its form", a_greeting_never_changes_its_form },
	{ "a build that cannot be shown is none", a_build_that_cannot_be_shown_is_none },
	{ "codes out of range are refused", codes_out_of_range_are_refused },
	{ "nothing bogus or failed has a message", nothing_bogus_has_a_message },
	{ "what does not fit is not written", what_does_not_fit_is_not_written },
	{ "the longest answer fits", a_longest_answer_fits },
	{ "an answer keeps its records and its chain", an_answer_keeps_its_records_and_chain },
};

UNIT_MAIN("message", cases)
