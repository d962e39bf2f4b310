#include "tests/unit/unit.h"

#include "stubd/wire/ipv4only.h"
#include "tests/unit/wire/packet.h"

#include <arpa/inet.h>
#include <errno.h>

#define NAME "ipv4only.arpa."

static void
add(struct packet *p, const char *owner, uint32_t ttl, const char *address)
{
	uint8_t ip[16];

	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, address, ip), 1);
	packet_rr(p, SECTION_ANSWER, owner, TYPE_AAAA, ttl, ip, sizeof(ip));
}

static void
the_question_is_as_the_rfc_has_it(void)
{
	char text[NAME_TEXT_MAX];
	struct question q;

	ipv4only_question(&q);
	CU_ASSERT_STRING_EQUAL(name_to_text(&q.name, text), NAME);
	CU_ASSERT_EQUAL(q.type, TYPE_AAAA);
}

static void
the_prefix_is_read_with_the_least_ttl(void)
{
	struct prefix prefix;
	uint32_t ttl = 0;
	struct packet p;

	packet_begin(&p, FLAG_QR, NAME, TYPE_AAAA);
	add(&p, NAME, 300, "64:ff9b::c000:aa");
	add(&p, NAME, 200, "64:ff9b::c000:ab");
	add(&p, "other.example.", 7, "2001:db8::c000:aa");
	CU_ASSERT_EQUAL(ipv4only_read(p.bytes, packet_len(&p), &prefix, &ttl), 0);
	CU_ASSERT_EQUAL(prefix.bits, 96);
	CU_ASSERT_EQUAL(prefix.ip[1], 0x64);
	CU_ASSERT_EQUAL(ttl, 200);
}

static void
without_addresses_there_is_none(void)
{
	struct prefix prefix = { .bits = 7 };
	uint32_t ttl = 9;
	struct packet p;

	packet_begin(&p, FLAG_QR, NAME, TYPE_AAAA);
	CU_ASSERT_EQUAL(ipv4only_read(p.bytes, packet_len(&p), &prefix, &ttl), -ENOENT);
	add(&p, NAME, 300, "2001:db8::1");
	add(&p, NAME, 300, "::ffff:192.0.0.170");
	CU_ASSERT_EQUAL(ipv4only_read(p.bytes, packet_len(&p), &prefix, &ttl), -ENOENT);
	add(&p, NAME, 300, "64:ff9b::c000:aa");
	CU_ASSERT_EQUAL(ipv4only_read(p.bytes, packet_len(&p) - 1, &prefix, &ttl), -EBADMSG);
	p.bytes[3] |= RCODE_SERVFAIL;
	CU_ASSERT_EQUAL(ipv4only_read(p.bytes, packet_len(&p), &prefix, &ttl), -ENOENT);
	CU_ASSERT_EQUAL(prefix.bits, 7);
	CU_ASSERT_EQUAL(ttl, 9);
}

static const struct unit_case cases[] = {
	{ "the question is as the RFC has it", the_question_is_as_the_rfc_has_it },
	{ "the prefix is read, with the least TTL", the_prefix_is_read_with_the_least_ttl },
	{ "without addresses there is none", without_addresses_there_is_none },
};

UNIT_MAIN("wire/ipv4only", cases)
