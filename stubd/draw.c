#include "stubd/draw.h"

#include "stubd/base/map.h"
#include "stubd/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ranked {
	uint64_t rank;
	uint16_t provider;
};

static bool
read_seed(const char *path, uint8_t seed[DRAW_SEED])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, seed, DRAW_SEED);
		close(fd);
	}
	return n == DRAW_SEED;
}

/* Written aside and renamed, so that a crash never leaves half a seed. */
static bool
write_seed(const char *path, const uint8_t seed[DRAW_SEED])
{
	char aside[4096];
	bool good = false;
	int fd;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return false;
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		good = write(fd, seed, DRAW_SEED) == DRAW_SEED;
		good = close(fd) == 0 && good;
	}
	return good && rename(aside, path) == 0;
}

void
draw_open(struct draw_order *draw, const char *state_dir)
{
	char path[4000];

	memset(draw, 0, sizeof(*draw));
	rand_bytes(draw->seed, sizeof(draw->seed));
	if (!state_dir || snprintf(path, sizeof(path), "%s/seed", state_dir) >= (int)sizeof(path))
		return;
	draw->kept = read_seed(path, draw->seed) || write_seed(path, draw->seed);
}

static int
by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->provider < y->provider ? -1 : x->provider > y->provider;
}

int
draw_set_policy(struct draw_order *draw, const struct policy *policy)
{
	const size_t n = policy->nproviders;
	struct ranked *ranked = calloc(n ? n : 1, sizeof(*ranked));
	uint16_t *order = calloc(n ? n : 1, sizeof(*order));
	struct map keyed = { .secret = { 0 } };

	if (!ranked || !order) {
		free(ranked);
		free(order);
		return -ENOMEM;
	}
	memcpy(keyed.secret, draw->seed, sizeof(keyed.secret));
	for (size_t i = 0; i < n; i++) {
		const char *name = policy->upstreams[i]->name;

		ranked[i].rank = map_hash(&keyed, name, strlen(name));
		ranked[i].provider = (uint16_t)i;
	}
	qsort(ranked, n, sizeof(*ranked), by_rank);
	for (size_t i = 0; i < n; i++)
		order[i] = ranked[i].provider;
	free(ranked);
	free(draw->order);
	draw->order = order;
	draw->n = n;
	return 0;
}

struct draw
draw_value(const struct draw_order *draw)
{
	return (struct draw){ .n = draw->n, .order = draw->order };
}

void
draw_clear(struct draw_order *draw)
{
	free(draw->order);
	draw->order = NULL;
	draw->n = 0;
}
