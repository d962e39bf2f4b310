/*
 * The strategies that use several providers: who is asked for what.
 */
#include "policy/registrable.h"
#include "policy/select.h"
#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

enum { NOW = 100000, PROVIDERS = 6, DRAWN = 4, NAMES = 4000 };

/* A policy of six custom providers a to f of which four are drawn: d, a, f, b. */
static struct policy *
policy_of(const char *strategy)
{
	char json[2048];
	int n = snprintf(json, sizeof(json),
	    "{ \"providers\": { \"catalogue\": null, \"strategy\": \"%s\", \"draw\": %d, "
	    "\"custom\": [ ",
	    strategy, DRAWN);
	struct policy *p;

	for (int i = 0; i < PROVIDERS; i++)
		n += snprintf(json + n, sizeof(json) - (size_t)n,
		    "%s{ \"name\": \"%c\", \"url\": \"tls://192.0.2.%d\" }", i ? ", " : "", 'a' + i,
		    i + 1);
	strcat(json, " ] }, \"on_miss\": [ \"providers\" ] }");
	p = load(json);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

static const uint16_t order[PROVIDERS] = { 3, 0, 5, 1, 2, 4 };
static const struct draw draw = {
	.n = PROVIDERS, .order = order, .operators = PROVIDERS, .secret = { 5, 7 }
};
static const struct standing down = { .failures = 3, .down_until = NOW + 1 };
static const struct standing unproven = { .failures = 3, .down_until = NOW };

/* The candidates of a question, as letters, best first; "?x" behind them names the probe. */
static const char *
candidates(const struct policy *p, const struct standing *standing, const char *name, uint16_t type,
    uint64_t random)
{
	static char text[16];
	const struct question q = ask(name, type);
	struct view v = view_of(p, name, type);
	const struct netview netview = { .nlinks = 0 };
	struct name domain;
	struct route r;
	size_t n = 0;

	policy_route(p, &v, &q.name,
	    registrable_domain(p->public_suffixes, &q.name, &domain) ? &domain : NULL, &netview,
	    standing, &draw, NOW, random, &r);
	for (; n < r.stages[0].ncandidates; n++)
		text[n] = p->upstreams[r.stages[0].candidates[n]]->name[0];
	if (r.probe >= 0) {
		text[n++] = '?';
		text[n++] = p->upstreams[r.probe]->name[0];
	}
	text[n] = '\0';
	return text;
}

/* Who is asked first for the i-th of many domains. */
static char
first(const struct policy *p, const struct standing *standing, unsigned i)
{
	char name[64];

	snprintf(name, sizeof(name), "www.domain%u.com", i);
	return candidates(p, standing, name, TYPE_A, 0)[0];
}

static bool
is_drawn(char c)
{
	return strchr("dafb", c) != NULL;
}

/* --- spread ----------------------------------------------------------------------------------- */

static void
spread_throws_dice_for_each_question_among_the_drawn(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("spread");
	unsigned seen[128] = { 0 };

	for (uint64_t i = 0; i < NAMES; i++) {
		const char *c = candidates(
		    p, s, "www.example.com", TYPE_A, (i + 1) * UINT64_C(0x9e3779b97f4a7c15));

		CU_ASSERT_TRUE(is_drawn(c[0]) && is_drawn(c[1]) && is_drawn(c[3]));
		CU_ASSERT_STRING_EQUAL(c + 4, "ce");
		seen[(unsigned)c[0]]++;
	}
	for (const char *c = "dafb"; *c; c++)
		CU_ASSERT_TRUE(
		    seen[(unsigned)*c] > NAMES / 4 - 200 && seen[(unsigned)*c] < NAMES / 4 + 200);
	policy_free(p);
}

static void
spread_passes_over_who_is_down_and_tries_who_comes_back(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("spread");
	bool probed = false;

	s[0] = down;	 /* a */
	s[1] = unproven; /* b */
	for (uint64_t i = 0; i < 100; i++) {
		const char *c =
		    candidates(p, s, "x.example.com", TYPE_A, i * UINT64_C(0x9e3779b97f4a7c15));

		CU_ASSERT_TRUE(c[0] == 'd' || c[0] == 'f');
		CU_ASSERT_TRUE(c[6] == '\0' || strcmp(c + 6, "?b") == 0);
		probed |= c[6] != '\0';
	}
	CU_ASSERT_TRUE(probed);
	policy_free(p);
}

static void
one_that_asks_for_peace_is_asked_last_and_then_has_to_prove_itself(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("one");
	const struct stage stage = { .ncandidates = 3, .candidates = { 3, 0, 5 } };

	CU_ASSERT_STRING_EQUAL(candidates(p, s, "x.example.com", TYPE_A, 0), "dafbce");
	s[3].held_until = NOW + 1;
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "x.example.com", TYPE_A, 0), "afbced");
	CU_ASSERT_FALSE(select_alone(&stage, 3, s, NOW));
	s[3].held_until = NOW;
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "x.example.com", TYPE_A, 0), "afbced?d");
	/* alone, when all others of the stage do not work or ask for peace, too */
	s[3].held_until = NOW + 1;
	s[0] = down;
	CU_ASSERT_FALSE(select_alone(&stage, 3, s, NOW));
	s[5].held_until = NOW + 1;
	CU_ASSERT_TRUE(select_alone(&stage, 3, s, NOW));
	CU_ASSERT_TRUE(select_alone(&stage, 5, s, NOW));
	policy_free(p);
}

