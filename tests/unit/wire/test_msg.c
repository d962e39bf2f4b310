#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

static enum msg_verdict
read_packet(const struct packet *p, struct msg_query *q)
{
	return msg_read_query(p->bytes, packet_len(p), q);
}

static void
reads_query(void)
{
	struct packet p;
	struct msg_query q;
	struct name name = packet_make_name("www.example.com");

	packet_begin(&p, FLAG_RD, "wWw.Example.COM", TYPE_AAAA);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_OK);
	CU_ASSERT_EQUAL(q.id, 0x1234);
	CU_ASSERT_EQUAL(q.flags, FLAG_RD);
	CU_ASSERT(name_equal(&q.question.name, &name));
	CU_ASSERT_EQUAL(memcmp(q.spelled, "\3wWw\7Example\3COM", 17), 0);
	CU_ASSERT_EQUAL(q.question.type, TYPE_AAAA);
	CU_ASSERT_EQUAL(q.question.class, CLASS_IN);
	CU_ASSERT_FALSE(q.edns);
	CU_ASSERT_EQUAL(q.udp_size, 512);
}

static void
reads_edns(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_A);
	packet_opt(&p, 1400, 0x8000);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_OK);
	CU_ASSERT(q.edns && q.dnssec_ok);
	CU_ASSERT_EQUAL(q.udp_size, 1400);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_opt(&p, 100, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_OK);
	CU_ASSERT(q.edns && !q.dnssec_ok);
	CU_ASSERT_EQUAL(q.udp_size, 512);
}

static void
drops_what_is_no_query(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, FLAG_QR, "example", TYPE_A);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_DROP);
	packet_begin(&p, 0, "example", TYPE_A);
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, 11, &q), MSG_DROP);
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, 0, &q), MSG_DROP);
}

static void
refuses_other_opcodes_first(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 4 << 11, "example", TYPE_A);
	p.bytes[5] = 9;
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_NOTIMP);
	CU_ASSERT_EQUAL(q.id, 0x1234);
	CU_ASSERT_EQUAL(q.question.name.len, 0);
}

static void
wants_one_question(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_A);
	p.bytes[5] = 2;
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	p.bytes[5] = 0;
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	CU_ASSERT_EQUAL(q.question.name.len, 0);
}

static void
refuses_every_shortening(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "www.example.com", TYPE_A);
	packet_opt(&p, 1232, 0);
	for (size_t n = 12; n < packet_len(&p); n++)
		CU_ASSERT_EQUAL(msg_read_query(p.bytes, n, &q), MSG_FORMERR);
	wcur_u8(&p.w, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	CU_ASSERT_EQUAL(q.question.name.len, 17);
}

static void
refuses_bad_opt(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_A);
	packet_opt(&p, 1232, 0);
	packet_opt(&p, 1232, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_rr(&p, SECTION_ADDITIONAL, "x", TYPE_OPT, 0, "", 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_rr(&p, SECTION_ADDITIONAL, ".", TYPE_OPT, 0, "\0\12\0\3xx", 6);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_rr(&p, SECTION_ADDITIONAL, ".", TYPE_OPT, 0, "\0\12\0\2xx", 6);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_OK);
}

static void
tells_bad_version(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_A);
	packet_opt(&p, 1232, 0x00018000);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_BADVERS);
	CU_ASSERT(q.edns);
	CU_ASSERT_EQUAL(q.question.type, TYPE_A);
}

static void
refuses_records_in_queries(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_A);
	packet_a(&p, "example", 1, 1);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	CU_ASSERT_NOT_EQUAL(q.question.name.len, 0);
}

static void
takes_the_soa_of_ixfr(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 0, "example", TYPE_IXFR);
	packet_soa(&p, "example", 0, 0);
	packet_opt(&p, 1232, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_OK);
	CU_ASSERT_EQUAL(q.question.type, TYPE_IXFR);
	CU_ASSERT(q.edns);
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, packet_len(&p) - 12, &q), MSG_FORMERR);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_soa(&p, "example", 0, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
}

