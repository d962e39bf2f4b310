#include "stubd/cache/gaps.h"

#include "stubd/cache/cache.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>
#include <string.h>

enum { VIEW = 1, TTL = 60, SIZE = 1 << 20 };

struct nsec {
	const char *owner, *next;
};

/* RDATA: the next name, and that there are A and RRSIG. */
static void
add_nsec(struct packet *p, const struct nsec *nsec, const char *zone)
{
	static const uint8_t types[] = { 0, 6, 0x40, 0, 0, 0, 0, 2 };
	uint8_t rdata[2 * NAME_WIRE_MAX];
	struct wcur w = wcur_make(rdata, sizeof(rdata));

	packet_name(&w, nsec->next);
	wcur_bytes(&w, types, sizeof(types));
	packet_rr(p, SECTION_AUTHORITY, nsec->owner, TYPE_NSEC, TTL, rdata, wcur_len(&w));
	packet_rrsig(p, SECTION_AUTHORITY, nsec->owner, TYPE_NSEC, TTL, zone);
}

/* A denial of name by that zone, with two NSEC records at most. */
static struct answer *
denial(const char *name, const char *zone, const struct nsec *one, const struct nsec *two)
{
	struct answer *a;
	struct packet p;

	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, name, TYPE_A);
	packet_soa(&p, zone, TTL, TTL);
	add_nsec(&p, one, zone);
	if (two)
		add_nsec(&p, two, zone);
	a = packet_answer(&p, name, TYPE_A, NULL);
	a->security = SECURITY_SECURE;
	return a;
}

static void
learn(struct gaps *gaps, const char *name, const char *zone, const struct nsec *one,
    const struct nsec *two)
{
	struct question q = packet_question(name, TYPE_A);
	const struct cache_key key = { .question = &q, .view = VIEW };
	struct answer *a = denial(name, zone, one, two);

	CU_ASSERT(gaps_want(a));
	gaps_learn(gaps, &key, 0, a);
	answer_free(a);
}

/* Whose denial it is that answers for name, as text; "" for nobody's. */
static const char *
whose(const struct gaps *gaps, const char *name)
{
	static char text[NAME_TEXT_MAX];
	struct name wanted = packet_make_name(name);
	struct gap_denial denied;

	text[0] = '\0';
	if (gaps_find(gaps, &wanted, VIEW, 0, &denied))
		name_to_text(&denied.name, text);
	return text;
}

static void
finds_what_lies_between(void)
{
	struct gaps *gaps = gaps_new();

	learn(gaps, "f.example", "example", &(struct nsec){ "d.example", "m.example" },
	    &(struct nsec){ "example", "b.example" });
	CU_ASSERT_STRING_EQUAL(whose(gaps, "f.example"), "f.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "e.example"), "f.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "lzz.example"), "f.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "a.b.lzz.example"), "f.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "d.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "m.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "c.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "n.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "x.m.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "f.example.org"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "."), "");
	/* the wildcard that was denied is the one below example: of what lies below d another would be
	 * asked for; and d may be a delegation */
	CU_ASSERT_STRING_EQUAL(whose(gaps, "x.d.example"), "");
	gaps = gaps_free(gaps);
}

/* m.example has no NSEC of its own, but a name below. */
static void
leaves_empty_non_terminals(void)
{
	struct gaps *gaps = gaps_new();

	learn(gaps, "f.example", "example", &(struct nsec){ "d.example", "x.y.m.example" },
	    &(struct nsec){ "example", "b.example" });
	CU_ASSERT_STRING_EQUAL(whose(gaps, "k.example"), "f.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "m.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "y.m.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "a.m.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "a.y.m.example"), "");
	gaps = gaps_free(gaps);
}

static void
knows_the_last_gap_of_a_zone(void)
{
	struct gaps *gaps = gaps_new();

	learn(gaps, "t.example", "example", &(struct nsec){ "s.example", "example" },
	    &(struct nsec){ "example", "b.example" });
	CU_ASSERT_STRING_EQUAL(whose(gaps, "zz.example"), "t.example.");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "a.example"), "");
	CU_ASSERT_STRING_EQUAL(whose(gaps, "zz.other"), "");
	gaps = gaps_free(gaps);
}

