#include "tests/unit/unit.h"

#include "policy/dns64.h"
#include "stubd/wire/synthesis.h"
#include "tests/unit/wire/packet.h"

#include <errno.h>
#include <sys/socket.h>

static const struct prefix prefix = { AF_INET6, 96, { 0x00, 0x64, 0xff, 0x9b } };

static void
addresses_become_ipv6_ones(void)
{
	struct answer *a, *made = NULL;
	struct question question;
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_a(&p, "a.example", 500, 1);
	packet_a(&p, "a.example", 500, 2);
	a = packet_answer(&p, "a.example", TYPE_A, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(answer_has(a, TYPE_A) && !answer_has(a, TYPE_AAAA));
	CU_ASSERT_EQUAL_FATAL(answer_synthesise(a, &prefix, 300, &made), 0);
	CU_ASSERT(answer_has(made, TYPE_AAAA) && !answer_has(made, TYPE_A));
	CU_ASSERT_EQUAL(made->ancount, 2);
	CU_ASSERT_EQUAL(made->ttl, 300);
	CU_ASSERT_FALSE(made->keep);
	CU_ASSERT_EQUAL(made->security, SECURITY_UNCHECKED);
	answer_question(made, &question);
	CU_ASSERT_EQUAL(question.type, TYPE_AAAA);
	made = answer_free(made);
	CU_ASSERT_EQUAL_FATAL(answer_synthesise(a, &prefix, 9999, &made), 0);
	CU_ASSERT_EQUAL(made->ttl, 500);
	answer_free(made);
	answer_free(a);
}

static void
without_addresses_nothing_is_made(void)
{
	struct answer *a, *made = NULL;
	struct question question = packet_question("a.example", TYPE_A);

	CU_ASSERT_EQUAL_FATAL(answer_from_rcode(&question, RCODE_NOERROR, &a), 0);
	CU_ASSERT_EQUAL(answer_synthesise(a, &prefix, 300, &made), -ENOENT);
	CU_ASSERT_PTR_NULL(made);
	answer_free(a);
}

static void
ipv4_addresses_in_disguise_are_no_ipv6_ones(void)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 192 };
	static const uint8_t ip6[16] = { 0x20, 1, 0x0d, 0xb8 };
	struct answer *a;
	struct packet p;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_AAAA);
	packet_rr(&p, SECTION_ANSWER, "a.example", TYPE_AAAA, 300, mapped, sizeof(mapped));
	a = packet_answer(&p, "a.example", TYPE_AAAA, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_FALSE(answer_has(a, TYPE_AAAA));
	answer_free(a);

	packet_rr(&p, SECTION_ANSWER, "a.example", TYPE_AAAA, 300, ip6, sizeof(ip6));
	a = packet_answer(&p, "a.example", TYPE_AAAA, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT(answer_has(a, TYPE_AAAA));
	answer_free(a);
}

static const struct unit_case cases[] = {
	{ "addresses become IPv6 ones, for no longer than is said", addresses_become_ipv6_ones },
	{ "without addresses nothing is made", without_addresses_nothing_is_made },
	{ "IPv4 addresses in disguise are no IPv6 ones",
	    ipv4_addresses_in_disguise_are_no_ipv6_ones },
};

UNIT_MAIN("wire/synthesis", cases)
