#include "policy/siphash.h"
#include "stubd/base/map.h"

#include "tests/unit/unit.h"

#include <string.h>

enum { N = 1000 };

struct item {
	struct map_node node;
	unsigned key;
};

static bool
is_key(const struct map_node *node, const void *key)
{
	return ((const struct item *)node)->key == *(const unsigned *)key;
}

static void
insert_all(struct map *map, struct item items[N])
{
	memset(items, 0, N * sizeof(*items));
	for (unsigned i = 0; i < N; i++) {
		items[i].key = i;
		map_insert(map, &items[i].node, map_hash(map, &i, sizeof(i)));
	}
}

static void
finds_through_growth(void)
{
	static struct item items[N];
	struct map map;

	CU_ASSERT_EQUAL_FATAL(map_init(&map, 1), 0);
	insert_all(&map, items);
	CU_ASSERT_EQUAL(map.count, N);
	CU_ASSERT(map.nbuckets >= N / 2);
	for (unsigned i = 0; i < N + 10; i++) {
		struct map_node *node = map_find(&map, map_hash(&map, &i, sizeof(i)), is_key, &i);

		CU_ASSERT_PTR_EQUAL(node, i < N ? &items[i].node : NULL);
	}
	map_clear(&map);
}

static void
removes(void)
{
	static struct item items[N];
	struct map map;

	CU_ASSERT_EQUAL_FATAL(map_init(&map, 1), 0);
	insert_all(&map, items);
	for (unsigned i = 0; i < N; i += 2)
		map_remove(&map, &items[i].node);
	map_remove(&map, &items[0].node); /* not there: nothing happens */
	CU_ASSERT_EQUAL(map.count, N / 2);
	for (unsigned i = 0; i < N; i++) {
		struct map_node *node = map_find(&map, map_hash(&map, &i, sizeof(i)), is_key, &i);

		CU_ASSERT_PTR_EQUAL(node, i % 2 ? &items[i].node : NULL);
	}
	map_clear(&map);
}

static void
tells_equal_hashes_apart(void)
{
	struct item a = { .key = 1 }, b = { .key = 2 };
	struct map map;
	unsigned key = 2;

	CU_ASSERT_EQUAL_FATAL(map_init(&map, 1), 0);
	map_insert(&map, &a.node, 42);
	map_insert(&map, &b.node, 42);
	CU_ASSERT_PTR_EQUAL(map_find(&map, 42, is_key, &key), &b.node);
	key = 1;
	CU_ASSERT_PTR_EQUAL(map_find(&map, 42, is_key, &key), &a.node);
	map_clear(&map);
}

/* The vectors of the SipHash paper: key 00..0f, input 00..(n-1). */
static void
hashes_as_siphash(void)
{
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t in[16];

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(siphash(key, in, 0), 0x726fdb47dd0e0e31);
	CU_ASSERT_EQUAL(siphash(key, in, 1), 0x74f839c593dc67fd);
	CU_ASSERT_EQUAL(siphash(key, in, 8), 0x93f5f5799a932462);
	CU_ASSERT_EQUAL(siphash(key, in, 15), 0xa129ca6149be45e5);
}

static void
hashes_as_siphash_with_fewer_rounds(void)
{
	struct map map = { .secret = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	uint8_t in[16];

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(map_hash(&map, in, 0), 0xabac0158050fc4dc);
	CU_ASSERT_EQUAL(map_hash(&map, in, 1), 0xc9f49bf37d57ca93);
	CU_ASSERT_EQUAL(map_hash(&map, in, 8), 0x369095118d299a8e);
	CU_ASSERT_EQUAL(map_hash(&map, in, 15), 0xd320d86d2a519956);
}

static void
has_its_own_secret(void)
{
	struct map a, b;

	CU_ASSERT_EQUAL_FATAL(map_init(&a, 1), 0);
	CU_ASSERT_EQUAL_FATAL(map_init(&b, 1), 0);
	CU_ASSERT_NOT_EQUAL(map_hash(&a, "x", 1), map_hash(&b, "x", 1));
	map_clear(&a);
	map_clear(&b);
	map_clear(&b);
}

static const struct unit_case cases[] = {
	{ "what was put in is found, however large the map grew", finds_through_growth },
	{ "what was removed is gone, the rest stays", removes },
	{ "equal hashes are told apart by the key", tells_equal_hashes_apart },
	{ "the hash of choices is SipHash-2-4", hashes_as_siphash },
	{ "the hash of a table is SipHash-1-3", hashes_as_siphash_with_fewer_rounds },
	{ "two maps hash differently", has_its_own_secret },
};

UNIT_MAIN("base/map", cases)
