#include "stubd/cache/cache_file.h"

#include "stubd/wire/label.h"
#include "stubd/wire/reply.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <errno.h>
#include <string.h>

enum { ROOM = 4096 };

static struct answer *
chain_of(const char *name, uint32_t ttl)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_alias(&p, SECTION_ANSWER, name, TYPE_CNAME, ttl, "end.example");
	packet_a(&p, "end.example", ttl + 10, 1);
	return packet_answer(&p, name, TYPE_A, NULL);
}

static struct answer *
address_of(const char *name, const uint8_t ip[4])
{
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_rr(&p, SECTION_ANSWER, name, TYPE_A, 60, ip, 4);
	return packet_answer(&p, name, TYPE_A, NULL);
}

/* Writes a record; returns its length. */
static size_t
put(uint8_t out[ROOM], const char *name, uint32_t ttl, uint32_t age, bool recursed)
{
	struct question q = packet_question(name, TYPE_A);
	struct answer *a = chain_of(name, ttl);
	size_t n;

	a->security = SECURITY_SECURE;
	a->recursed = recursed;
	n = cache_file_put_record(out, ROOM, &q, a, age, ttl - age);
	a = answer_free(a);
	return n;
}

static int
get(const uint8_t *bytes, size_t n, uint32_t elapsed, struct question *q, struct answer **out)
{
	struct rcur cur = rcur_make(bytes, n);
	const int err = cache_file_get_record(&cur, elapsed, NULL, NULL, q, out);

	CU_ASSERT(err || rcur_left(&cur) == 0);
	return err;
}

static void
gives_back_what_was_written(void)
{
	uint8_t bytes[ROOM];
	size_t n = put(bytes, "a.example", 60, 20, true);
	struct answer *a = NULL;
	struct question q;

	CU_ASSERT_EQUAL_FATAL(get(bytes, n, 30, &q, &a), 0);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT_EQUAL(a->ttl, 10);
	CU_ASSERT_EQUAL(a->ancount, 2);
	CU_ASSERT_EQUAL(a->security, SECURITY_SECURE);
	CU_ASSERT(a->recursed && a->keep && !a->cut && !a->blocked);
	CU_ASSERT_EQUAL(q.type, TYPE_A);
	CU_ASSERT_EQUAL(memcmp(q.name.wire, "\1a\7example", 11), 0);
	a = answer_free(a);
	CU_ASSERT_EQUAL(get(bytes, n, 40, &q, &a), -ESTALE);
	CU_ASSERT_EQUAL(get(bytes, n, UINT32_MAX, &q, &a), -ESTALE);
}

static void
writes_nothing_that_is_not_for_the_file(void)
{
	struct question q = packet_question("a.example", TYPE_A);
	struct answer *a = chain_of("a.example", 60);
	uint8_t bytes[ROOM];

	CU_ASSERT(cache_file_put_record(bytes, ROOM, &q, a, 0, 60) > 0);
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, ROOM, &q, a, 60, 0), 0);
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, a->len, &q, a, 0, 60), 0);
	a->cut = true;
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, ROOM, &q, a, 0, 60), 0);
	a->cut = false;
	a->rcode = RCODE_SERVFAIL;
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, ROOM, &q, a, 0, 60), 0);
	a->rcode = RCODE_NOERROR;
	a->blocked = EDE_BLOCKED;
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, ROOM, &q, a, 0, 60), 0);
	a = answer_free(a);
}

static void
leaves_out_what_leads_into_a_private_network(void)
{
	const struct question q = packet_question("a.example", TYPE_A);
	struct answer *home = address_of("a.example", (const uint8_t[]){ 192, 168, 1, 1 });
	struct answer *a = address_of("a.example", (const uint8_t[]){ 192, 0, 2, 1 }), *out = NULL;
	uint8_t bytes[ROOM];
	struct question seen;
	size_t n;

	CU_ASSERT(home->private_address && !a->private_address);
	CU_ASSERT_EQUAL(cache_file_put_record(bytes, ROOM, &q, home, 0, 60), 0);
	/* Nor is it taken where somebody has written it: the address is the message's end. */
	n = cache_file_put_record(bytes, ROOM, &q, a, 0, 60);
	CU_ASSERT_EQUAL(memcmp(bytes + n - 4, "\300\0\2\1", 4), 0);
	memcpy(bytes + n - 4, "\300\250\1\1", 4);
	CU_ASSERT_EQUAL(get(bytes, n, 0, &seen, &out), -EBADMSG);
	home = answer_free(home);
	a = answer_free(a);
}

static void
keeps_of_the_network_what_was_proved_alone(void)
{
	const struct question q = packet_question("a.example", TYPE_A);
	struct answer *a = chain_of("a.example", 60), *out = NULL;
	uint8_t bytes[ROOM];
	struct question seen;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(label_set(&a, "said by 192.168.1.1"), 0);
	a->network = true;
	for (unsigned security = SECURITY_UNCHECKED; security <= SECURITY_TRUSTED; security++) {
		a->security = (enum security)security;
		n = cache_file_put_record(bytes, ROOM, &q, a, 0, 60);
		CU_ASSERT_EQUAL(n > 0, security == SECURITY_SECURE);
	}
	a->security = SECURITY_SECURE;
	n = cache_file_put_record(bytes, ROOM, &q, a, 0, 60);
	CU_ASSERT_PTR_NULL(memmem(bytes, n, "192.168", 7));
	CU_ASSERT_EQUAL_FATAL(get(bytes, n, 0, &seen, &out), 0);
	CU_ASSERT(out->network && out->security == SECURITY_SECURE);
	CU_ASSERT_STRING_EQUAL(label_text(out), CACHE_FILE_NETWORK);
	out = answer_free(out);
	bytes[8] = (uint8_t)((bytes[8] & ~7) | SECURITY_INSECURE);
	CU_ASSERT_EQUAL(get(bytes, n, 0, &seen, &out), -EBADMSG);
	a = answer_free(a);
}

