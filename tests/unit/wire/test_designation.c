#include "tests/unit/unit.h"

#include "stubd/wire/designation.h"
#include "tests/unit/wire/packet.h"

#include <errno.h>
#include <stdio.h>

#define OWNER "_dns.resolver.arpa."
#define SVCB(p, ttl, rdata) \
	packet_rr((p), SECTION_ANSWER, OWNER, TYPE_SVCB, (ttl), (rdata), sizeof(rdata) - 1)
/* priority 1, dns.example, alpn dot */
#define DOT "\0\1\3dns\7example\0\0\1\0\4\3dot"
#define HINT4 "\0\4\0\4\300\0\2\13"

static void
begin(struct packet *p, unsigned flags)
{
	packet_begin(p, flags, OWNER, TYPE_SVCB);
}

static struct designation
read_all(const struct packet *p)
{
	struct designation d;

	CU_ASSERT_EQUAL_FATAL(designation_read(p->bytes, packet_len(p), &d), 0);
	return d;
}

/* "dot 192.0.2.11:853", "doh/dns-query ...", the ways one after the other. */
static const char *
said(const struct designation *d)
{
	static char out[1024];
	char text[ADDR_TEXT_MAX];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < d->nways; i++) {
		const struct designation_way *way = &d->ways[i];

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s%s", i ? " | " : "",
		    way->scheme == SCHEME_TLS ? "dot" : "doh", way->path);
		for (size_t k = 0; k < way->naddresses; k++)
			n += (size_t)snprintf(out + n, sizeof(out) - n, " %s",
			    addr_to_text(&way->addresses[k], text));
	}
	return out;
}

static void
the_question_is_as_the_rfc_has_it(void)
{
	char text[NAME_TEXT_MAX];
	struct question q;

	designation_question(&q);
	CU_ASSERT_STRING_EQUAL(name_to_text(&q.name, text), OWNER);
	CU_ASSERT_EQUAL(q.type, TYPE_SVCB);
}

static void
one_record_may_be_two_ways(void)
{
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	SVCB(&p, 300, "\0\1\3dns\7example\0\0\1\0\7\2h2\3dot" HINT4 "\0\7\0\20/dns-query{?dns}");
	d = read_all(&p);
	CU_ASSERT_STRING_EQUAL(said(&d), "dot 192.0.2.11:853 | doh/dns-query 192.0.2.11:443");
	CU_ASSERT_EQUAL(d.ttl, 300);
}

static void
the_best_priority_comes_first_and_the_least_ttl_counts(void)
{
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	SVCB(&p, 300, "\0\2\0\0\1\0\4\3dot\0\3\0\2\x20\xfb" HINT4);
	SVCB(&p, 60, "\0\1\0\0\1\0\3\2h2" HINT4 "\0\7\0\7/{?dns}");
	d = read_all(&p);
	CU_ASSERT_STRING_EQUAL(said(&d), "doh/ 192.0.2.11:443 | dot 192.0.2.11:8443");
	CU_ASSERT_EQUAL(d.ttl, 60);
}

static void
addresses_come_from_the_additional_section_too(void)
{
	static const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 0x11 };
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	SVCB(&p, 300, DOT HINT4);
	packet_rr(&p, SECTION_ADDITIONAL, "dns.example.", TYPE_AAAA, 300, ip6, 16);
	packet_rr(&p, SECTION_ADDITIONAL, "dns.example.", TYPE_A, 300, "\300\0\2\13", 4);
	packet_rr(&p, SECTION_ADDITIONAL, "other.example.", TYPE_A, 300, "\300\0\2\14", 4);
	packet_rr(&p, SECTION_ADDITIONAL, "dns.example.", TYPE_A, 300, "\300\0\2", 3);
	d = read_all(&p);
	CU_ASSERT_STRING_EQUAL(said(&d), "dot 192.0.2.11:853 [2001:db8::11]:853");
}