/* RFC 4034 section 6.1 has this order. A name that the next one is below is none that could be denied. */
static void
keeps_the_canonical_order(void)
{
	static const char *const order[] = { "example", "a.example", "yljkjljk.a.example",
		"z.a.example", "zabc.a.example", "z.example", "\1.z.example", "*.z.example",
		"\xc8.z.example", "zz.example" };

	for (size_t i = 1; i + 1 < sizeof(order) / sizeof(*order); i++) {
		const struct nsec nsec = { order[i - 1], order[i + 1] };
		const struct name name = packet_make_name(order[i]);
		const struct name next = packet_make_name(order[i + 1]);
		struct gaps *gaps = gaps_new();

		learn(gaps, order[i], "example", &nsec, NULL);
		CU_ASSERT_EQUAL(*whose(gaps, order[i]) != '\0', !name_is_under(&next, &name));
		for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
			if (k != i)
				CU_ASSERT_STRING_EQUAL(whose(gaps, order[k]), "");
		gaps = gaps_free(gaps);
	}
}

static void
wants_what_was_proved(void)
{
	struct answer *a =
	    denial("f.example", "example", &(struct nsec){ "d.example", "m.example" }, NULL);

	CU_ASSERT(gaps_want(a));
	a->security = SECURITY_INSECURE;
	CU_ASSERT(!gaps_want(a));
	a->security = SECURITY_TRUSTED;
	CU_ASSERT(!gaps_want(a));
	a->security = SECURITY_SECURE;
	a->rcode = RCODE_NOERROR;
	CU_ASSERT(!gaps_want(a));
	answer_free(a);
}

/* What does not cover the name, or belongs to another zone, is no gap. */
static void
learns_from_nothing_else(void)
{
	struct gaps *gaps = gaps_new();

	learn(gaps, "f.example", "example", &(struct nsec){ "g.example", "m.example" }, NULL);
	learn(gaps, "f.example", "example", &(struct nsec){ "f.example", "m.example" }, NULL);
	learn(gaps, "f.example", "example", &(struct nsec){ "d.example", "f.example" }, NULL);
	CU_ASSERT_EQUAL(gaps_count(gaps), 0);
	gaps = gaps_free(gaps);
}

static void
ends_with_its_time_and_view(void)
{
	struct gaps *gaps = gaps_new();
	struct name name = packet_make_name("e.example");
	struct gap_denial denied;

	learn(gaps, "f.example", "example", &(struct nsec){ "d.example", "m.example" }, NULL);
	learn(gaps, "f.example", "example", &(struct nsec){ "d.example", "m.example" }, NULL);
	CU_ASSERT_EQUAL(gaps_count(gaps), 1);
	CU_ASSERT(gaps_find(gaps, &name, VIEW, TTL * 1000 - 1, &denied));
	CU_ASSERT(!gaps_find(gaps, &name, VIEW, TTL * 1000, &denied));
	CU_ASSERT(!gaps_find(gaps, &name, VIEW + 1, 0, &denied));
	gaps_forget(gaps);
	CU_ASSERT(!gaps_find(gaps, &name, VIEW, 0, &denied));
	gaps = gaps_free(gaps);
}

static void
is_bounded(void)
{
	struct gaps *gaps = gaps_new();
	char owner[64], name[64], next[64];

	for (unsigned i = 0; i < GAPS_MAX + 10; i++) {
		snprintf(owner, sizeof(owner), "n%04ua.example", i);
		snprintf(name, sizeof(name), "n%04ub.example", i);
		snprintf(next, sizeof(next), "n%04uc.example", i);
		learn(gaps, name, "example", &(struct nsec){ owner, next }, NULL);
	}
	CU_ASSERT_EQUAL(gaps_count(gaps), GAPS_MAX);
	CU_ASSERT_STRING_EQUAL(whose(gaps, "n0009b.example"), "");
	CU_ASSERT_STRING_NOT_EQUAL(whose(gaps, "n0010b.example"), "");
	gaps = gaps_free(gaps);
}

/* --- a zone of any names ---------------------------------------------------------------------- */