static bool
never(void *arg, const struct name *target)
{
	return false;
}

static void
believes_no_record_that_says_too_much(void)
{
	uint8_t bytes[ROOM];
	const size_t n = put(bytes, "a.example", 60, 0, false);
	struct rcur cur = rcur_make(bytes, n);
	struct answer *a = NULL;
	struct question q;

	/* The chain leads to where it may not. */
	CU_ASSERT_EQUAL(cache_file_get_record(&cur, 0, never, NULL, &q, &a), -EBADMSG);
	CU_ASSERT(!cur.bad && rcur_left(&cur) == 0);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(get(bytes, i, 0, &q, &a), -EBADMSG);
	bytes[8] = SECURITY_BOGUS;
	CU_ASSERT_EQUAL(get(bytes, n, 0, &q, &a), -EBADMSG);
	bytes[8] = 7;
	CU_ASSERT_EQUAL(get(bytes, n, 0, &q, &a), -EBADMSG);
	bytes[8] = 0x20;
	CU_ASSERT_EQUAL(get(bytes, n, 0, &q, &a), -EBADMSG);
	CU_ASSERT_PTR_NULL(a);
}

static void
knows_its_header(void)
{
	const struct cache_file_header h = {
		.policy = 0x123456789abcdef0,
		.time = { .wall = 1795728935,
		    .synchronised = true,
		    .boot = 77,
		    .boot_id = { 9, 8 } },
	};
	struct cache_file_header seen = { .policy = 1 };
	uint8_t bytes[CACHE_FILE_HEADER];

	cache_file_put_header(bytes, &h);
	CU_ASSERT_EQUAL(cache_file_get_header(bytes, &seen), 0);
	CU_ASSERT_EQUAL(seen.policy, h.policy);
	CU_ASSERT_EQUAL(seen.time.wall, h.time.wall);
	CU_ASSERT_EQUAL(seen.time.boot, h.time.boot);
	CU_ASSERT(seen.time.synchronised);
	CU_ASSERT_EQUAL(memcmp(seen.time.boot_id, h.time.boot_id, CACHE_FILE_BOOT_ID), 0);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 0x10;
		CU_ASSERT_EQUAL(cache_file_get_header(bytes, &seen), -EBADMSG);
		bytes[i] ^= 0x10;
	}
}

static void
knows_its_blocks(void)
{
	uint8_t head[CACHE_FILE_BLOCK], block[] = "some octets";
	size_t n = 99;

	cache_file_put_block(head, block, sizeof(block));
	CU_ASSERT_EQUAL(cache_file_get_block(head, &n), 0);
	CU_ASSERT_EQUAL(n, sizeof(block));
	CU_ASSERT(cache_file_is_whole(head, block, n));
	CU_ASSERT(!cache_file_is_whole(head, block, n - 1));
	block[3] ^= 1;
	CU_ASSERT(!cache_file_is_whole(head, block, n));
	memset(head, 0xff, 4);
	CU_ASSERT_EQUAL(cache_file_get_block(head, &n), -EBADMSG);
	cache_file_put_block(head, block, 0);
	CU_ASSERT_EQUAL(cache_file_get_block(head, &n), 0);
	CU_ASSERT_EQUAL(n, 0);
}

static void
knows_how_long_it_was(void)
{
	const struct cache_file_time then = { 1000, true, 50, { 1 } };
	struct cache_file_time now = { 1060, true, 80, { 1 } };

	/* One start of the machine: its own clock counts, whatever the other says. */
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), 31);
	now.synchronised = false;
	now.wall = 3;
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), 31);
	now.boot = 40;
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), -1);
	/* Another one: both must be good, and in order. */
	now = (struct cache_file_time){ 1060, true, 80, { 2 } };
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), 61);
	now.synchronised = false;
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), -1);
	now.synchronised = true;
	now.wall = 999;
	CU_ASSERT_EQUAL(cache_file_elapsed(&then, &now), -1);
	/* Nobody knows which start it was: that is no name to be equal. */
	CU_ASSERT_EQUAL(cache_file_elapsed(&(struct cache_file_time){ 1000, false, 50, { 0 } },
			    &(struct cache_file_time){ 1060, true, 80, { 0 } }),
	    -1);
}

static const struct unit_case cases[] = {
	{ "a record is given back, less what has passed", gives_back_what_was_written },
	{ "what is not for the file is not written", writes_nothing_that_is_not_for_the_file },
	{ "what leads into a private network is neither written nor taken",
	    leaves_out_what_leads_into_a_private_network },
	{ "of what the network's resolver said there is what was proved, and not who it was",
	    keeps_of_the_network_what_was_proved_alone },
	{ "a record that leads away, is cut off, or claims what it may not, is refused",
	    believes_no_record_that_says_too_much },
	{ "a header counts whole, and of this version", knows_its_header },
	{ "a block counts with its checksum", knows_its_blocks },
	{ "what has passed is known, or is not", knows_how_long_it_was },
};

UNIT_MAIN("cache/cache_file", cases)
