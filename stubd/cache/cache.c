#include "stubd/cache/cache.h"

#include "stubd/cache/entry.h"
#include "stubd/cache/queues.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 1024 };

struct cache {
	struct map map;
	struct map cuts; /* those of the entries that are, by name and view */
	struct queues queues;
	msec stale; /* past their time entries are kept for so long */
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
	if (entry_is_cut(e) && cache->cuts.buckets)
		map_remove(&cache->cuts, &e->cut);
	queues_remove(&cache->queues, e);
	cache->stats.used -= entry_cost(e);
	cache->stats.entries--;
	cache->stats.negative -= entry_is_negative(e);
	entry_free(e);
}

/* Makes room until no more than the size is used. */
static void
evict(struct cache *cache, msec now)
{
	struct entry *e;

	while (cache->stats.used > cache->stats.size) {
		e = queues_victim(&cache->queues, now);
		queues_note(&cache->queues, e);
		drop(cache, e);
		cache->stats.evictions++;
	}
}

/* Which entries a flush takes. */
struct flush {
	const struct name *name; /* NULL: all; and whether with all below it */
	bool below;
};

typedef bool flush_test(const struct entry *e, const void *arg);

static void
drop_of(struct cache *cache, struct list *queue, flush_test *test, const void *arg)
{
	list_for_each (it, queue) {
		struct entry *e = container_of(it, struct entry, queue);

		if (test(e, arg))
			drop(cache, e);
	}
}

/* Drops all that pass the test. Returns how many. */
static size_t
drop_those(struct cache *cache, flush_test *test, const void *arg)
{
	const size_t before = cache->stats.entries;

	drop_of(cache, &cache->queues.small, test, arg);
	drop_of(cache, &cache->queues.main, test, arg);
	return before - cache->stats.entries;
}

static bool
is_named(const struct entry *e, const void *arg)
{
	const struct flush *flush = arg;
	struct name own;

	if (!flush->name)
		return true;
	entry_name(e, &own);
	return flush->below ? name_is_under(&own, flush->name) : name_equal(&own, flush->name);
}

static bool
is_viewed(const struct entry *e, const void *arg)
{
	return e->view == *(const uint32_t *)arg;
}

static bool
is_chain(const struct entry *e, const void *arg)
{
	struct name own;

	entry_name(e, &own);
	return !name_equal(&own, &e->answer->target);
}

struct cache *
cache_new(size_t size)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->stats.size = size;
	cache->failures = failures_new();
	if (queues_init(&cache->queues, size) != 0 || !cache->failures ||
	    map_init(&cache->map, size ? BUCKETS_FIRST : 1) != 0)
		return cache_free(cache);
	cache->stats.used = queues_cost(&cache->queues);
	return cache;
}

struct cache *
cache_free(struct cache *cache)
{
	const struct flush all = { NULL, true };

	if (cache) {
		drop_those(cache, is_named, &all);
		map_clear(&cache->map);
		map_clear(&cache->cuts);
		queues_clear(&cache->queues);
		cache->failures = failures_free(cache->failures);
	}
	free(cache);
	return NULL;
}

static struct entry *
find_any(const struct cache *cache, const struct cache_key *key)
{
	struct map_node *node = map_find(&cache->map, entry_hash(&cache->map, key), matches, key);

	return node ? entry_of(node) : NULL;
}

/* Finds a fresh entry and counts the hit; one that nobody may use any more goes at once. */
static struct entry *
find(struct cache *cache, const struct cache_key *key, msec now)
{
	struct entry *e = find_any(cache, key);

	if (!e)
		return NULL;
	if (now >= e->expires) {
		if (now >= e->expires + cache->stale)
			drop(cache, e);
		return NULL;
	}
	if (e->hits < QUEUE_HITS)
		e->hits++;
	return e;
}

