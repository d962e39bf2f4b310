#include "stubd/cache/cache.h"

#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>

enum { VIEW = 0, SIZE = 1 << 20, SMALL = 1 << 16, MANY = 3000 };

/* Hands an answer over. */
static void
give(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	cache_put(cache, key, now, answer);
	answer_free(answer);
}

static struct answer *
address(const char *name, uint32_t ttl)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_a(&p, name, ttl, 1);
	return packet_answer(&p, name, TYPE_A, NULL);
}

static void
put(struct cache *cache, const char *name, uint32_t view, msec now, uint32_t ttl)
{
	struct question q = packet_question(name, TYPE_A);
	struct cache_key key = { .question = &q, .view = view };

	give(cache, &key, now, address(name, ttl));
}

/* Looks name up, by its hash; returns the TTL in the reply, or -1. */
static long
look(struct cache *cache, const char *name, uint32_t view, msec now)
{
	struct msg_query query = packet_query(name, TYPE_A, FLAG_RD, false, false);
	struct cache_key key = { .question = &query.question, .view = view };
	const enum cache_stale stale = cache_is_stale(cache, &key, now);
	struct cache_hit hit;
	uint8_t out[512];
	struct msg_rr rr;

	key.hash = cache_hash(cache, &query.question.name);
	if (!cache_reply(cache, &key, now, &query, out, sizeof(out), 512, &hit)) {
		CU_ASSERT_EQUAL(hit.stale, stale);
		return -1;
	}
	CU_ASSERT(packet_whole(out, hit.len));
	CU_ASSERT(packet_nth(out, hit.len, SECTION_ANSWER, 0, &rr));
	CU_ASSERT_EQUAL(hit.ttl_left, rr.ttl);
	CU_ASSERT_EQUAL(memcmp(out + 12, query.spelled, query.question.name.len), 0);
	return rr.ttl;
}

static struct cache_stats
stats(struct cache *cache)
{
	struct cache_stats s;

	cache_stats(cache, &s);
	return s;
}

/* Octets that an empty cache of SIZE takes. */
static size_t
idle(void)
{
	struct cache *cache = cache_new(SIZE);
	const size_t used = stats(cache).used;

	cache = cache_free(cache);
	return used;
}

static void
answers_and_ages(void)
{
	struct cache *cache = cache_new(SIZE);

	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 1000), -1);
	put(cache, "a.example", VIEW, 1000, 60);
	CU_ASSERT_EQUAL(look(cache, "A.Example", VIEW, 1000), 60);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 1999), 60);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 2000), 59);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 60999), 1);
	CU_ASSERT_EQUAL(stats(cache).entries, 1);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 61000), -1);
	CU_ASSERT_EQUAL(stats(cache).entries, 0);
	CU_ASSERT_EQUAL(stats(cache).used, idle());
	CU_ASSERT_EQUAL(stats(cache).hits, 4);
	CU_ASSERT_EQUAL(stats(cache).misses, 2);
	cache = cache_free(cache);
}

static void
keeps_views_types_and_classes_apart(void)
{
	struct cache *cache = cache_new(SIZE);
	struct msg_query query = packet_query("a.example", TYPE_AAAA, 0, false, false);
	struct cache_key key = { .question = &query.question, .view = 1 };
	uint32_t age;

	put(cache, "a.example", 1, 0, 60);
	CU_ASSERT_EQUAL(look(cache, "a.example", 2, 0), -1);
	CU_ASSERT_EQUAL(look(cache, "a.example", 1, 0), 60);
	CU_ASSERT_PTR_NULL(cache_get(cache, &key, 0, &age));
	query.question.type = TYPE_A;
	query.question.class = CLASS_CH;
	CU_ASSERT_PTR_NULL(cache_get(cache, &key, 0, &age));
	cache = cache_free(cache);
}

static void
replaces(void)
{
	struct cache *cache = cache_new(SIZE);

	put(cache, "a.example", VIEW, 0, 60);
	put(cache, "a.example", VIEW, 0, 90);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 0), 90);
	CU_ASSERT_EQUAL(stats(cache).entries, 1);
	CU_ASSERT_EQUAL(stats(cache).inserts, 2);
	CU_ASSERT_EQUAL(stats(cache).evictions, 0);
	cache = cache_free(cache);
}