static void
finds_opt_in_what_is_refused(void)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, 4 << 11, "example", TYPE_SOA); /* NOTIFY, RFC 1996 section 3.7 */
	packet_a(&p, "example", 0, 1);
	packet_opt(&p, 1400, 0x8000);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_NOTIMP);
	CU_ASSERT(q.edns && q.dnssec_ok);
	CU_ASSERT_EQUAL(q.udp_size, 1400);
	packet_begin(&p, 0, "example", TYPE_A);
	packet_a(&p, "example", 0, 1);
	packet_opt(&p, 1232, 0);
	CU_ASSERT_EQUAL(read_packet(&p, &q), MSG_FORMERR);
	CU_ASSERT(q.edns);
	/* without a question: RFC 7873 section 5.4 */
	memmove(p.bytes + 12, p.bytes + packet_len(&p) - 11, 11);
	memset(p.bytes + 4, 0, 6);
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, 23, &q), MSG_FORMERR);
	CU_ASSERT(q.edns);
	p.bytes[5] = 1; /* what cannot be read has none */
	CU_ASSERT_EQUAL(msg_read_query(p.bytes, 23, &q), MSG_FORMERR);
	CU_ASSERT_FALSE(q.edns);
}

/* A message of 12 header octets and then these; reads a name at `at`. */
static bool
reads_name_at(const char *bytes, size_t n, size_t at, struct name *out)
{
	uint8_t message[600] = { 0 };
	struct rcur cur;

	memcpy(message + MSG_HEADER, bytes, n);
	cur = rcur_make(message, MSG_HEADER + n);
	rcur_skip(&cur, at);
	msg_read_name(&cur, out);
	return !cur.bad;
}

static void
follows_pointers_backwards(void)
{
	struct name name, want = packet_make_name("b.a");

	CU_ASSERT(reads_name_at("\1A\0\1b\xc0\x0c", 7, 15, &name));
	CU_ASSERT(name_equal(&name, &want));
	CU_ASSERT_FALSE(reads_name_at("\xc0\x0e\1a\0", 5, 12, &name)); /* forward */
	CU_ASSERT_FALSE(reads_name_at("\1a\xc0\x0c", 4, 12, &name));   /* to itself */
	CU_ASSERT_FALSE(reads_name_at("\1a\xc0\x0e", 4, 12, &name));   /* to the pointer */
	CU_ASSERT_FALSE(reads_name_at("\1a\xc0\x04", 4, 12, &name));   /* into the header */
	CU_ASSERT_FALSE(reads_name_at("\1a\xc0", 3, 12, &name));       /* half a pointer */
	CU_ASSERT_FALSE(reads_name_at("\x41"
				      "a\0",
	    3, 12, &name)); /* neither label nor pointer */
	CU_ASSERT_FALSE(reads_name_at("\x80"
				      "a\0",
	    3, 12, &name));
	CU_ASSERT_FALSE(reads_name_at("\3ab", 3, 12, &name));
	CU_ASSERT_FALSE(reads_name_at("\1a", 2, 12, &name));
	CU_ASSERT_EQUAL(name.len, 1);
}

static void
ends_names_at_255(void)
{
	char bytes[300];
	struct name name;

	for (int i = 0; i < 128; i++)
		memcpy(bytes + 2 * i, "\1x", 2);
	bytes[254] = 0;
	CU_ASSERT(reads_name_at(bytes, 255, 12, &name));
	CU_ASSERT_EQUAL(name.len, 255);
	bytes[254] = 1;
	bytes[256] = 0;
	CU_ASSERT_FALSE(reads_name_at(bytes, 257, 12, &name));
}

static void
bounds_chained_pointers(void)
{
	char bytes[400] = { 0 };
	struct name name;

	/* a root, then pointers each to the one before */
	for (unsigned i = 0; i < 150; i++) {
		unsigned to = MSG_HEADER + (i ? 2 * i - 1 : 0);

		bytes[1 + 2 * i] = (char)(0xc0 | to >> 8);
		bytes[2 + 2 * i] = (char)to;
	}
	CU_ASSERT(reads_name_at(bytes, 301, 12 + 1 + 2 * 126, &name));
	CU_ASSERT_FALSE(reads_name_at(bytes, 301, 12 + 1 + 2 * 127, &name));
}

