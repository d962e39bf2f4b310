#include "stubd/draw.h"
#include "tests/unit/unit.h"

#include <errno.h>
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

enum { BORN = 1000000 };

static void
the_order_survives_a_restart(void)
{
	char folder[64], file[128];
	struct draw_seed first, second;
	struct draw_order a, b;
	const struct policy policy = policy_of(0, MANY);
	struct stat st;

	make_folder(folder);
	draw_open(&first, folder, BORN);
	draw_open(&second, folder, BORN + 77);
	CU_ASSERT_TRUE(first.kept && second.kept);
	CU_ASSERT_EQUAL(second.drawn, BORN);
	CU_ASSERT_EQUAL(draw_make(&first, &policy, &a), 0);
	CU_ASSERT_EQUAL(draw_make(&second, &policy, &b), 0);
	CU_ASSERT_EQUAL(memcmp(a.value.order, b.value.order, MANY * sizeof(*a.value.order)), 0);
	CU_ASSERT_EQUAL(memcmp(a.value.secret, b.value.secret, sizeof(a.value.secret)), 0);
	snprintf(file, sizeof(file), "%s/seed", folder);
	CU_ASSERT_EQUAL(stat(file, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	draw_clear(&a);
	draw_clear(&b);
	remove_folder(folder);
}

static void
a_fresh_draw_is_kept_with_its_time(void)
{
	char folder[64];
	struct draw_seed old, fresh, again;

	make_folder(folder);
	draw_open(&old, folder, BORN);
	draw_fresh(&fresh, BORN + 500);
	CU_ASSERT_FALSE(fresh.kept);
	CU_ASSERT_NOT_EQUAL(memcmp(old.secret, fresh.secret, DRAW_SEED), 0);
	CU_ASSERT_EQUAL(draw_keep(&fresh, folder), 0);
	CU_ASSERT_TRUE(fresh.kept);
	draw_open(&again, folder, BORN + 900);
	CU_ASSERT_EQUAL(memcmp(again.secret, fresh.secret, DRAW_SEED), 0);
	CU_ASSERT_EQUAL(again.drawn, BORN + 500);
	remove_folder(folder);
	CU_ASSERT_EQUAL(draw_keep(&fresh, folder), -ENOENT);
}

static void
half_a_seed_is_none(void)
{
	char folder[64], file[128];
	struct draw_seed seed, again;
	FILE *f;

	make_folder(folder);
	snprintf(file, sizeof(file), "%s/seed", folder);
	f = fopen(file, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("sixteen octets..", f);
	fclose(f);
	draw_open(&seed, folder, BORN);
	CU_ASSERT_TRUE(seed.kept);
	CU_ASSERT_EQUAL(seed.drawn, BORN);
	draw_open(&again, folder, BORN + 1);
	CU_ASSERT_EQUAL(memcmp(seed.secret, again.secret, DRAW_SEED), 0);
	remove_folder(folder);
}

static void
a_draw_is_due_when_its_period_is_over(void)
{
	const struct draw_seed seed = { .drawn = BORN };

	CU_ASSERT_EQUAL(draw_left(&seed, 100, BORN), 100);
	CU_ASSERT_EQUAL(draw_left(&seed, 100, BORN + 99), 1);
	CU_ASSERT_EQUAL(draw_left(&seed, 100, BORN + 100), 0);
	CU_ASSERT_EQUAL(draw_left(&seed, 100, BORN + 100000), 0);
	/* the clock of a machine that keeps no time is behind until it is set */
	CU_ASSERT_EQUAL(draw_left(&seed, 100, 5), 100);
}

static void
without_a_folder_the_draw_is_of_this_run(void)
{
	struct draw_seed seed;
	struct draw_order order;
	const struct policy policy = policy_of(0, MANY);
	unsigned seen = 0;

	draw_open(&seed, NULL, BORN);
	CU_ASSERT_FALSE(seed.kept);
	CU_ASSERT_EQUAL(draw_make(&seed, &policy, &order), 0);
	CU_ASSERT_EQUAL(order.value.n, MANY);
	CU_ASSERT_EQUAL(order.value.operators, MANY);
	for (size_t i = 0; i < MANY; i++)
		seen |= 1u << order.value.order[i];
	CU_ASSERT_EQUAL(seen, (1u << MANY) - 1);
	draw_clear(&order);
}

static const struct unit_case cases[] = {
	{ "the order survives a restart", the_order_survives_a_restart },
	{ "a fresh draw is kept with its time", a_fresh_draw_is_kept_with_its_time },
	{ "half a seed is none", half_a_seed_is_none },
	{ "a draw is due when its period is over", a_draw_is_due_when_its_period_is_over },
	{ "without a folder the draw is of this run", without_a_folder_the_draw_is_of_this_run },
};

UNIT_MAIN("draw", cases)