/* Counts that it is given, and says, once, that it should be asked for ahead of its end. */
static bool
ask_ahead(struct entry *e, uint32_t ttl_left)
{
	if (e->given < CACHE_PREFETCH_HITS)
		e->given++;
	if (e->given != CACHE_PREFETCH_HITS ||
	    (uint64_t)ttl_left * CACHE_PREFETCH_SHARE > e->answer->ttl)
		return false;
	e->given++;
	return true;
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
	hit->ask_ahead = ask_ahead(e, hit->ttl_left);
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

void
cache_set_stale(struct cache *cache, msec stale)
{
	cache->stale = stale;
}

/* Finds an entry past its time that may still be used. */
static struct entry *
find_stale(const struct cache *cache, const struct cache_key *key, msec now)
{
	struct entry *e = find_any(cache, key);

	return e && now >= e->expires && now < e->expires + cache->stale ? e : NULL;
}

enum cache_stale
cache_is_stale(const struct cache *cache, const struct cache_key *key, msec now)
{
	const struct entry *e = find_stale(cache, key, now);

	if (!e)
		return CACHE_NOT_STALE;
	return now / 1000 < e->stale_until ? CACHE_STALE_IN_USE : CACHE_STALE;
}

struct answer *
cache_get_stale(struct cache *cache, const struct cache_key *key, msec now)
{
	struct entry *e = find_stale(cache, key, now);
	struct answer *copy = e ? answer_copy(e->answer) : NULL;

	if (!copy)
		return NULL;
	if (now / 1000 >= e->stale_until)
		e->stale_until = (uint32_t)(now / 1000) + CACHE_STALE_TTL;
	cache->stats.stale++;
	answer_set_ttls(copy, CACHE_STALE_TTL);
	copy->security = SECURITY_UNCHECKED;
	copy->keep = false;
	return copy;
}

void
cache_drop_stale(struct cache *cache, const struct cache_key *key, msec now)
{
	struct entry *e = find_stale(cache, key, now);

	if (e)
		drop(cache, e);
}

/* What a cut is looked for by. */
struct cut_key {
	const struct name *name;
	uint32_t view;
	bool above; /* it is not the question's own name */
	msec now;
};

static bool
cut_matches(const struct map_node *node, const void *arg)
{
	const struct entry *e = container_of((struct map_node *)node, struct entry, cut);
	const struct cut_key *key = arg;
	struct name name;

	if (e->view != key->view || key->now >= e->expires)
		return false;
	if (key->above && e->answer->security != SECURITY_SECURE &&
	    e->answer->security != SECURITY_TRUSTED)
		return false;
	entry_name(e, &name);
	return name_equal(&name, key->name);
}

static uint64_t
cut_hash(const struct cache *cache, const struct cache_key *key)
{
	return entry_cut_hash(&cache->cuts, &key->question->name, key->view);
}

/* The table is made with the first; without memory for it nothing below is denied. */
static void
index_cut(struct cache *cache, struct entry *e, const struct cache_key *key)
{
	if (entry_is_cut(e) && (cache->cuts.buckets || map_init(&cache->cuts, 1) == 0))
		map_insert(&cache->cuts, &e->cut, cut_hash(cache, key));
}

static struct entry *
find_cut(const struct cache *cache, const struct cache_key *key, msec now)
{
	const unsigned labels = name_labels(&key->question->name);
	struct name name;
	struct cut_key wanted = { .name = &name, .view = key->view, .now = now };

	for (unsigned i = 0; cache->cuts.count && i < labels; i++) {
		struct map_node *node;

		name_strip(&key->question->name, i, &name);
		wanted.above = i > 0;
		node = map_find(&cache->cuts, entry_cut_hash(&cache->cuts, &name, key->view),
		    cut_matches, &wanted);
		if (node)
			return container_of(node, struct entry, cut);
	}
	return NULL;
}

struct answer *
cache_get_cut(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age)
{
	struct entry *e = find_cut(cache, key, now);
	struct answer *answer;

	if (!e || answer_below(e->answer, key->question, &answer) < 0)
		return NULL;
	cache->stats.cuts++;
	*age = entry_age(e, now);
	return answer;
}

static bool
worth_keeping(const struct cache *cache, const struct cache_key *key, const struct answer *answer)
{
	return answer->keep && answer->ttl > 0 && answer->security != SECURITY_BOGUS &&
	       answer->size + CACHE_ENTRY_MOST <= cache->stats.size - queues_cost(&cache->queues) &&
	       entry_question_is(answer, key->question);
}

/* Enters a new one. */
static void
insert(struct cache *cache, const struct cache_key *key, struct entry *e)
{
	map_insert(&cache->map, &e->node, entry_hash(&cache->map, key));
	index_cut(cache, e, key);
	queues_add(&cache->queues, e, cache->stats.entries);
	cache->stats.used += entry_cost(e);
	cache->stats.entries++;
	cache->stats.negative += entry_is_negative(e);
}

/* Gives an entry a newer answer (takes it); that it was asked for counts on. */
static void
renew(struct cache *cache, const struct cache_key *key, struct entry *e, msec now,
    struct answer *answer)
{
	const size_t before = entry_cost(e);

	if (entry_is_cut(e) && cache->cuts.buckets)
		map_remove(&cache->cuts, &e->cut);
	cache->stats.negative -= entry_is_negative(e);
	entry_renew(e, now, answer);
	index_cut(cache, e, key);
	cache->stats.negative += entry_is_negative(e);
	queues_resized(&cache->queues, e, before);
	cache->stats.used += entry_cost(e) - before;
}

void
cache_put(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	struct entry *e = find_any(cache, key);

	if (!worth_keeping(cache, key, answer)) {
		answer_free(answer);
		return;
	}
	if (e) {
		renew(cache, key, e, now, answer);
	} else {
		e = entry_new(key, now, answer);
		if (!e)
			return;
		insert(cache, key, e);
	}
	cache->stats.inserts++;
	evict(cache, now);
}

size_t
cache_flush(struct cache *cache, const struct name *name, bool below)
{
	const struct flush flush = { name, below };

	return drop_those(cache, is_named, &flush) + failures_flush(cache->failures, name, below);
}

size_t
cache_flush_view(struct cache *cache, uint32_t view)
{
	return drop_those(cache, is_viewed, &view) + failures_flush_view(cache->failures, view);
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
	return drop_those(cache, is_chain, NULL);
}

void
cache_stats(const struct cache *cache, struct cache_stats *out)
{
	*out = cache->stats;
	out->failures = failures_count(cache->failures);
}