static void
keeps_spelling_when_told(void)
{
	const uint8_t bytes[] = "\3aBC\0";
	struct rcur cur = rcur_make(bytes, 5);
	struct name name;

	msg_read_name_spelled(&cur, &name);
	CU_ASSERT_EQUAL(memcmp(name.wire, bytes, 5), 0);
	CU_ASSERT_EQUAL(rcur_left(&cur), 0);
}

/* Labels of every length from 1 to 20, so that each octet stands at each place of a word once. */
static void
lowers_only_ascii(void)
{
	for (int octet = 0; octet < 256; octet++) {
		uint8_t wanted =
		    octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 32) : (uint8_t)octet;

		for (uint8_t label = 1; label <= 20; label++) {
			uint8_t bytes[22] = { label };
			struct rcur cur = rcur_make(bytes, (size_t)label + 2);
			struct name name;
			bool same = true;

			memset(bytes + 1, octet, label);
			msg_read_name(&cur, &name);
			for (size_t i = 1; i <= label; i++)
				same = same && name.wire[i] == wanted;
			CU_ASSERT(same && name.len == label + 2 && !cur.bad);
		}
	}
}

/* An octet 0 at the end of a label is no root, though a pointer follows. */
static void
reads_any_octet_in_labels(void)
{
	static const char bytes[] = "\1b\0\2a\0\xc0\x0c";
	struct name name;

	CU_ASSERT(reads_name_at(bytes, sizeof(bytes) - 1, MSG_HEADER + 3, &name));
	CU_ASSERT_EQUAL(name.len, 6);
	CU_ASSERT_EQUAL(memcmp(name.wire, "\2a\0\1b\0", 6), 0);
}

static void
skips_names(void)
{
	const uint8_t bytes[] = "\1a\xc0\x0c\1b\0";
	struct rcur cur = rcur_make(bytes, 7);

	msg_skip_name(&cur);
	CU_ASSERT_EQUAL(rcur_offset(&cur), 4);
	msg_skip_name(&cur);
	CU_ASSERT_EQUAL(rcur_offset(&cur), 7);
	CU_ASSERT_FALSE(cur.bad);
	msg_skip_name(&cur);
	CU_ASSERT(cur.bad);
}

