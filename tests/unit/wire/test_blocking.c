#include "stubd/wire/blocking.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { COUNTS = 6 };

static const struct name asked = { 3, { 1, 'x' } };

/* A reply for "x" with these records behind the question, all in the answer section but for a last OPT. */
static size_t
make(uint8_t *out, unsigned rcode, unsigned ancount, bool opt, const uint8_t *records, size_t n)
{
	static const uint8_t question[] = { 1, 'x', 0, 0, 1, 0, 1 };

	memset(out, 0, MSG_HEADER);
	out[2] = 0x81;
	out[3] = (uint8_t)rcode;
	out[5] = 1;
	out[COUNTS + 1] = (uint8_t)ancount;
	out[11] = opt;
	memcpy(out + MSG_HEADER, question, sizeof(question));
	memcpy(out + MSG_HEADER + sizeof(question), records, n);
	return MSG_HEADER + sizeof(question) + n;
}

static enum ede
of_error(unsigned rcode, unsigned code)
{
	const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 13, 0, 12, 0, 1, 0, 0, 15, 0, 4, 0,
		(uint8_t)code, 'h', 'i' };
	uint8_t reply[128];

	return blocking_find(reply, make(reply, rcode, 0, true, opt, sizeof(opt)), &asked);
}

static void
errors_of_blocking_are_found_among_options(void)
{
	CU_ASSERT_EQUAL(of_error(RCODE_NXDOMAIN, 15), EDE_BLOCKED);
	CU_ASSERT_EQUAL(of_error(RCODE_REFUSED, 16), EDE_CENSORED);
	CU_ASSERT_EQUAL(of_error(RCODE_NOERROR, 17), EDE_FILTERED);
	CU_ASSERT_EQUAL(of_error(RCODE_NXDOMAIN, 18), EDE_PROHIBITED);
	CU_ASSERT_EQUAL(of_error(RCODE_REFUSED, 18), EDE_NONE);
	CU_ASSERT_EQUAL(of_error(RCODE_SERVFAIL, 22), EDE_NONE);
	CU_ASSERT_EQUAL(of_error(RCODE_NXDOMAIN, 14), EDE_NONE);
}

static void
the_unspecified_address_alone_is_blocking(void)
{
	static const uint8_t nowhere[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 0, 0, 0, 0 };
	static const uint8_t both[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 0, 0, 0, 0, 0xc0,
		12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1 };
	static const uint8_t six[] = { 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 16, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t reply[128];
	size_t n = make(reply, 0, 1, false, nowhere, sizeof(nowhere));

	CU_ASSERT_EQUAL(blocking_find(reply, n, &asked), EDE_BLOCKED);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(blocking_find(reply, i, &asked), EDE_NONE);
	n = make(reply, 0, 2, false, both, sizeof(both));
	CU_ASSERT_EQUAL(blocking_find(reply, n, &asked), EDE_NONE);
	n = make(reply, 0, 1, false, six, sizeof(six));
	CU_ASSERT_EQUAL(blocking_find(reply, n, &asked), EDE_BLOCKED);
	n = make(reply, 0, 0, false, nowhere, 0);
	CU_ASSERT_EQUAL(blocking_find(reply, n, &asked), EDE_NONE);
}

static void
an_answer_tells_who_blocked_it_and_its_copies_do(void)
{
	struct question q = { .name = { .len = 1 }, .type = TYPE_A, .class = CLASS_IN };
	struct answer *a, *copy, *other;

	CU_ASSERT_EQUAL_FATAL(answer_from_rcode(&q, RCODE_NXDOMAIN, &a), 0);
	CU_ASSERT_EQUAL_FATAL(answer_from_rcode(&q, RCODE_NXDOMAIN, &other), 0);
	CU_ASSERT_PTR_NULL(blocking_text(a));
	blocking_blame(&a, EDE_CENSORED, "alpha");
	CU_ASSERT_EQUAL(a->ttl, BLOCKING_TTL);
	copy = answer_copy(a);
	CU_ASSERT_STRING_EQUAL(blocking_text(copy), "blocked by alpha");
	CU_ASSERT_EQUAL(copy->blocked, EDE_CENSORED);
	CU_ASSERT_EQUAL(copy->len, other->len);
	blocking_pass_on(copy, &other);
	CU_ASSERT_STRING_EQUAL(blocking_text(other), "blocked by alpha");
	answer_free(a);
	answer_free(copy);
	answer_free(other);
}

static const struct unit_case cases[] = {
	{ "errors of blocking are found among options",
	    errors_of_blocking_are_found_among_options },
	{ "the unspecified address alone is blocking", the_unspecified_address_alone_is_blocking },
	{ "an answer tells who blocked it, and its copies do",
	    an_answer_tells_who_blocked_it_and_its_copies_do },
};

UNIT_MAIN("wire/blocking", cases)
