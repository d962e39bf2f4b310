#include "stubd/draw.h"

#include "policy/ranking.h"
#include "stubd/base/state_file.h"
#include "stubd/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEED_FILE = DRAW_SEED + 8, PATH_TEXT_MAX = 4096 };

static int
seed_path(char path[PATH_TEXT_MAX], const char *state_dir)
{
	const int n = snprintf(path, PATH_TEXT_MAX, "%s/seed", state_dir);

	return n < PATH_TEXT_MAX ? 0 : -ENAMETOOLONG;
}

static bool
read_seed(struct draw_seed *seed, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t bytes[SEED_FILE + 1];
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, bytes, sizeof(bytes));
		close(fd);
	}
	if (n != SEED_FILE)
		return false;
	memcpy(seed->secret, bytes, DRAW_SEED);
	seed->drawn = 0;
	for (int i = DRAW_SEED; i < SEED_FILE; i++)
		seed->drawn = seed->drawn << 8 | bytes[i];
	return true;
}

void
draw_fresh(struct draw_seed *seed, uint64_t now)
{
	rand_bytes(seed->secret, sizeof(seed->secret));
	seed->drawn = now;
	seed->kept = false;
}

int
draw_keep(struct draw_seed *seed, const char *state_dir)
{
	char path[PATH_TEXT_MAX];
	uint8_t bytes[SEED_FILE];
	int err;

	if (seed_path(path, state_dir) < 0)
		return -ENAMETOOLONG;
	memcpy(bytes, seed->secret, DRAW_SEED);
	for (int i = 0; i < 8; i++)
		bytes[DRAW_SEED + i] = (uint8_t)(seed->drawn >> (56 - 8 * i));
	err = state_file_write(path, bytes, sizeof(bytes));
	if (!err)
		seed->kept = true;
	return err;
}

void
draw_open(struct draw_seed *seed, const char *state_dir, uint64_t now)
{
	char path[PATH_TEXT_MAX];

	draw_fresh(seed, now);
	if (!state_dir || seed_path(path, state_dir) < 0)
		return;
	if (read_seed(seed, path))
		seed->kept = true;
	else
		draw_keep(seed, state_dir);
}

uint64_t
draw_left(const struct draw_seed *seed, uint64_t period, uint64_t now)
{
	const uint64_t age = now > seed->drawn ? now - seed->drawn : 0;

	return age < period ? period - age : 0;
}

int
draw_make(const struct draw_seed *seed, const struct policy *policy, struct draw_order *out)
{
	uint16_t *order = calloc(policy->nproviders + 1, sizeof(*order));
	struct draw value = { .n = policy->nproviders, .order = order };
	int operators = -ENOMEM;

	memcpy(value.secret, seed->secret, sizeof(value.secret));
	if (order)
		operators = ranking_make(policy, value.secret, order);
	if (operators < 0) {
		free(order);
		return operators;
	}
	value.operators = (size_t)operators;
	out->value = value;
	return 0;
}

void
draw_clear(struct draw_order *order)
{
	free((uint16_t *)order->value.order);
	order->value = (struct draw){ .n = 0 };
}