/* --- shard ------------------------------------------------------------------------------------ */

static void
a_domain_with_all_below_it_has_one_provider(void)
{
	static const char *const same[] = { "www.example.com", "a.b.c.d.example.com",
		"_443._tcp.www.example.com", "EXAMPLE.com", "we\\.ird.example.com" };
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("shard");
	char want[16];

	strcpy(want, candidates(p, s, "example.com", TYPE_A, 0));
	CU_ASSERT_EQUAL(strlen(want), PROVIDERS);
	CU_ASSERT_STRING_EQUAL(want + DRAWN, "ce");
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		CU_ASSERT_STRING_EQUAL(candidates(p, s, same[i], TYPE_A, i), want);
	/* its keys and its delegation too */
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "example.com", TYPE_DNSKEY, 0), want);
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "example.com", TYPE_DS, 0), want);
	policy_free(p);
}

static void
what_is_nobodys_goes_to_the_first_of_the_draw(void)
{
	static const char *const names[] = { ".", "com", "co.uk", "uk", "github.io", "nosuchtld",
		"in-addr.arpa" };
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("shard");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CU_ASSERT_STRING_EQUAL(candidates(p, s, names[i], TYPE_DNSKEY, i), "dafbce");
	s[3] = down;
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "com", TYPE_DS, 0), "afbced");
	policy_free(p);
}

static void
shards_are_of_equal_size_and_of_the_drawn_alone(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("shard");
	unsigned seen[128] = { 0 };
	double chi2 = 0;

	for (unsigned i = 0; i < NAMES; i++)
		seen[(unsigned)first(p, s, i)]++;
	for (const char *c = "dafb"; *c; c++) {
		const double off = seen[(unsigned)*c] - NAMES / 4.0;

		chi2 += off * off / (NAMES / 4.0);
	}
	CU_ASSERT_EQUAL(seen['c'] + seen['e'], 0);
	/* three degrees of freedom: p < 1e-6 beyond 30.7 */
	CU_ASSERT_TRUE(chi2 < 30.7);
	policy_free(p);
}

static void
who_is_lost_moves_its_own_domains_only_and_has_them_back(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("shard");
	unsigned moved = 0, to[128] = { 0 };
	char before[NAMES];

	for (unsigned i = 0; i < NAMES; i++)
		before[i] = first(p, s, i);
	s[5] = down; /* f */
	for (unsigned i = 0; i < NAMES; i++) {
		const char now = first(p, s, i);

		CU_ASSERT_TRUE(is_drawn(now) && now != 'f');
		CU_ASSERT_TRUE(before[i] == 'f' || now == before[i]);
		if (before[i] != 'f')
			continue;
		moved++;
		to[(unsigned)now]++;
	}
	for (const char *c = "dab"; *c; c++)
		CU_ASSERT_TRUE(to[(unsigned)*c] > moved / 6);
	s[5] = unproven;
	for (unsigned i = 0; i < NAMES; i++) {
		char name[64];
		const char *c;

		snprintf(name, sizeof(name), "www.domain%u.com", i);
		c = candidates(p, s, name, TYPE_A, 0);
		/* only its own questions bring it back */
		CU_ASSERT_EQUAL(strstr(c, "?f") != NULL, before[i] == 'f');
	}
	s[5] = (struct standing){ .srtt_us = 9 };
	for (unsigned i = 0; i < NAMES; i++)
		CU_ASSERT_EQUAL(first(p, s, i), before[i]);
	policy_free(p);
}

