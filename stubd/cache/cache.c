#include "stubd/cache/cache.h"

#include "stubd/cache/entry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 1024 };

struct cache {
	struct map map;
	struct list lru; /* the front is the most recently used */
	struct cache_stats stats;
	struct failures *failures; /* owned; beside the octets of the answers */
};

static struct entry *
entry_of(struct map_node *node)
{
	return container_of(node, struct entry, node);
}

static bool
matches(const struct map_node *node, const void *key)
{
	return entry_matches(container_of((struct map_node *)node, struct entry, node), key);
}

/* Takes an entry out and frees it. */
static void
drop(struct cache *cache, struct entry *e)
{
	map_remove(&cache->map, &e->node);
	list_remove(&e->lru);
	cache->stats.used -= entry_cost(e);
	cache->stats.entries--;
	entry_free(e);
}

static void
evict(struct cache *cache)
{
	drop(cache, container_of(cache->lru.prev, struct entry, lru));
	cache->stats.evictions++;
}

/* Drops the entries of a name, or of all below it, too, or all (name NULL). Returns how many. */
static size_t
drop_answers(struct cache *cache, const struct name *name, bool below)
{
	size_t before = cache->stats.entries;

	list_for_each (it, &cache->lru) {
		struct entry *e = container_of(it, struct entry, lru);
		struct name own;

		entry_name(e, &own);
		if (!name || (below ? name_is_under(&own, name) : name_equal(&own, name)))
			drop(cache, e);
	}
	return before - cache->stats.entries;
}

struct cache *
cache_new(size_t size)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	list_init(&cache->lru);
	cache->stats.size = size;
	cache->failures = failures_new();
	if (!cache->failures || map_init(&cache->map, size ? BUCKETS_FIRST : 1) != 0)
		return cache_free(cache);
	return cache;
}

struct cache *
cache_free(struct cache *cache)
{
	if (cache) {
		drop_answers(cache, NULL, true);
		map_clear(&cache->map);
		cache->failures = failures_free(cache->failures);
	}
	free(cache);
	return NULL;
}

/* Finds a fresh entry and makes it the most recently used; one past its time goes at once. */
static struct entry *
find(struct cache *cache, const struct cache_key *key, msec now)
{
	struct map_node *node = map_find(&cache->map, entry_hash(&cache->map, key), matches, key);
	struct entry *e;

	if (!node)
		return NULL;
	e = entry_of(node);
	if (now >= e->expires) {
		drop(cache, e);
		return NULL;
	}
	list_remove(&e->lru);
	list_push_front(&cache->lru, &e->lru);
	return e;
}

bool
cache_reply(struct cache *cache, const struct cache_key *key, msec now,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit)
{
	struct entry *e = find(cache, key, now);
	uint32_t age;

	if (!e) {
		cache->stats.misses++;
		return false;
	}
	cache->stats.hits++;
	age = entry_age(e, now);
	hit->cut = e->answer->cut;
	hit->private_address = e->answer->private_address;
	hit->security = e->answer->security;
	hit->ttl_left = e->answer->ttl - age;
	hit->len = 0;
	if (!hit->cut)
		hit->len = reply_write(out, cap, limit, query, e->answer, age, NULL);
	return true;
}

struct answer *
cache_get(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age)
{
	struct entry *e = find(cache, key, now);
	struct answer *copy = e ? answer_copy(e->answer) : NULL;

	if (copy)
		*age = entry_age(e, now);
	return copy;
}

static bool
worth_keeping(const struct cache *cache, const struct cache_key *key, const struct answer *answer)
{
	return answer->keep && answer->ttl > 0 && answer->security != SECURITY_BOGUS &&
	       answer->size + CACHE_ENTRY_COST <= cache->stats.size &&
	       entry_question_is(answer, key->question);
}

void
cache_put(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	uint64_t hash = entry_hash(&cache->map, key);
	struct map_node *old;
	struct entry *e;

	if (!worth_keeping(cache, key, answer)) {
		answer_free(answer);
		return;
	}
	e = entry_new(key, now, answer);
	if (!e)
		return;
	old = map_find(&cache->map, hash, matches, key);
	if (old)
		drop(cache, entry_of(old));
	while (cache->stats.used + entry_cost(e) > cache->stats.size)
		evict(cache);
	map_insert(&cache->map, &e->node, hash);
	list_push_front(&cache->lru, &e->lru);
	cache->stats.used += entry_cost(e);
	cache->stats.entries++;
	cache->stats.inserts++;
}

size_t
cache_flush(struct cache *cache, const struct name *name, bool below)
{
	return drop_answers(cache, name, below) + failures_flush(cache->failures, name, below);
}

bool
cache_find_failure(
    struct cache *cache, const struct cache_key *key, bool cd, msec now, struct failure *out)
{
	if (!failures_find(cache->failures, key, cd, now, out))
		return false;
	cache->stats.failure_hits++;
	return true;
}

void
cache_keep_failure(struct cache *cache, const struct cache_key *key, bool cd, msec now,
    const struct failure *failure)
{
	failures_keep(cache->failures, key, cd, now, failure);
}

void
cache_forget_failure(struct cache *cache, const struct cache_key *key, bool cd)
{
	failures_forget(cache->failures, key, cd);
}

void
cache_forget_failures(struct cache *cache)
{
	failures_flush(cache->failures, NULL, true);
}

size_t
cache_flush_chains(struct cache *cache)
{
	size_t before = cache->stats.entries;

	list_for_each (it, &cache->lru) {
		struct entry *e = container_of(it, struct entry, lru);
		struct name own;

		entry_name(e, &own);
		if (!name_equal(&own, &e->answer->target))
			drop(cache, e);
	}
	return before - cache->stats.entries;
}

void
cache_stats(const struct cache *cache, struct cache_stats *out)
{
	*out = cache->stats;
	out->failures = failures_count(cache->failures);
}
