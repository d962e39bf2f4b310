#include "stubd/cache/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int
table_init(struct table *t)
{
	*t = (struct table){ .slots = calloc(TABLE_FIRST, sizeof(*t->slots)) };
	if (!t->slots)
		return -ENOMEM;
	t->nslots = TABLE_FIRST;
	return 0;
}

void
table_clear(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}

size_t
table_cost(const struct table *t)
{
	return t->nslots * sizeof(*t->slots);
}

size_t
table_need(const struct table *t, size_t more)
{
	return t->count + more > t->nslots - t->nslots / 4 ? 2 * table_cost(t) : 0;
}

static void
place(struct table *t, struct table_slot slot)
{
	size_t at = slot.hash;

	while (t->slots[at & (t->nslots - 1)].handle)
		at++;
	t->slots[at & (t->nslots - 1)] = slot;
}

int
table_grow(struct table *t)
{
	struct table larger = { .nslots = 2 * t->nslots, .count = t->count };

	larger.slots = calloc(larger.nslots, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->nslots; i++)
		if (t->slots[i].handle)
			place(&larger, t->slots[i]);
	free(t->slots);
	*t = larger;
	return 0;
}

void
table_add(struct table *t, uint32_t hash, uint32_t handle)
{
	assert(t->count < t->nslots - t->nslots / 4);
	place(t, (struct table_slot){ hash, handle });
	t->count++;
}

static size_t
find(const struct table *t, uint32_t hash, uint32_t handle)
{
	size_t at = hash;
	uint32_t seen;

	while ((seen = table_next(t, hash, &at)) != handle)
		assert(seen);
	return (at - 1) & (t->nslots - 1);
}

void
table_remove(struct table *t, uint32_t hash, uint32_t handle)
{
	const size_t mask = t->nslots - 1;
	size_t hole = find(t, hash, handle);

	/* Who stands behind the hole, but belongs at or before it, moves into it. */
	for (size_t at = (hole + 1) & mask; t->slots[at].handle; at = (at + 1) & mask) {
		if (((at - t->slots[at].hash) & mask) < ((at - hole) & mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole].handle = 0;
	t->count--;
}

void
table_replace(struct table *t, uint32_t hash, uint32_t handle, uint32_t by)
{
	t->slots[find(t, hash, handle)].handle = by;
}
