#include "stubd/wire/label.h"

#include "policy/upstream_spec.h"
#include "stubd/cache/cache.h"
#include "stubd/wire/blocking.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <string.h>

static const char said[] = "answered by the network's own resolver 192.0.2.53, in plaintext";

static const struct upstream_spec plain = {
	.scheme = SCHEME_DNS,
	.addresses = { { .family = AF_INET, .port = 53, .ip = { 192, 0, 2, 53 } } },
	.naddresses = 1,
};

/* An answer for name; given by the network's resolver, if so. */
static struct answer *
address(const char *name, bool network)
{
	struct answer *a;
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_a(&p, name, 300, 1);
	a = packet_answer(&p, name, TYPE_A, NULL);
	if (network)
		CU_ASSERT_EQUAL(label_network(&a, &plain), 0);
	return a;
}

static void
an_answer_says_who_gave_it_and_so_does_its_copy(void)
{
	struct answer *a = address("a.example", true), *copy = answer_copy(a);
	struct msg_query query = packet_query("a.example", TYPE_A, FLAG_RD, true, false);
	uint8_t out[512];
	size_t n;

	CU_ASSERT(a->network && copy->network);
	CU_ASSERT_STRING_EQUAL(label_text(copy), said);
	n = reply_write(out, sizeof(out), sizeof(out), &query, copy, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(memmem(out, n, said, strlen(said)));
	query = packet_query("a.example", TYPE_A, FLAG_RD, false, false);
	n = reply_write(out, sizeof(out), sizeof(out), &query, copy, 0, NULL);
	CU_ASSERT_PTR_NULL(memmem(out, n, said, strlen(said)));
	answer_free(copy);
	answer_free(a);
}

static void
it_says_how_that_was_asked(void)
{
	struct upstream_spec spec = {
		.scheme = SCHEME_TLS,
		.host = (char *)(uintptr_t) "192.0.2.53",
		.addresses = { { .family = AF_INET, .port = 853, .ip = { 192, 0, 2, 11 } } },
		.naddresses = 1,
	};
	struct answer *a = address("a.example", false);

	CU_ASSERT_EQUAL(label_network(&a, &spec), 0);
	CU_ASSERT_STRING_EQUAL(label_text(a),
	    "answered by the network's own resolver 192.0.2.53, encrypted and proved");
	spec.unverified = true;
	CU_ASSERT_EQUAL(label_network(&a, &spec), 0);
	CU_ASSERT_STRING_EQUAL(label_text(a), "answered by the network's own resolver 192.0.2.53, "
					      "encrypted, but nobody proved who it is");
	answer_free(a);
}

static void
it_is_handed_on_and_a_chain_has_it_from_any_part(void)
{
	struct answer *from = address("a.example", true), *to = address("a.example", false);
	struct answer *parts[] = { address("b.example", false), from, to }, *whole;
	struct reply_extra extra = { .ede = EDE_NONE };
	char text[128];

	CU_ASSERT_EQUAL_FATAL(answer_join(parts, 3, &whole), 0);
	CU_ASSERT(whole->network);
	label_say(whole, &extra, text, sizeof(text));
	CU_ASSERT_EQUAL(extra.ede, EDE_OTHER);
	CU_ASSERT_STRING_EQUAL(text, said);
	answer_free(whole);
	CU_ASSERT_PTR_NULL(label_text(to));
	CU_ASSERT_EQUAL(label_pass_on(to, &from), 0);
	CU_ASSERT_EQUAL(label_pass_on(from, &to), 0);
	CU_ASSERT_STRING_EQUAL(label_text(to), said);
	answer_free(parts[0]);
	answer_free(from);
	answer_free(to);
}

/* What the answers for a.example and b.example say once they are one. */
static void
joined(struct answer *first, struct answer *second, enum ede ede, const char *text)
{
	struct answer *parts[] = { first, second }, *whole;
	struct reply_extra extra = { .ede = EDE_NONE };
	char said_of_it[128] = "";

	CU_ASSERT_EQUAL_FATAL(answer_join(parts, 2, &whole), 0);
	label_say(whole, &extra, said_of_it, sizeof(said_of_it));
	CU_ASSERT_EQUAL(extra.ede, ede);
	CU_ASSERT_STRING_EQUAL(said_of_it, text);
	CU_ASSERT_EQUAL(whole->blocked, ede == EDE_OTHER ? 0 : (uint8_t)ede);
	answer_free(whole);
}

static void
a_chain_is_blocked_if_a_part_of_it_is(void)
{
	struct answer *clean = address("a.example", false), *blocked = address("b.example", false);
	struct answer *network = address("c.example", true);

	blocking_blame(&blocked, EDE_FILTERED, "alpha");
	joined(clean, blocked, EDE_FILTERED, "blocked by alpha");
	joined(blocked, clean, EDE_FILTERED, "blocked by alpha");
	joined(network, blocked, EDE_OTHER, said);
	joined(blocked, network, EDE_OTHER, said);
	blocking_blame(&network, EDE_BLOCKED, "network 192.0.2.53");
	joined(clean, network, EDE_BLOCKED, "blocked by network 192.0.2.53");
	answer_free(clean);
	answer_free(blocked);
	answer_free(network);
}

static void
what_has_been_said_already_is_not_said_over(void)
{
	struct answer *a = address("a.example", true);
	struct reply_extra extra = { .ede = EDE_STALE, .text = "old" };
	char text[128] = "";

	label_say(a, &extra, text, sizeof(text));
	CU_ASSERT_EQUAL(extra.ede, EDE_STALE);
	CU_ASSERT_STRING_EQUAL(text, "");
	answer_free(a);
}

static long
left(struct cache *cache, const char *name)
{
	struct question q = packet_question(name, TYPE_A);
	const struct cache_key key = { .question = &q, .view = 0 };
	uint32_t age;
	struct answer *a = cache_get(cache, &key, 2000, &age);
	const long ttl = a ? (long)a->ttl : -1;

	answer_free(a);
	return ttl;
}

static void
put(struct cache *cache, const char *name, bool network, enum security security)
{
	struct question q = packet_question(name, TYPE_A);
	const struct cache_key key = { .question = &q, .view = 0 };
	struct answer *a = address(name, network);

	a->security = security;
	cache_put(cache, &key, 1000, a);
	answer_free(a);
}

static void
the_cache_forgets_what_a_network_said_without_proof(void)
{
	struct cache *cache = cache_new(1 << 20);
	struct question q = packet_question("unproved.example", TYPE_A);
	const struct cache_key key = { .question = &q, .view = 0 };

	cache_set_stale(cache, 86400000);
	put(cache, "provider.example", false, SECURITY_INSECURE);
	put(cache, "proved.example", true, SECURITY_SECURE);
	put(cache, "unproved.example", true, SECURITY_INSECURE);
	put(cache, "unchecked.example", true, SECURITY_UNCHECKED);
	CU_ASSERT_EQUAL(cache_is_stale(cache, &key, 400000), CACHE_NOT_STALE);
	CU_ASSERT_EQUAL(left(cache, "unproved.example"), 300);
	CU_ASSERT_EQUAL(cache_flush_network(cache), 2);
	CU_ASSERT_EQUAL(left(cache, "unproved.example"), -1);
	CU_ASSERT_EQUAL(left(cache, "unchecked.example"), -1);
	CU_ASSERT_EQUAL(left(cache, "proved.example"), 300);
	CU_ASSERT_EQUAL(left(cache, "provider.example"), 300);
	cache_free(cache);
}

static const struct unit_case cases[] = {
	{ "an answer says who gave it, and so does its copy",
	    an_answer_says_who_gave_it_and_so_does_its_copy },
	{ "it says how that was asked", it_says_how_that_was_asked },
	{ "it is handed on, and a chain has it from any part",
	    it_is_handed_on_and_a_chain_has_it_from_any_part },
	{ "a chain is blocked if a part of it is", a_chain_is_blocked_if_a_part_of_it_is },
	{ "what has been said already is not said over",
	    what_has_been_said_already_is_not_said_over },
	{ "the cache forgets what a network said without proof",
	    the_cache_forgets_what_a_network_said_without_proof },
};

UNIT_MAIN("wire/label", cases)
