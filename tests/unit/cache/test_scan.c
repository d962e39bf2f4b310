/*
 * Traces: what the cache keeps of a working set while names that nobody asks for again pass through
 * it, held against a cache of the same size that lets the least recently used go. The ratios are
 * printed; what is asserted is their order.
 */
#include "stubd/base/list.h"
#include "stubd/base/map.h"
#include "stubd/cache/cache.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SIZE = 1 << 18,
	NAMES = 20000, /* of the zipf traces */
	STEPS = 200000,
	FLOOD_FROM = 1000000, /* names that are asked for once are numbered from here */
};

/* Hands an answer over. */
static void
give(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	cache_put(cache, key, now, answer);
	answer_free(answer);
}

static struct answer *
address(const char *name)
{
	struct packet p;

	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_a(&p, name, 86400, 1);
	return packet_answer(&p, name, TYPE_A, NULL);
}

static void
text_of(unsigned name, char text[32])
{
	snprintf(text, 32, "n%07u.example", name);
}

/* --- the cache that is compared with ------------------------------------------------------------ */

struct lru_entry {
	struct map_node node;
	struct list link;
	unsigned name;
};

struct lru {
	struct map map;
	struct list list;
	size_t room; /* entries */
};

static bool
lru_matches(const struct map_node *node, const void *key)
{
	return container_of((struct map_node *)node, struct lru_entry, node)->name ==
	       *(const unsigned *)key;
}

static bool
lru_ask(struct lru *lru, unsigned name)
{
	const uint64_t hash = map_hash(&lru->map, &name, sizeof(name));
	struct map_node *node = map_find(&lru->map, hash, lru_matches, &name);
	struct lru_entry *e;

	if (node) {
		e = container_of(node, struct lru_entry, node);
		list_remove(&e->link);
		list_push_front(&lru->list, &e->link);
		return true;
	}
	if (lru->map.count >= lru->room) {
		e = container_of(lru->list.prev, struct lru_entry, link);
		list_remove(&e->link);
		map_remove(&lru->map, &e->node);
	} else {
		e = calloc(1, sizeof(*e));
	}
	e->name = name;
	map_insert(&lru->map, &e->node, hash);
	list_push_front(&lru->list, &e->link);
	return false;
}

/* --- traces ----------------------------------------------------------------------------------- */

struct trial {
	struct cache *cache;
	struct lru lru;
	uint64_t seed;
	unsigned asked, hits, lru_hits; /* of the working set */
	double *weights;		/* cumulated, of NAMES names */
};

static double
draw(struct trial *t)
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return (double)(t->seed >> 11) / (double)(1ULL << 53);
}