enum { ZONE_NAMES = 6, LETTERS = 3, ALL_NAMES = 3 + 9 + 27 };

/* All names below example of at most three labels of one letter each, and which of them the zone has. */
struct zone {
	char names[ALL_NAMES][8]; /* the labels from the top down, as "ab" for b.a.example */
	bool has[ALL_NAMES];
};

static void
text_of(const char *labels, char text[64])
{
	size_t n = strlen(labels), at = 0;

	while (n)
		at += (size_t)snprintf(text + at, 64 - at, "%c.", labels[--n]);
	snprintf(text + at, 64 - at, "example");
}

static void
make_zone(struct zone *z, unsigned *seed)
{
	size_t n = 0;

	memset(z, 0, sizeof(*z));
	/* in the canonical order: a name, then what is below it */
	for (unsigned i = 0; i < LETTERS; i++) {
		snprintf(z->names[n++], 8, "%c", 'a' + (int)i);
		for (unsigned k = 0; k < LETTERS; k++) {
			snprintf(z->names[n++], 8, "%c%c", 'a' + (int)i, 'a' + (int)k);
			for (unsigned m = 0; m < LETTERS; m++)
				snprintf(z->names[n++], 8, "%c%c%c", 'a' + (int)i, 'a' + (int)k,
				    'a' + (int)m);
		}
	}
	for (unsigned i = 0; i < ZONE_NAMES; i++)
		z->has[(*seed = *seed * 1103515245 + 12345) / 65536 % ALL_NAMES] = true;
}

/* Is it there, or anything below it? The zone itself is, as no labels. */
static bool
exists(const struct zone *z, const char *labels, size_t n)
{
	if (!n)
		return true;
	for (size_t i = 0; i < ALL_NAMES; i++)
		if (z->has[i] && strncmp(z->names[i], labels, n) == 0)
			return true;
	return false;
}

static size_t
encloser_of(const struct zone *z, const char *labels)
{
	size_t n = strlen(labels);

	while (!exists(z, labels, n))
		n--;
	return n;
}

/* Tells the denial of one name, as the zone would. */
static void
learn_of(struct gaps *gaps, const struct zone *z, size_t at)
{
	char owner[64] = "example", next[64] = "example", name[64];

	for (size_t i = 0; i < at; i++)
		if (z->has[i])
			text_of(z->names[i], owner);
	for (size_t i = ALL_NAMES; i-- > at;)
		if (z->has[i])
			text_of(z->names[i], next);
	text_of(z->names[at], name);
	learn(gaps, name, "example", &(struct nsec){ owner, next }, NULL);
}

static void
denies_nothing_that_is_there(void)
{
	unsigned seed = 1, denied = 0;
	char text[64], other[64];
	struct zone z;

	for (unsigned round = 0; round < 300; round++) {
		struct gaps *gaps = gaps_new();
		size_t x;

		make_zone(&z, &seed);
		do
			x = (seed = seed * 1103515245 + 12345) / 65536 % ALL_NAMES;
		while (exists(&z, z.names[x], strlen(z.names[x])));
		learn_of(gaps, &z, x);
		text_of(z.names[x], text);
		CU_ASSERT_STRING_NOT_EQUAL(whose(gaps, text), "");
		for (size_t y = 0; y < ALL_NAMES; y++) {
			text_of(z.names[y], other);
			if (!*whose(gaps, other))
				continue;
			denied += y != x;
			CU_ASSERT(!exists(&z, z.names[y], strlen(z.names[y])));
			/* else another wildcard could have made it */
			CU_ASSERT(
			    encloser_of(&z, z.names[y]) == encloser_of(&z, z.names[x]) &&
			    strncmp(z.names[y], z.names[x], encloser_of(&z, z.names[x])) == 0);
		}
		gaps = gaps_free(gaps);
	}
	CU_ASSERT(denied > 1000);
}

