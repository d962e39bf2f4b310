#include "policy/ranking.h"

#include "policy/config.h"
#include "policy/siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 256 };

/* What a hash is of: one name must not rank an operator and an entry alike. */
enum kind { KIND_OPERATOR = 'o', KIND_ALONE = 'a', KIND_ENTRY = 'e' };

struct ranked {
	uint64_t operator_rank, entry_rank;
	uint16_t provider;
	uint16_t round; /* its number among the entries of its operator */
};

static uint64_t
rank(const uint64_t key[2], enum kind kind, const char *text)
{
	char bytes[TEXT_MAX];
	size_t n = strlen(text);

	if (n > sizeof(bytes) - 1)
		n = sizeof(bytes) - 1;
	bytes[0] = (char)kind;
	memcpy(bytes + 1, text, n);
	return siphash(key, bytes, n + 1);
}

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_operator(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int c = compare(x->operator_rank, y->operator_rank);

	if (!c)
		c = compare(x->entry_rank, y->entry_rank);
	return c ? c : compare(x->provider, y->provider);
}

static int
by_round(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const int c = compare(x->round, y->round);

	return c ? c : by_operator(a, b);
}

int
ranking_make(const struct policy *policy, const uint64_t key[2], uint16_t *order)
{
	const size_t n = policy->nproviders;
	struct ranked *ranked = calloc(n ? n : 1, sizeof(*ranked));
	int operators = 0;

	if (!ranked)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct upstream_spec *spec = policy->upstreams[i];

		ranked[i].operator_rank = spec->operator_name
					      ? rank(key, KIND_OPERATOR, spec->operator_name)
					      : rank(key, KIND_ALONE, spec->name);
		ranked[i].entry_rank = rank(key, KIND_ENTRY, spec->name);
		ranked[i].provider = (uint16_t)i;
	}
	qsort(ranked, n, sizeof(*ranked), by_operator);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && ranked[i].operator_rank == ranked[i - 1].operator_rank)
			ranked[i].round = ranked[i - 1].round + 1;
		operators += ranked[i].round == 0;
	}
	qsort(ranked, n, sizeof(*ranked), by_round);
	for (size_t i = 0; i < n; i++)
		order[i] = ranked[i].provider;
	free(ranked);
	return operators;
}