static void
reads_records(void)
{
	struct packet p;
	struct msg_rr rr;

	packet_begin(&p, FLAG_QR, "example", TYPE_A);
	packet_a(&p, "Example", 0x80000001, 7);
	CU_ASSERT(packet_nth(p.bytes, packet_len(&p), SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(rr.owner.wire[1], 'e');
	CU_ASSERT_EQUAL(rr.ttl, 0);
	CU_ASSERT_EQUAL(rr.rdlen, 4);
	CU_ASSERT_EQUAL(rr.rdata[3], 7);
	CU_ASSERT_FALSE(packet_nth(p.bytes, packet_len(&p) - 1, SECTION_ANSWER, 0, &rr));
}

static void
writes_queries(void)
{
	struct question question = packet_question("www.example.com", TYPE_HTTPS);
	struct msg_ask ask = { .id = 77, .rd = true, .dnssec_ok = true, .udp_size = 1232 };
	uint8_t out[512];
	struct msg_query q;
	size_t n = msg_write_query(out, sizeof(out), &question, &ask);

	CU_ASSERT_EQUAL(n, 12 + 17 + 4 + 11);
	CU_ASSERT_EQUAL(msg_read_query(out, n, &q), MSG_OK);
	CU_ASSERT(name_equal(&q.question.name, &question.name));
	CU_ASSERT_EQUAL(q.question.type, TYPE_HTTPS);
	CU_ASSERT_EQUAL(q.id, 77);
	CU_ASSERT_EQUAL(q.flags, FLAG_RD);
	CU_ASSERT(q.edns && q.dnssec_ok);
	CU_ASSERT_EQUAL(q.udp_size, 1232);
	CU_ASSERT_EQUAL(msg_write_query(out, n - 1, &question, &ask), 0);
	ask = (struct msg_ask){ .cd = true, .ad = true };
	n = msg_write_query(out, sizeof(out), &question, &ask);
	CU_ASSERT_EQUAL(msg_read_query(out, n, &q), MSG_OK);
	CU_ASSERT_EQUAL(q.flags, FLAG_CD | FLAG_AD);
	CU_ASSERT_FALSE(q.edns);
}

static void
pads_queries(void)
{
	struct msg_ask ask = { .rd = true, .udp_size = 1232, .pad_to = 128 };
	char text[200] = "";
	uint8_t out[512];
	struct msg_query q;

	for (int i = 0; i < 90; i++) {
		struct question question;
		size_t n;

		strcat(text, "a.");
		question = packet_question(text, TYPE_A);
		n = msg_write_query(out, sizeof(out), &question, &ask);
		CU_ASSERT(n > 0 && n % 128 == 0);
		CU_ASSERT_EQUAL(msg_read_query(out, n, &q), MSG_OK);
	}
}

/* A question of labels of that length, as many as fit into so many octets, of octets that go on from
 * `octet`. Returns the length of its name. */
static size_t
odd_question(uint8_t *out, size_t label, size_t most, uint8_t octet)
{
	static const uint8_t header[MSG_HEADER] = { 0, 1, 0, 0, 0, 1 };
	size_t len = 0;

	memcpy(out, header, sizeof(header));
	out += sizeof(header);
	do {
		out[len++] = (uint8_t)label;
		for (size_t i = 0; i < label; i++)
			out[len++] = octet++;
	} while (len + label + 2 <= most);
	out[len++] = 0;
	memcpy(out + len, "\0\1\0\1", 4);
	return len;
}

static uint8_t
lowered(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static void
lowers_names_of_any_length_octet_by_octet(void)
{
	uint8_t bytes[MSG_HEADER + NAME_WIRE_MAX + 4];
	unsigned bad = 0, read = 0;
	struct msg_query q;

	for (unsigned n = 0; n < 63 * 256U; n++) {
		const size_t label = 1 + n % 63, most = label + 2 + n / 63 % (254 - label);
		const size_t len = odd_question(bytes, label, most, (uint8_t)(n / 63));
		const uint8_t *name = bytes + MSG_HEADER;

		if (msg_read_query(bytes, MSG_HEADER + len + 4, &q) != MSG_OK)
			continue;
		read++;
		bad += q.question.name.len != len || memcmp(q.spelled, name, len) != 0;
		for (size_t i = 0; i < len; i++)
			bad += q.question.name.wire[i] != lowered(name[i]);
	}
	CU_ASSERT_EQUAL(read, 63 * 256);
	CU_ASSERT_EQUAL(bad, 0);
}

static const struct unit_case cases[] = {
	{ "a query is read, with its spelling kept apart", reads_query },
	{ "EDNS size and DO are read, sizes below 512 mean 512", reads_edns },
	{ "responses and fragments of a header are dropped", drops_what_is_no_query },
	{ "another opcode is not implemented, whatever else is wrong",
	    refuses_other_opcodes_first },
	{ "a query has exactly one question", wants_one_question },
	{ "a query cut short or with octets behind it is malformed", refuses_every_shortening },
	{ "two OPTs, an OPT with an owner, and half an option are malformed", refuses_bad_opt },
	{ "an EDNS version above 0 is told from a malformed query", tells_bad_version },
	{ "a query with answer records is malformed", refuses_records_in_queries },
	{ "the SOA of an IXFR question is one", takes_the_soa_of_ixfr },
	{ "what is refused as a whole is looked through for OPT", finds_opt_in_what_is_refused },
	{ "compression pointers lead backwards to labels only", follows_pointers_backwards },
	{ "a name has 255 octets at most", ends_names_at_255 },
	{ "pointers to pointers end after 127", bounds_chained_pointers },
	{ "a name can be read as it is spelled", keeps_spelling_when_told },
	{ "reading a name lowers ASCII letters and nothing else", lowers_only_ascii },
	{ "names of any length are lowered octet by octet, and kept as they are spelled",
	    lowers_names_of_any_length_octet_by_octet },
	{ "a label may end in an octet 0", reads_any_octet_in_labels },
	{ "skipping a name stops behind its first pointer", skips_names },
	{ "a record is read in place, and a negative TTL is 0", reads_records },
	{ "a written query reads back the same", writes_queries },
	{ "a padded query fills whole blocks", pads_queries },
};

UNIT_MAIN("wire/msg", cases)