static bool
answers(struct cache *cache, const char *name, uint16_t type)
{
	struct question q = packet_question(name, type), seen;
	const struct cache_key key = { .question = &q, .view = VIEW };
	uint32_t age;
	struct answer *a = cache_get_cut(cache, &key, 5000, &age);

	if (!a)
		return false;
	answer_question(a, &seen);
	CU_ASSERT(name_equal(&seen.name, &q.name) && seen.type == type);
	CU_ASSERT_EQUAL(a->rcode, RCODE_NXDOMAIN);
	CU_ASSERT_EQUAL(a->security, SECURITY_SECURE);
	CU_ASSERT_EQUAL(a->nscount, 1);
	CU_ASSERT_EQUAL(a->nscount_dnssec, 2); /* the proof: NSEC and its signature */
	CU_ASSERT_EQUAL(age, 5);
	answer_free(a);
	return true;
}

static void
answers_from_the_cache(void)
{
	struct question q = packet_question("f.example", TYPE_A);
	const struct cache_key key = { .question = &q, .view = VIEW };
	struct cache *cache = cache_new(SIZE);
	struct answer *a =
	    denial("f.example", "example", &(struct nsec){ "d.example", "m.example" }, NULL);
	struct name other = packet_make_name("other");
	struct cache_stats s;

	cache_put(cache, &key, 0, a);
	CU_ASSERT(answers(cache, "e.example", TYPE_TXT));
	CU_ASSERT(answers(cache, "x.e.example", TYPE_DS));
	CU_ASSERT(!answers(cache, "n.example", TYPE_A));
	cache_stats(cache, &s);
	CU_ASSERT(s.gaps == 2 && s.cuts == 0 && s.entries == 1);
	/* after any flush every name is asked for anew */
	CU_ASSERT_EQUAL(cache_flush(cache, &other, true), 0);
	CU_ASSERT(!answers(cache, "e.example", TYPE_TXT));
	CU_ASSERT(answers(cache, "f.example", TYPE_TXT));
	/* and without its denial a gap tells nothing */
	cache_put(cache, &key, 0, a);
	CU_ASSERT(answers(cache, "e.example", TYPE_TXT));
	answer_free(a);
	a = denial("f.example", "example", &(struct nsec){ "d.example", "m.example" }, NULL);
	a->security = SECURITY_INSECURE;
	cache_put(cache, &key, 0, a);
	CU_ASSERT(!answers(cache, "e.example", TYPE_TXT));
	answer_free(a);
	cache = cache_free(cache);
}

/* The zone has got b.example since: what denies a.b.example now says nothing of others beside. */
static void
takes_no_other_proof(void)
{
	struct question q = packet_question("a.b.example", TYPE_A);
	const struct cache_key key = { .question = &q, .view = VIEW };
	struct cache *cache = cache_new(SIZE);
	struct answer *a =
	    denial("a.b.example", "example", &(struct nsec){ "example", "m.example" }, NULL);

	cache_put(cache, &key, 0, a);
	CU_ASSERT(answers(cache, "e.example", TYPE_A));
	answer_free(a);
	a = denial("a.b.example", "example", &(struct nsec){ "b.example", "d.example" }, NULL);
	cache_put(cache, &key, 4000, a);
	CU_ASSERT(!answers(cache, "e.example", TYPE_A));
	answer_free(a);
	cache = cache_free(cache);
}

static const struct unit_case cases[] = {
	{ "a name between two of a signed zone is denied by the denial of another",
	    finds_what_lies_between },
	{ "a name that others are below exists", leaves_empty_non_terminals },
	{ "behind the last name of a zone there is nothing", knows_the_last_gap_of_a_zone },
	{ "names are in their canonical order", keeps_the_canonical_order },
	{ "whatever the zone, nothing is denied that is there, or that another wildcard could make",
	    denies_nothing_that_is_there },
	{ "only what was proved denies", wants_what_was_proved },
	{ "records that do not cover the name say nothing", learns_from_nothing_else },
	{ "a gap ends with its time, and is that of a view", ends_with_its_time_and_view },
	{ "when there are too many the oldest goes", is_bounded },
	{ "the cache answers with the proof of the other name, until a flush",
	    answers_from_the_cache },
	{ "a later denial of the other name is no proof of what an earlier one was",
	    takes_no_other_proof },
};

UNIT_MAIN("cache/gaps", cases)