/* A name by its rank's weight. */
static unsigned
draw_zipf(struct trial *t)
{
	const double at = draw(t) * t->weights[NAMES - 1];
	unsigned low = 0, high = NAMES - 1;

	while (low < high) {
		const unsigned mid = (low + high) / 2;

		if (t->weights[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
ask(struct trial *t, unsigned name)
{
	struct msg_query query;
	struct cache_hit hit;
	uint8_t out[512];
	char text[32];
	struct cache_key key = { .question = &query.question, .view = 0 };

	text_of(name, text);
	query = packet_query(text, TYPE_A, FLAG_RD, false, false);
	if (cache_reply(t->cache, &key, 0, &query, out, sizeof(out), 512, &hit))
		return true;
	give(t->cache, &key, 0, address(text));
	return false;
}

static void
ask_both(struct trial *t, unsigned name, bool counts)
{
	const bool hit = ask(t, name), lru_hit = lru_ask(&t->lru, name);

	if (!counts)
		return;
	t->asked++;
	t->hits += hit;
	t->lru_hits += lru_hit;
}

/* How many such names the cache has room for. */
static size_t
room(void)
{
	struct trial t = { .cache = cache_new(SIZE) };
	struct cache_stats s;

	for (unsigned name = 0; name < NAMES; name++)
		ask(&t, FLOOD_FROM + name);
	cache_stats(t.cache, &s);
	CU_ASSERT(s.evictions > 0);
	t.cache = cache_free(t.cache);
	return s.entries;
}

static void
begin(struct trial *t)
{
	double sum = 0;

	*t = (struct trial){ .cache = cache_new(SIZE), .seed = 88172645463325252ULL };
	t->lru.room = room();
	list_init(&t->lru.list);
	CU_ASSERT_EQUAL_FATAL(map_init(&t->lru.map, 1024), 0);
	t->weights = calloc(NAMES, sizeof(*t->weights));
	for (unsigned i = 0; i < NAMES; i++) {
		sum += 1.0 / (i + 1);
		t->weights[i] = sum;
	}
}

static void
end(struct trial *t, const char *what)
{
	struct cache_stats s;

	cache_stats(t->cache, &s);
	CU_ASSERT(s.used <= s.size);
	CU_ASSERT_EQUAL(s.entries, s.inserts - s.evictions);
	CU_ASSERT_EQUAL(s.misses, s.inserts);
	printf("\n  %s: hits %.1f %%, with LRU %.1f %%, room for %zu names\n", what,
	    100.0 * t->hits / t->asked, 100.0 * t->lru_hits / t->asked, t->lru.room);
	while (!list_empty(&t->lru.list)) {
		struct lru_entry *e = container_of(t->lru.list.next, struct lru_entry, link);

		list_remove(&e->link);
		free(e);
	}
	map_clear(&t->lru.map);
	free(t->weights);
	t->cache = cache_free(t->cache);
}

static void
a_flood_leaves_the_working_set(void)
{
	unsigned flood = FLOOD_FROM;
	struct trial t;

	begin(&t);
	for (unsigned i = 0; i < STEPS / 10; i++)
		ask_both(&t, draw_zipf(&t), false);
	for (unsigned i = 0; i < STEPS; i++)
		ask_both(&t, i % 20 ? flood++ : draw_zipf(&t), i % 20 == 0);
	CU_ASSERT(t.hits > t.lru_hits);
	end(&t, "19 of 20 names are new");
}

static void
a_scan_leaves_the_working_set(void)
{
	struct trial t;
	unsigned name = FLOOD_FROM;

	begin(&t);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 500; i++)
			ask_both(&t, i % 250, round > 0);
		for (size_t i = 0; i < t.lru.room * 2; i++)
			ask_both(&t, name++, false);
	}
	CU_ASSERT(t.hits > t.lru_hits);
	end(&t, "250 names twice, then as many new ones as fit, twice over");
}

static void
a_calm_day_is_no_worse(void)
{
	struct trial t;

	begin(&t);
	for (unsigned i = 0; i < STEPS; i++)
		ask_both(&t, draw_zipf(&t), i > STEPS / 4);
	CU_ASSERT(t.hits >= t.lru_hits);
	end(&t, "zipf of 20,000 names");
}

static void
a_new_working_set_finds_room(void)
{
	struct trial t;

	begin(&t);
	for (unsigned i = 0; i < STEPS / 2; i++)
		ask_both(&t, draw_zipf(&t), false);
	for (unsigned i = 0; i < STEPS / 2; i++)
		ask_both(&t, FLOOD_FROM + draw_zipf(&t), i > STEPS / 4);
	/* Nobody asks for the old names any more: they must not stay for ever. */
	CU_ASSERT(t.hits >= t.lru_hits);
	end(&t, "the same, after all names have changed");
}

static const struct unit_case cases[] = {
	{ "a flood of names that are asked for once leaves the working set",
	    a_flood_leaves_the_working_set },
	{ "so does a scan", a_scan_leaves_the_working_set },
	{ "without a flood as much is found", a_calm_day_is_no_worse },
	{ "a new working set finds room", a_new_working_set_finds_room },
};

UNIT_MAIN("cache/scan", cases)