static void
this_host_and_groups_are_nobody(void)
{
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	SVCB(&p, 300,
	    DOT "\0\4\0\14\177\0\0\1\0\0\0\0\340\0\0\1\0\6\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
	d = read_all(&p);
	CU_ASSERT_STRING_EQUAL(said(&d), "dot");
}

static void
what_cannot_be_used_is_left_out(void)
{
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	/* an alias, HTTP/3 alone, DoH without a path, an unknown key that is mandatory */
	SVCB(&p, 300, "\0\0\3dns\7example\0");
	SVCB(&p, 300, "\0\1\0\0\1\0\3\2h3\0\7\0\7/{?dns}");
	SVCB(&p, 300, "\0\1\0\0\1\0\3\2h2");
	SVCB(&p, 300, "\0\1\0\0\0\0\2\2\233\0\1\0\4\3dot\2\233\0\1x");
	/* another's record */
	packet_rr(&p, SECTION_ANSWER, "_dns.example.", TYPE_SVCB, 300, DOT, sizeof(DOT) - 1);
	d = read_all(&p);
	CU_ASSERT_EQUAL(d.nways, 0);
	CU_ASSERT_EQUAL(d.ttl, 0);

	begin(&p, FLAG_QR | RCODE_NXDOMAIN);
	SVCB(&p, 300, DOT HINT4);
	d = read_all(&p);
	CU_ASSERT_EQUAL(d.nways, 0);
}

static void
one_malformed_record_spoils_all(void)
{
	struct packet p;
	struct designation d = { .ttl = 7 };

	begin(&p, FLAG_QR);
	SVCB(&p, 300, DOT HINT4);
	SVCB(&p, 300, "\0\1\0\0\1\0\0");
	CU_ASSERT_EQUAL(designation_read(p.bytes, packet_len(&p), &d), -EBADMSG);
	CU_ASSERT_EQUAL(designation_read(p.bytes, packet_len(&p) - 1, &d), -EBADMSG);
	CU_ASSERT_EQUAL(designation_read(p.bytes, 3, &d), -EBADMSG);
	CU_ASSERT_EQUAL(d.ttl, 7);
}

static void
only_the_best_few_are_kept(void)
{
	struct packet p;
	struct designation d;

	begin(&p, FLAG_QR);
	for (unsigned i = 40; i > 0; i--) {
		uint8_t rdata[] = "\0\0\0\0\1\0\4\3dot";

		rdata[1] = (uint8_t)i;
		packet_rr(&p, SECTION_ANSWER, OWNER, TYPE_SVCB, 300, rdata, sizeof(rdata) - 1);
	}
	d = read_all(&p);
	CU_ASSERT_EQUAL(d.nways, DESIGNATION_WAYS_MAX);
	CU_ASSERT_EQUAL(d.ways[0].priority, 40 - DESIGNATION_RECORDS_MAX + 1);
	CU_ASSERT_EQUAL(d.ways[3].priority, d.ways[0].priority + 3);
}

static void
the_answer_for_the_target_gives_it_addresses_of_one_family(void)
{
	static const uint8_t four[] = { 192, 0, 2, 7 }, own[] = { 127, 0, 0, 1 };
	static const uint8_t six[] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct designation_way way = { .scheme = SCHEME_TLS, .port = 8853 };
	struct packet p;

	packet_begin(&p, FLAG_QR, "dns.example.", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "dns.example.", TYPE_CNAME, 70, "a.example.");
	packet_rr(&p, SECTION_ANSWER, "a.example.", TYPE_A, 70, own, sizeof(own));
	packet_rr(&p, SECTION_ANSWER, "a.example.", TYPE_A, 70, six, sizeof(six));
	packet_rr(&p, SECTION_ANSWER, "a.example.", TYPE_AAAA, 70, six, sizeof(six));
	packet_rr(&p, SECTION_ANSWER, "a.example.", TYPE_A, 70, four, sizeof(four));
	packet_rr(&p, SECTION_ANSWER, "a.example.", TYPE_A, 70, four, sizeof(four));
	designation_add_answer(&way, p.bytes, packet_len(&p), AF_INET);
	CU_ASSERT_EQUAL_FATAL(way.naddresses, 1);
	CU_ASSERT_EQUAL(way.addresses[0].family, AF_INET);
	CU_ASSERT_EQUAL(way.addresses[0].port, 8853);
	CU_ASSERT_EQUAL(memcmp(way.addresses[0].ip, four, sizeof(four)), 0);
	designation_add_answer(&way, p.bytes, packet_len(&p), AF_INET6);
	CU_ASSERT_EQUAL_FATAL(way.naddresses, 2);
	CU_ASSERT_EQUAL(memcmp(way.addresses[1].ip, six, sizeof(six)), 0);
	designation_add_answer(&way, p.bytes, 3, AF_INET);
	CU_ASSERT_EQUAL(way.naddresses, 2);
}

static const struct unit_case cases[] = {
	{ "the question is as the RFC has it", the_question_is_as_the_rfc_has_it },
	{ "one record may be two ways", one_record_may_be_two_ways },
	{ "the best priority comes first, and the least TTL counts",
	    the_best_priority_comes_first_and_the_least_ttl_counts },
	{ "addresses come from the additional section, too",
	    addresses_come_from_the_additional_section_too },
	{ "this host and groups are nobody", this_host_and_groups_are_nobody },
	{ "what cannot be used is left out", what_cannot_be_used_is_left_out },
	{ "one malformed record spoils all", one_malformed_record_spoils_all },
	{ "only the best few are kept", only_the_best_few_are_kept },
	{ "the answer for the target gives it addresses of one family",
	    the_answer_for_the_target_gives_it_addresses_of_one_family },
};

UNIT_MAIN("wire/designation", cases)