static void
refuses_what_should_not_be_kept(void)
{
	struct cache *cache = cache_new(SIZE);
	struct question q = packet_question("a.example", TYPE_A);
	struct question other = packet_question("b.example", TYPE_A);
	struct cache_key key = { .question = &q, .view = VIEW },
			 wrong = { .question = &other, .view = VIEW };
	struct answer *a = address("a.example", 60);

	a->keep = false;
	give(cache, &key, 0, a);
	a = address("a.example", 60);
	a->security = SECURITY_BOGUS;
	give(cache, &key, 0, a);
	give(cache, &key, 0, address("a.example", 0));
	give(cache, &wrong, 0, address("a.example", 60));
	CU_ASSERT_EQUAL(stats(cache).entries, 0);
	cache = cache_free(cache);
	cache = cache_new(0);
	put(cache, "a.example", VIEW, 0, 60);
	CU_ASSERT_EQUAL(stats(cache).entries, 0);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 0), -1);
	cache = cache_free(cache);
}

static void
put_number(struct cache *cache, unsigned i)
{
	char name[32];

	snprintf(name, sizeof(name), "%u.example", i);
	put(cache, name, i % 3, 0, 60);
}

static void
keeps_what_was_asked_for_again(void)
{
	struct cache *cache = cache_new(SMALL);

	for (unsigned i = 0; i < MANY; i++) {
		put_number(cache, i);
		if (i % 50 == 0)
			CU_ASSERT_EQUAL(look(cache, "0.example", VIEW, 0), 60);
	}
	CU_ASSERT(stats(cache).evictions > MANY / 2);
	CU_ASSERT_EQUAL(look(cache, "3.example", VIEW, 0), -1);
	CU_ASSERT_EQUAL(look(cache, "0.example", VIEW, 0), 60);
	cache = cache_free(cache);
}

static void
never_exceeds_its_size(void)
{
	struct cache *cache = cache_new(SMALL);

	for (unsigned i = 0; i < MANY; i++) {
		put_number(cache, i);
		CU_ASSERT(stats(cache).used <= SMALL);
		CU_ASSERT_EQUAL(stats(cache).entries + stats(cache).evictions, i + 1);
	}
	/* What a name costs, all in all, when it is full */
	CU_ASSERT(stats(cache).used / stats(cache).entries < 160);
	CU_ASSERT(stats(cache).used > SMALL / 4 * 3);
	cache = cache_free(cache);
}

/* A name with so many addresses, numbered in their first octets. */
static void
put_large(struct cache *cache, const char *name, unsigned addresses)
{
	struct question q = packet_question(name, TYPE_A);
	struct cache_key key = { .question = &q, .view = VIEW };
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	for (unsigned i = 0; i < addresses; i++)
		packet_a(&p, name, 60, (uint8_t)i);
	give(cache, &key, 0, packet_answer(&p, name, TYPE_A, NULL));
}

/* How many records its answer has; 0: there is none. */
static unsigned
look_large(struct cache *cache, const char *name)
{
	struct question q = packet_question(name, TYPE_A);
	struct cache_key key = { .question = &q, .view = VIEW };
	uint32_t age;
	struct answer *a = cache_get(cache, &key, 0, &age);
	const unsigned n = a ? a->ancount : 0;

	CU_ASSERT(!a || packet_whole(a->wire, a->len));
	a = answer_free(a);
	return n;
}

static void
keeps_answers_of_any_size(void)
{
	static const unsigned sizes[] = { 1, 250, 60, 254, 3, 128, 120, 130, 255, 200 };
	struct cache *cache = cache_new(SIZE);
	char name[32];

	for (unsigned i = 0; i < MANY; i++) {
		const unsigned n = sizes[i % 10];

		snprintf(name, sizeof(name), "%u.example", i % 300);
		put_large(cache, name, n);
		CU_ASSERT_EQUAL(look_large(cache, name), n);
		CU_ASSERT(stats(cache).used <= SIZE);
	}
	CU_ASSERT_EQUAL(look_large(cache, "0.example"), 1);
	cache_flush(cache, NULL, true);
	CU_ASSERT_EQUAL(stats(cache).used, idle());
	cache = cache_free(cache);
}

static void
wastes_no_more_than_half(void)
{
	struct cache *cache = cache_new(SIZE);
	size_t few;

	for (unsigned i = 0; i < 100; i++)
		put_number(cache, i);
	few = stats(cache).used;
	/* Each time the answer does not fit where the last one was. */
	for (unsigned i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%u.example", i % 100 * 3);
		put_large(cache, name, 1 + i / 100 % 8 * 3);
	}
	CU_ASSERT(stats(cache).used < few * 4);
	for (unsigned i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%u.example", i * 3);
		CU_ASSERT_EQUAL(look_large(cache, name), 1 + (MANY - 1) / 100 % 8 * 3);
	}
	CU_ASSERT_EQUAL(stats(cache).evictions, 0);
	cache = cache_free(cache);
}

