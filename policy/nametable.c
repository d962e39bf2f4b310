#include "policy/nametable.h"

#include "policy/strangers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_START = 64, ENTRIES_START = 32, ARENA_START = 1024 };

/* FNV-1a of the octet of the root. */
#define HASH_ROOT 0xaf63bd4c8601b7dfu

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
	t->entries = calloc(ENTRIES_START, sizeof(*t->entries));
	t->arena = calloc(ARENA_START, 1);
	if (!t->slots || !t->entries || !t->arena)
		return nametable_free(t);
	t->room = ENTRIES_START;
	t->size = ARENA_START;
	t->entries[NAMETABLE_ROOT] = (struct entry){ .hash = HASH_ROOT, .len = 1 };
	t->used = t->count = 1;
	return t;
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

/* FNV-1a from the start of a suffix back from its part that has been hashed. */
static uint64_t
hash_on(uint64_t hash, const uint8_t *start, const uint8_t *end)
{
	while (end > start)
		hash = (hash ^ *--end) * 0x100000001b3u;
	return hash;
}

static int
find(const struct nametable *table, const uint8_t *wire, size_t n, uint64_t hash)
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
		size_t room = 2 * t->room;
		struct entry *entries = reallocarray(t->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		t->entries = entries;
		t->room = room;
	}
	if (t->size - t->used < len) {
		size_t size = 2 * t->size;
		uint8_t *arena = size <= UINT32_MAX ? realloc(t->arena, size) : NULL;

		if (!arena)
			return -ENOMEM;
		t->arena = arena;
		t->size = size;
	}
	return 0;
}

/* Adds the suffix where the walk would come next. */
static int
add(struct nametable *table, const struct nametable_walk *walk)
{
	const struct name *name = walk->name;
	const uint8_t *start = name->wire + walk->starts[walk->above - 1];
	const uint8_t *end = name->wire + name->len;
	const size_t len = (size_t)(end - start);

	if (grow(table, len) < 0)
		return -ENOMEM;
	table->entries[table->count] = (struct entry){
		.hash = walk->next,
		.offset = (uint32_t)table->used,
		.len = (uint8_t)len,
	};
	memcpy(table->arena + table->used, start, len);
	table->used += len;
	place(table, table->entries[table->count].hash, (uint32_t)table->count);
	table->count++;
	return 0;
}

int
nametable_add(struct nametable *table, const struct name *name)
{
	struct nametable_walk walk;
	int number = NAMETABLE_ROOT;

	nametable_walk(&walk, name);
	while (walk.above) {
		number = nametable_down(table, &walk);
		if (number < 0 && add(table, &walk) < 0)
			return -ENOMEM;
	}
	return number;
}

int
nametable_find_walked(const struct nametable *table, struct nametable_walk *walk)
{
	int number = NAMETABLE_ROOT;

	nametable_again(walk);
	while (number >= 0 && walk->above)
		number = nametable_down(table, walk);
	return number;
}

int
nametable_find(const struct nametable *table, const struct name *name)
{
	struct nametable_walk walk;

	nametable_walk(&walk, name);
	return nametable_find_walked(table, &walk);
}

/* Where the suffix one label longer starts. */
static const uint8_t *
longer(const struct nametable_walk *walk)
{
	return walk->name->wire + walk->starts[walk->above - 1];
}

void
nametable_again(struct nametable_walk *walk)
{
	walk->len = 1;
	walk->above = walk->labels;
	walk->next = walk->top;
}

void
nametable_walk(struct nametable_walk *walk, const struct name *name)
{
	size_t at = 0;

	walk->name = name;
	walk->labels = 0;
	walk->top = 0;
	for (; name->wire[at]; at += 1 + (size_t)name->wire[at])
		walk->starts[walk->labels++] = (uint8_t)at;
	nametable_again(walk);
	if (walk->labels)
		walk->next = walk->top = hash_on(HASH_ROOT, longer(walk), name->wire + at);
}

int
nametable_down(const struct nametable *table, struct nametable_walk *walk)
{
	const uint8_t *end = walk->name->wire + walk->name->len, *start;
	int number;

	if (!walk->above)
		return -1;
	start = longer(walk);
	number = find(table, start, (size_t)(end - start), walk->next);
	if (number < 0)
		return number;
	walk->len = (uint8_t)(end - start);
	if (--walk->above)
		walk->next = hash_on(walk->next, longer(walk), start);
	return number;
}

void
nametable_name(const struct nametable *table, unsigned number, struct name *out)
{
	const struct entry *e = &table->entries[number];

	out->len = e->len;
	memcpy(out->wire, table->arena + e->offset, e->len);
}

void
nametable_meet(const struct nametable *table, struct strangers *strangers)
{
	struct name name;

	for (unsigned i = 0; i < table->count; i++) {
		nametable_name(table, i, &name);
		strangers_meet(strangers, &name);
	}
}
