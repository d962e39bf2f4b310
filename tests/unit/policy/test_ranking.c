/*
 * The draw of many installations, each with a secret of its own, from a fixed sequence: who comes
 * first? Chi-squared over the operators, and over the entries of one. A draw that is not fair fails the
 * same test.
 */
#include "policy/config.h"
#include "policy/ranking.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INSTALLATIONS = 40000 };

/* Operator A has five entries, B three, C two, D and E one each; the last one does not tell. */
static const struct {
	const char *name, *operator_name;
	unsigned operator;
} list[] = {
	{ "a1", "A", 0 },
	{ "a2", "A", 0 },
	{ "b1", "B", 1 },
	{ "a3", "A", 0 },
	{ "c1", "C", 2 },
	{ "a4", "A", 0 },
	{ "d", "D", 3 },
	{ "b2", "B", 1 },
	{ "e", "E", 4 },
	{ "c2", "C", 2 },
	{ "f", NULL, 5 },
	{ "a5", "A", 0 },
	{ "b3", "B", 1 },
};

enum { LISTED = sizeof(list) / sizeof(*list), KNOWN = 6 /* operators of the list */ };

static struct upstream_spec specs[LISTED];
static struct upstream_spec *table[LISTED];

/* The policy of the list without its entry `but` (LISTED: all). */
static struct policy
policy_without(size_t but)
{
	struct policy p = { .upstreams = table };

	for (size_t i = 0; i < LISTED; i++) {
		if (i == but)
			continue;
		specs[p.nproviders].name = (char *)list[i].name;
		specs[p.nproviders].operator_name = (char *)list[i].operator_name;
		table[p.nproviders] = &specs[p.nproviders];
		p.nproviders++;
	}
	p.nupstreams = p.nproviders;
	return p;
}

/* The secret of the i-th installation. */
static void
secret_of(uint64_t i, uint64_t key[2])
{
	key[0] = i * UINT64_C(0x9e3779b97f4a7c15);
	key[1] = ~i;
}

typedef int ranking_fn(const struct policy *policy, const uint64_t key[2], uint16_t *order);

/* The upper tail of chi-squared: from one or two degrees of freedom, two more at each step. */
static double
tail(double chi2, unsigned freedom)
{
	const double x = chi2 / 2;
	double p = freedom % 2 ? erfc(sqrt(x)) : exp(-x);

	for (unsigned k = freedom % 2 ? 1 : 2; k < freedom; k += 2)
		p += exp(k / 2.0 * log(x) - x - lgamma(k / 2.0 + 1));
	return p;
}

static double
uniformity(const unsigned *seen, unsigned n)
{
	double chi2 = 0, mean = 0;

	for (unsigned i = 0; i < n; i++)
		mean += (double)seen[i] / n;
	for (unsigned i = 0; i < n; i++)
		chi2 += (seen[i] - mean) * (seen[i] - mean) / mean;
	return tail(chi2, n - 1);
}

/* The smaller p of two questions: is each operator as likely to be first, and when it is A, each of
 * its entries? */
static double
fairness(ranking_fn *ranking)
{
	const struct policy policy = policy_without(LISTED);
	unsigned operators[KNOWN] = { 0 }, entries[5] = { 0 };
	uint16_t order[LISTED];
	double p, q;

	for (uint64_t i = 0; i < INSTALLATIONS; i++) {
		uint64_t key[2];

		secret_of(i, key);
		ranking(&policy, key, order);
		operators[list[order[0]].operator]++;
		if (list[order[0]].operator== 0)
			entries[list[order[0]].name[1] - '1']++;
	}
	p = uniformity(operators, KNOWN);
	q = uniformity(entries, 5);
	printf("\n\toperators p = %.2g, entries of one p = %.2g ", p, q);
	return p < q ? p : q;
}

/* --- planted ---------------------------------------------------------------------------------- */

/* All entries in one urn: who has five has five chances. */
static int
one_urn(const struct policy *policy, const uint64_t key[2], uint16_t *order)
{
	static char alone[LISTED][8];
	struct policy p = *policy;
	struct upstream_spec mine[LISTED];
	struct upstream_spec *mine_table[LISTED];

	for (size_t i = 0; i < p.nproviders; i++) {
		mine[i] = *policy->upstreams[i];
		snprintf(alone[i], sizeof(alone[i]), "%s", mine[i].name);
		mine[i].operator_name = alone[i];
		mine_table[i] = &mine[i];
	}
	p.upstreams = mine_table;
	return ranking_make(&p, key, order);
}