static void
fill(struct cache *cache)
{
	put(cache, "example", 0, 0, 60);
	put(cache, "a.example", 0, 0, 60);
	put(cache, "a.example", 7, 0, 60);
	put(cache, "b.a.example", 7, 0, 60);
	put(cache, "xa.example", 0, 0, 60);
	put(cache, "other", 0, 0, 60);
}

static void
flushes_exactly(void)
{
	struct cache *cache = cache_new(SIZE);
	struct name a = packet_make_name("a.example"), all = packet_make_name("example");

	fill(cache);
	CU_ASSERT_EQUAL(cache_flush(cache, &a, false), 2);
	CU_ASSERT_EQUAL(look(cache, "b.a.example", 7, 0), 60);
	fill(cache);
	CU_ASSERT_EQUAL(cache_flush(cache, &a, true), 3);
	CU_ASSERT_EQUAL(look(cache, "xa.example", 0, 0), 60);
	fill(cache);
	CU_ASSERT_EQUAL(cache_flush(cache, &all, true), 5);
	fill(cache);
	CU_ASSERT_EQUAL(cache_flush_view(cache, 7), 2);
	CU_ASSERT_EQUAL(cache_flush_view(cache, 7), 0);
	fill(cache);
	CU_ASSERT_EQUAL(cache_flush(cache, NULL, false), 6);
	CU_ASSERT_EQUAL(cache_flush(cache, NULL, false), 0);
	CU_ASSERT_EQUAL(stats(cache).used, idle());
	cache = cache_free(cache);
}

static void
flushes_chains_alone(void)
{
	struct cache *cache = cache_new(SIZE);
	struct msg_query query = packet_query("z.example", TYPE_A, 0, false, false);
	struct cache_key key = { .question = &query.question, .view = VIEW };
	struct packet p;

	fill(cache);
	packet_begin(&p, FLAG_QR, "z.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "z.example", TYPE_CNAME, 60, "b.example");
	give(cache, &key, 0, packet_answer(&p, "z.example", TYPE_A, NULL));
	CU_ASSERT_EQUAL(stats(cache).entries, 7);
	CU_ASSERT_EQUAL(cache_flush_chains(cache), 1);
	CU_ASSERT_EQUAL(cache_flush_chains(cache), 0);
	CU_ASSERT_EQUAL(stats(cache).entries, 6);
	cache = cache_free(cache);
}

static void
hands_cut_chains_out_as_copies(void)
{
	struct cache *cache = cache_new(SIZE);
	struct msg_query query = packet_query("a.example", TYPE_A, 0, false, false);
	struct cache_key key = { .question = &query.question, .view = VIEW };
	struct cache_hit hit = { .len = 99 };
	uint8_t out[512];
	struct packet p;
	struct answer *a;
	uint32_t age = 99;

	packet_begin(&p, FLAG_QR, "a.example", TYPE_A);
	packet_alias(&p, SECTION_ANSWER, "a.example", TYPE_CNAME, 60, "b.example");
	give(cache, &key, 0, packet_answer(&p, "a.example", TYPE_A, NULL));
	CU_ASSERT(cache_reply(cache, &key, 5000, &query, out, sizeof(out), 512, &hit));
	CU_ASSERT(hit.cut && hit.len == 0);
	a = cache_get(cache, &key, 5000, &age);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(age, 5);
	CU_ASSERT(a->cut);
	CU_ASSERT_EQUAL(stats(cache).hits, 1);
	cache = cache_free(cache);
	CU_ASSERT(packet_whole(a->wire, a->len));
	a = answer_free(a);
}

/* "No such name" for name, kept by the question for A. */
static void
deny(struct cache *cache, const char *name, uint32_t view, enum security security)
{
	struct question q = packet_question(name, TYPE_A);
	struct cache_key key = { .question = &q, .view = view };
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, name, TYPE_A);
	packet_soa(&p, "example", 60, 60);
	a = packet_answer(&p, name, TYPE_A, NULL);
	a->security = security;
	give(cache, &key, 0, a);
}

static bool
denied(struct cache *cache, const char *name, uint32_t view, msec now)
{
	struct msg_query query = packet_query(name, TYPE_AAAA, FLAG_RD, false, false);
	struct question q = query.question, seen;
	struct cache_key key = { .question = &q, .view = view };
	struct cache_hit hit;
	uint8_t out[512];
	uint32_t age;
	struct answer *a = cache_get_cut(cache, &key, now, &age);

	CU_ASSERT_FALSE(cache_reply(cache, &key, now, &query, out, sizeof(out), 512, &hit));
	if (!a)
		return false;
	CU_ASSERT(hit.may_be_denied);
	answer_question(a, &seen);
	CU_ASSERT(name_equal(&seen.name, &q.name) && seen.type == TYPE_AAAA);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a->nscount, 1);
	CU_ASSERT(packet_whole(a->wire, a->len));
	CU_ASSERT(!a->keep);
	CU_ASSERT_EQUAL(age, now / 1000);
	answer_free(a);
	return true;
}