static void
another_secret_makes_other_shards(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("shard");
	const struct name domain = ask("example.com", TYPE_A).name;
	struct draw other = draw;
	bool seen[PROVIDERS] = { false };
	unsigned n = 0;

	for (uint64_t i = 0; i < 64; i++) {
		struct preference preference;
		const struct choice choice = {
			.policy = p, .domain = &domain, .standing = s, .draw = &other, .now = NOW
		};

		other.secret[0] = i;
		select_providers(&choice, &preference);
		n += !seen[preference.members[0]];
		seen[preference.members[0]] = true;
	}
	CU_ASSERT_EQUAL(n, DRAWN);
	policy_free(p);
}

static void
a_list_of_ones_own_says_what_a_suffix_is(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	char json[256], path[48], alike[16];
	struct policy *p, *own;
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/stubd-psl-%d", (int)getpid());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("// mine\ncom\nexample.com\n", f);
	fclose(f);
	snprintf(json, sizeof(json),
	    "{ \"public_suffix_list\": \"%s\", \"providers\": { \"catalogue\": null } , "
	    "\"on_miss\": [ \"recurse\" ] }",
	    path);
	own = load(json);
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	p = policy_of("shard");
	strcpy(alike, candidates(p, s, "a.example.com", TYPE_A, 0));
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "b.example.com", TYPE_A, 0), alike);
	registrable_free(p->public_suffixes);
	p->public_suffixes = own->public_suffixes;
	own->public_suffixes = NULL;
	CU_ASSERT_STRING_EQUAL(candidates(p, s, "example.com", TYPE_A, 0), "dafbce");
	policy_free(p);
	policy_free(own);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("// nothing\n", f);
	fclose(f);
	CU_ASSERT(refused(json, 1, "/public_suffix_list: \"/tmp/stubd-psl-"));
	CU_ASSERT(refused("{ \"public_suffix_list\": \"/nonexistent/list\", \"on_miss\": [ "
			  "\"recurse\" ] }",
	    1, "test.json:1: /public_suffix_list: \"/nonexistent/list\" cannot be read: No such"));
	unlink(path);
}

static void
registrable_domains_are_as_the_list_says(void)
{
	static const char *const rows[][2] = {
		{ "www.example.com", "example.com." },
		{ "a.b.example.co.uk", "example.co.uk." },
		{ "co.uk", NULL },
		{ "user.github.io", "user.github.io." },
		{ "a.b.c.unknowntld", "c.unknowntld." },
		{ "4.3.2.198.in-addr.arpa", "198.in-addr.arpa." },
		{ "a\\.b.com", "a\\.b.com." },
		{ ".", NULL },
	};
	struct registrable_list *list;

	CU_ASSERT_EQUAL_FATAL(registrable_open(NULL, &list), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct question q = ask(rows[i][0], TYPE_A);
		char text[NAME_TEXT_MAX];
		struct name domain;

		CU_ASSERT_EQUAL(registrable_domain(list, &q.name, &domain), rows[i][1] != NULL);
		if (rows[i][1])
			CU_ASSERT_STRING_EQUAL(name_to_text(&domain, text), rows[i][1]);
	}
	registrable_free(list);
}

/* --- fastest ---------------------------------------------------------------------------------- */