/* One installation in twenty-five is given the first of the list, whatever it drew. */
static int
favourite(const struct policy *policy, const uint64_t key[2], uint16_t *order)
{
	const int operators = ranking_make(policy, key, order);

	if (key[1] % 25 == 0)
		order[0] = 0;
	return operators;
}

/* The first entry of each operator, always. */
static int
no_draw_within(const struct policy *policy, const uint64_t key[2], uint16_t *order)
{
	const int operators = ranking_make(policy, key, order);

	for (uint16_t i = 0; i < policy->nproviders; i++) {
		if (list[i].operator== list[order[0]].operator) {
			order[0] = i;
			break;
		}
	}
	return operators;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void
every_operator_is_as_likely_to_be_first_and_so_is_each_of_its_entries(void)
{
	CU_ASSERT_TRUE(fairness(ranking_make) > 1e-6);
}

static void
a_draw_that_is_not_fair_fails_the_same_test(void)
{
	CU_ASSERT_TRUE(fairness(one_urn) < 1e-6);
	CU_ASSERT_TRUE(fairness(favourite) < 1e-6);
	CU_ASSERT_TRUE(fairness(no_draw_within) < 1e-6);
}

static void
the_tail_is_what_tables_say(void)
{
	/* 5 %, 1 %, 0.1 % points of chi-squared */
	CU_ASSERT_DOUBLE_EQUAL(tail(11.070, 5), 0.05, 0.001);
	CU_ASSERT_DOUBLE_EQUAL(tail(15.086, 5), 0.01, 0.0005);
	CU_ASSERT_DOUBLE_EQUAL(tail(18.467, 4), 0.001, 0.0001);
}

static void
the_first_of_a_draw_are_of_as_many_operators(void)
{
	const struct policy policy = policy_without(LISTED);
	uint16_t order[LISTED];

	for (uint64_t i = 0; i < 1000; i++) {
		unsigned operators = 0, entries = 0;
		uint64_t key[2];

		secret_of(i, key);
		CU_ASSERT_EQUAL_FATAL(ranking_make(&policy, key, order), KNOWN);
		for (size_t k = 0; k < LISTED; k++) {
			entries |= 1u << order[k];
			if (k < KNOWN)
				operators |= 1u << list[order[k]].operator;
		}
		CU_ASSERT_EQUAL(operators, (1u << KNOWN) - 1);
		CU_ASSERT_EQUAL(entries, (1u << LISTED) - 1);
	}
}

static void
who_leaves_moves_no_other_operator(void)
{
	for (uint64_t i = 0; i < 200; i++) {
		const size_t gone = i % LISTED;
		uint16_t before[LISTED], after[LISTED];
		unsigned was[KNOWN], is[KNOWN];
		size_t n = 0, m = 0;
		struct policy policy = policy_without(LISTED);
		uint64_t key[2];

		secret_of(i, key);
		ranking_make(&policy, key, before);
		for (size_t k = 0; k < KNOWN; k++)
			if (list[before[k]].operator!= list[gone].operator)
				was[n++] = list[before[k]].operator;
		policy = policy_without(gone);
		const int operators = ranking_make(&policy, key, after);
		for (int k = 0; k < operators; k++) {
			const size_t x = after[k] < gone ? after[k] : after[k] + 1u;

			if (list[x].operator!= list[gone].operator)
				is[m++] = list[x].operator;
		}
		CU_ASSERT_EQUAL(n, m);
		CU_ASSERT_EQUAL(memcmp(was, is, n * sizeof(*was)), 0);
	}
}

static const struct unit_case cases[] = {
	{ "every operator is as likely to be first, and so is each of its entries",
	    every_operator_is_as_likely_to_be_first_and_so_is_each_of_its_entries },
	{ "a draw that is not fair fails the same test",
	    a_draw_that_is_not_fair_fails_the_same_test },
	{ "the tail is what tables say", the_tail_is_what_tables_say },
	{ "the first of a draw are of as many operators",
	    the_first_of_a_draw_are_of_as_many_operators },
	{ "who leaves moves no other operator", who_leaves_moves_no_other_operator },
};

UNIT_MAIN("ranking", cases)