static void
cuts_below_what_does_not_exist(void)
{
	struct cache *cache = cache_new(SIZE);

	deny(cache, "a.example", 1, SECURITY_SECURE);
	deny(cache, "b.example", 1, SECURITY_INSECURE);
	CU_ASSERT_EQUAL(stats(cache).negative, 2);
	CU_ASSERT(denied(cache, "a.example", 1, 5000));
	CU_ASSERT(denied(cache, "x.y.a.example", 1, 5000));
	CU_ASSERT(!denied(cache, "xa.example", 1, 5000));
	CU_ASSERT(!denied(cache, "example", 1, 5000));
	CU_ASSERT(!denied(cache, "x.a.example", 2, 5000));
	CU_ASSERT(denied(cache, "b.example", 1, 5000));
	CU_ASSERT(!denied(cache, "x.b.example", 1, 5000));
	CU_ASSERT(!denied(cache, "x.a.example", 1, 60000));
	CU_ASSERT_EQUAL(stats(cache).cuts, 3);
	put(cache, "a.example", 1, 5000, 60);
	CU_ASSERT_EQUAL(stats(cache).negative, 1);
	CU_ASSERT(!denied(cache, "x.a.example", 1, 5000));
	cache_flush(cache, NULL, true);
	CU_ASSERT(!denied(cache, "b.example", 1, 5000));
	CU_ASSERT_EQUAL(stats(cache).used, idle());
	cache = cache_free(cache);
}

static enum cache_stale
staleness(struct cache *cache, const char *name, msec now)
{
	struct question q = packet_question(name, TYPE_A);
	struct cache_key key = { .question = &q, .view = VIEW };

	return cache_is_stale(cache, &key, now);
}

static void
gives_answers_past_their_time_only_as_such(void)
{
	struct cache *cache = cache_new(SIZE);
	struct question q = packet_question("a.example", TYPE_A);
	struct cache_key key = { .question = &q, .view = VIEW };
	struct answer *a;

	cache_set_stale(cache, 100000);
	put(cache, "a.example", VIEW, 0, 60);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 59999), CACHE_NOT_STALE);
	CU_ASSERT_PTR_NULL(cache_get_stale(cache, &key, 59999));
	cache_drop_stale(cache, &key, 59999);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 59999), 1);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 60000), -1);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 60000), CACHE_STALE);
	a = cache_get_stale(cache, &key, 60000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->ttl, CACHE_STALE_TTL);
	CU_ASSERT_EQUAL(a->security, SECURITY_UNCHECKED);
	CU_ASSERT(!a->keep);
	a = answer_free(a);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 89999), CACHE_STALE_IN_USE);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 90000), CACHE_STALE);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 159999), CACHE_STALE);
	CU_ASSERT_EQUAL(staleness(cache, "a.example", 160000), CACHE_NOT_STALE);
	CU_ASSERT_EQUAL(look(cache, "a.example", VIEW, 160000), -1);
	CU_ASSERT_EQUAL(stats(cache).entries, 0);
	put(cache, "a.example", VIEW, 200000, 60);
	cache_drop_stale(cache, &key, 260000);
	CU_ASSERT_EQUAL(stats(cache).entries, 0);
	CU_ASSERT_EQUAL(stats(cache).stale, 1);
	cache = cache_free(cache);
}

static const struct unit_case cases[] = {
	{ "an answer past its time is given as such alone, and not for ever",
	    gives_answers_past_their_time_only_as_such },
	{ "a proved NXDOMAIN cuts off all below it", cuts_below_what_does_not_exist },
	{ "a hit is aged and spelled as asked, and ends with its TTL", answers_and_ages },
	{ "views, types and classes are kept apart", keeps_views_types_and_classes_apart },
	{ "a newer answer replaces the older one", replaces },
	{ "what may not be kept is not kept", refuses_what_should_not_be_kept },
	{ "what was asked for again stays", keeps_what_was_asked_for_again },
	{ "the size is never exceeded, and used well", never_exceeds_its_size },
	{ "answers of any size are kept, side by side", keeps_answers_of_any_size },
	{ "what was replaced does not stay in memory for ever", wastes_no_more_than_half },
	{ "flushing removes and counts exactly what it should", flushes_exactly },
	{ "flushing chains leaves what is none", flushes_chains_alone },
	{ "a cut chain is handed out as a copy", hands_cut_chains_out_as_copies },
};

UNIT_MAIN("cache/cache", cases)
