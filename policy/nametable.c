#include "policy/nametable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_START = 64, ENTRIES_START = 32, ARENA_START = 1024 };

struct entry {
	uint64_t hash;
	uint32_t offset; /* in the arena */
	uint8_t len;
};

struct nametable {
	uint32_t *slots; /* owned; number + 1, 0 is free; open addressing, at most half full */
	size_t nslots;	 /* a power of two */
	struct entry *entries;
	size_t count, room;
	uint8_t *arena; /* the names' octets */
	size_t used, size;
};

struct nametable *
nametable_new(void)
{
	struct nametable *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nslots = SLOTS_START;
	t->slots = calloc(t->nslots, sizeof(*t->slots));
	return t->slots ? t : nametable_free(t);
}

struct nametable *
nametable_free(struct nametable *table)
{
	if (table) {
		free(table->slots);
		free(table->entries);
		free(table->arena);
		free(table);
	}
	return NULL;
}

size_t
nametable_count(const struct nametable *table)
{
	return table->count;
}

/* FNV's low bits are weak for short names: fold the high half in. */
static size_t
slot_of(const struct nametable *t, uint64_t hash)
{
	return (size_t)(hash ^ hash >> 32) & (t->nslots - 1);
}

int
nametable_find(const struct nametable *table, const uint8_t *wire, size_t n, uint64_t hash)
{
	size_t slot = slot_of(table, hash);

	for (; table->slots[slot]; slot = (slot + 1) & (table->nslots - 1)) {
		const struct entry *e = &table->entries[table->slots[slot] - 1];

		if (e->hash == hash && e->len == n &&
		    memcmp(table->arena + e->offset, wire, n) == 0)
			return (int)(table->slots[slot] - 1);
	}
	return -1;
}

static void
place(struct nametable *t, uint64_t hash, uint32_t number)
{
	size_t slot = slot_of(t, hash);

	while (t->slots[slot])
		slot = (slot + 1) & (t->nslots - 1);
	t->slots[slot] = number + 1;
}

static int
grow_slots(struct nametable *t)
{
	uint32_t *slots = calloc(2 * t->nslots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->nslots *= 2;
	for (size_t i = 0; i < t->count; i++)
		place(t, t->entries[i].hash, (uint32_t)i);
	return 0;
}

/* Makes room for one more entry of len octets. */
static int
grow(struct nametable *t, size_t len)
{
	if (2 * (t->count + 1) > t->nslots && grow_slots(t) < 0)
		return -ENOMEM;
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : ENTRIES_START;
		struct entry *entries = reallocarray(t->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		t->entries = entries;
		t->room = room;
	}
	if (t->size - t->used < len) {
		size_t size = t->size ? 2 * t->size : ARENA_START;
		uint8_t *arena = size <= UINT32_MAX ? realloc(t->arena, size) : NULL;

		if (!arena)
			return -ENOMEM;
		t->arena = arena;
		t->size = size;
	}
	return 0;
}

int
nametable_add(struct nametable *table, const struct name *name)
{
	uint64_t hash = nametable_hash(name->wire, name->len);
	int number = nametable_find(table, name->wire, name->len, hash);

	if (number >= 0)
		return number;
	if (grow(table, name->len) < 0)
		return -ENOMEM;
	table->entries[table->count] = (struct entry){
		.hash = hash,
		.offset = (uint32_t)table->used,
		.len = name->len,
	};
	memcpy(table->arena + table->used, name->wire, name->len);
	table->used += name->len;
	place(table, hash, (uint32_t)table->count);
	return (int)table->count++;
}

void
nametable_name(const struct nametable *table, unsigned number, struct name *out)
{
	const struct entry *e = &table->entries[number];

	out->len = e->len;
	memcpy(out->wire, table->arena + e->offset, e->len);
}