static void
of_two_at_random_the_faster_is_asked(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("fastest");
	unsigned seen[128] = { 0 };

	for (unsigned i = 0; i < DRAWN; i++)
		s[order[i]] =
		    (struct standing){ .srtt_us = 1000 * (i + 1), .last_answer = NOW - 1 };
	for (uint64_t i = 0; i < NAMES; i++)
		seen[(unsigned)candidates(
		    p, s, "www.example.com", TYPE_A, (i + 1) * UINT64_C(0x9e3779b97f4a7c15))[0]]++;
	/* d, a, f, b by time: in 3, 2, 1 and 0 of the six pairs */
	CU_ASSERT_TRUE(seen['d'] > NAMES * 2 / 5 && seen['d'] < NAMES * 3 / 5);
	CU_ASSERT_TRUE(seen['a'] > NAMES / 4 && seen['a'] < NAMES * 2 / 5);
	CU_ASSERT_TRUE(seen['f'] > NAMES / 10 && seen['f'] < NAMES / 4);
	CU_ASSERT_EQUAL(seen['b'], 0);
	/* What was measured long ago is measured again. */
	s[1].last_answer = NOW - SELECT_FORGET - 1;
	for (uint64_t i = 0; i < 100; i++)
		seen[(unsigned)candidates(
		    p, s, "www.example.com", TYPE_A, (i + 1) * UINT64_C(0x9e3779b97f4a7c15))[0]]++;
	CU_ASSERT_TRUE(seen['b'] > 0);
	policy_free(p);
}

static void
who_has_to_prove_itself_is_sent_copies_also_when_it_was_slow(void)
{
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	struct policy *p = policy_of("fastest");
	bool probed = false;

	for (unsigned i = 0; i < DRAWN; i++)
		s[order[i]] =
		    (struct standing){ .srtt_us = 1000 * (i + 1), .last_answer = NOW - 1 };
	s[1].failures = 3;
	s[1].down_until = NOW;
	for (uint64_t i = 0; i < 100; i++) {
		const char *c =
		    candidates(p, s, "x.example.com", TYPE_A, i * UINT64_C(0x9e3779b97f4a7c15));

		CU_ASSERT_NOT_EQUAL(c[0], 'b');
		probed |= strstr(c, "?b") != NULL;
	}
	CU_ASSERT_TRUE(probed);
	policy_free(p);
}

static void
fewer_operators_than_are_to_be_drawn_are_all_there_is(void)
{
	static const char *const strategies[] = { "spread", "shard", "fastest" };
	struct standing s[PROVIDERS] = { { .srtt_us = 0 } };
	const struct name domain = ask("example.com", TYPE_A).name;
	struct draw few = draw;

	for (size_t i = 0; i < 3; i++) {
		struct policy *p = policy_of(strategies[i]);
		const struct choice choice = {
			.policy = p, .domain = &domain, .standing = s, .draw = &few, .now = NOW
		};
		struct preference preference;

		for (few.operators = 1; few.operators <= PROVIDERS; few.operators++) {
			select_providers(&choice, &preference);
			CU_ASSERT_EQUAL(
			    preference.nmembers, few.operators < DRAWN ? few.operators : DRAWN);
		}
		policy_free(p);
	}
}

static const struct unit_case cases[] = {
	{ "one that asks for peace is asked last, and then has to prove itself",
	    one_that_asks_for_peace_is_asked_last_and_then_has_to_prove_itself },
	{ "spread throws dice for each question among the drawn",
	    spread_throws_dice_for_each_question_among_the_drawn },
	{ "spread passes over who is down and tries who comes back",
	    spread_passes_over_who_is_down_and_tries_who_comes_back },
	{ "a domain with all below it has one provider",
	    a_domain_with_all_below_it_has_one_provider },
	{ "what is nobody's goes to the first of the draw",
	    what_is_nobodys_goes_to_the_first_of_the_draw },
	{ "shards are of equal size and of the drawn alone",
	    shards_are_of_equal_size_and_of_the_drawn_alone },
	{ "who is lost moves its own domains only and has them back",
	    who_is_lost_moves_its_own_domains_only_and_has_them_back },
	{ "another secret makes other shards", another_secret_makes_other_shards },
	{ "a list of one's own says what a suffix is", a_list_of_ones_own_says_what_a_suffix_is },
	{ "registrable domains are as the list says", registrable_domains_are_as_the_list_says },
	{ "of two at random the faster is asked", of_two_at_random_the_faster_is_asked },
	{ "who has to prove itself is sent copies, also when it was slow",
	    who_has_to_prove_itself_is_sent_copies_also_when_it_was_slow },
	{ "fewer operators than are to be drawn are all there is",
	    fewer_operators_than_are_to_be_drawn_are_all_there_is },
};

UNIT_MAIN("select", cases)
