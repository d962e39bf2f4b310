#include "stubd/draw.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 12 };

static struct upstream_spec specs[MANY];
static struct upstream_spec *table[MANY];
static char names[MANY][16];

/* A policy of n providers p0, p1, ..., starting at number from. */
static struct policy
policy_of(size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "p%zu", from + i);
		specs[i].name = names[i];
		table[i] = &specs[i];
	}
	return (struct policy){ .upstreams = table, .nupstreams = n, .nproviders = n };
}

static void
make_folder(char path[64])
{
	strcpy(path, "/tmp/stubd-draw.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
}

static void
remove_folder(const char *path)
{
	char seed[128];

	snprintf(seed, sizeof(seed), "%s/seed", path);
	unlink(seed);
	rmdir(path);
}

static void
the_order_survives_a_restart(void)
{
	char folder[64], file[128];
	struct draw_order first, second;
	const struct policy policy = policy_of(0, MANY);
	struct stat st;

	make_folder(folder);
	draw_open(&first, folder);
	draw_open(&second, folder);
	CU_ASSERT_TRUE(first.kept && second.kept);
	CU_ASSERT_EQUAL(draw_set_policy(&first, &policy), 0);
	CU_ASSERT_EQUAL(draw_set_policy(&second, &policy), 0);
	CU_ASSERT_EQUAL(memcmp(first.order, second.order, MANY * sizeof(*first.order)), 0);
	snprintf(file, sizeof(file), "%s/seed", folder);
	CU_ASSERT_EQUAL(stat(file, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	draw_clear(&first);
	draw_clear(&second);
	remove_folder(folder);
}

static void
every_provider_is_drawn_once(void)
{
	struct draw_order draw;
	const struct policy policy = policy_of(0, MANY);
	unsigned seen = 0;

	draw_open(&draw, NULL);
	CU_ASSERT_FALSE(draw.kept);
	CU_ASSERT_EQUAL(draw_set_policy(&draw, &policy), 0);
	CU_ASSERT_EQUAL(draw_value(&draw).n, MANY);
	for (size_t i = 0; i < MANY; i++)
		seen |= 1u << draw.order[i];
	CU_ASSERT_EQUAL(seen, (1u << MANY) - 1);
	draw_clear(&draw);
}

/* The place of a name in an order. */
static size_t
place(const struct draw_order *draw, const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < draw->n; i++) {
		if (strcmp(policy->upstreams[draw->order[i]]->name, name) == 0)
			return i;
	}
	return draw->n;
}

static void
a_provider_that_leaves_moves_nobody_else(void)
{
	struct draw_order draw;
	struct policy policy = policy_of(0, MANY);
	size_t before[MANY];

	draw_open(&draw, NULL);
	CU_ASSERT_EQUAL(draw_set_policy(&draw, &policy), 0);
	for (size_t i = 0; i < MANY; i++)
		before[i] = place(&draw, &policy, names[i]);
	policy = policy_of(1, MANY - 1); /* p0 left */
	CU_ASSERT_EQUAL(draw_set_policy(&draw, &policy), 0);
	for (size_t i = 1; i < MANY; i++) {
		const size_t now = place(&draw, &policy, names[i - 1]);

		CU_ASSERT_EQUAL(now, before[i] - (before[i] > before[0]));
	}
	draw_clear(&draw);
}

static void
the_first_place_is_spread_over_all(void)
{
	const struct policy policy = policy_of(0, 4);
	unsigned first[4] = { 0 };
	double chi2 = 0;

	for (int i = 0; i < 4000; i++) {
		struct draw_order draw;

		draw_open(&draw, NULL);
		CU_ASSERT_EQUAL_FATAL(draw_set_policy(&draw, &policy), 0);
		first[draw.order[0]]++;
		draw_clear(&draw);
	}
	for (int i = 0; i < 4; i++)
		chi2 += (first[i] - 1000.0) * (first[i] - 1000.0) / 1000.0;
	/* three degrees of freedom: p < 1e-7 beyond 36 */
	CU_ASSERT_TRUE(chi2 < 36);
}

static const struct unit_case cases[] = {
	{ "the order survives a restart", the_order_survives_a_restart },
	{ "every provider is drawn once", every_provider_is_drawn_once },
	{ "a provider that leaves moves nobody else", a_provider_that_leaves_moves_nobody_else },
	{ "the first place is spread over all", the_first_place_is_spread_over_all },
};

UNIT_MAIN("draw", cases)
