#include "stubd/cache/shard.h"

#include "stubd/cache/entry.h"
#include "stubd/cache/queues.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS_FIRST = 64, CUTS_FIRST = 16 };

struct shard {
	pthread_mutex_t lock;
	struct map map;
	struct map cuts; /* those of the entries that are, by name and view */
	atomic_bool has_cuts;
	struct queues queues;
	struct cache_stats stats; /* failures: not here */
};

uint64_t
shard_hash(uint64_t name_hash, uint32_t view, uint16_t type, uint16_t class)
{
	uint64_t h = name_hash ^ ((uint64_t)view << 32 | (uint32_t)type << 16 | class);

	h *= 0x9e3779b97f4a7c15; /* odd: no two become one */
	return h ^ h >> 32;
}

/* The class is not looked at: there is one. Type 0 is no question's. */
static uint64_t
cut_hash(uint64_t name_hash, uint32_t view)
{
	return shard_hash(name_hash, view, 0, 0);
}

/* A map without a secret of its own: keys come hashed. */
static int
init_map(struct map *map, size_t nbuckets)
{
	*map = (struct map){ .buckets = calloc(nbuckets, sizeof(*map->buckets)) };
	map->nbuckets = nbuckets;
	return map->buckets ? 0 : -1;
}

struct shard *
shard_new(size_t size)
{
	struct shard *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->stats.size = size;
	if (queues_init(&s->queues, size) != 0 || init_map(&s->map, size ? BUCKETS_FIRST : 1) != 0)
		return shard_free(s);
	s->stats.used = queues_cost(&s->queues);
	return s;
}

static struct entry *
entry_of(struct map_node *node)
{
	return container_of(node, struct entry, node);
}

static bool
matches(const struct map_node *node, const void *arg)
{
	const struct shard_key *key = arg;
	const struct cache_key plain = { .question = key->question, .view = key->view };

	return entry_matches(container_of((struct map_node *)node, struct entry, node), &plain);
}

static void
unindex_cut(struct shard *s, struct entry *e)
{
	if (entry_is_cut(e) && s->cuts.buckets)
		map_remove(&s->cuts, &e->cut);
	atomic_store_explicit(&s->has_cuts, s->cuts.count > 0, memory_order_relaxed);
}

/* The table is made with the first; without memory for it nothing below is denied. */
static void
index_cut(struct shard *s, struct entry *e, const struct shard_key *key)
{
	if (entry_is_cut(e) && (s->cuts.buckets || init_map(&s->cuts, CUTS_FIRST) == 0))
		map_insert(&s->cuts, &e->cut, cut_hash(key->name_hash, key->view));
	atomic_store_explicit(&s->has_cuts, s->cuts.count > 0, memory_order_relaxed);
}

/* Takes an entry out and frees it. */
static void
drop(struct shard *s, struct entry *e)
{
	map_remove(&s->map, &e->node);
	unindex_cut(s, e);
	queues_remove(&s->queues, e);
	s->stats.used -= entry_cost(e);
	s->stats.entries--;
	s->stats.negative -= entry_is_negative(e);
	entry_free(e);
}

/* Makes room until no more than the size is used. */
static void
evict(struct shard *s, msec now)
{
	while (s->stats.used > s->stats.size) {
		struct entry *e = queues_victim(&s->queues, now);

		queues_note(&s->queues, e);
		drop(s, e);
		s->stats.evictions++;
	}
}

static void
drop_of(struct shard *s, struct list *queue, shard_test *test, const void *arg)
{
	list_for_each (it, queue) {
		struct entry *e = container_of(it, struct entry, queue);

		if (test(e, arg))
			drop(s, e);
	}
}

size_t
shard_flush(struct shard *s, shard_test *test, const void *arg)
{
	size_t before, after;

	pthread_mutex_lock(&s->lock);
	before = s->stats.entries;
	drop_of(s, &s->queues.small, test, arg);
	drop_of(s, &s->queues.main, test, arg);
	after = s->stats.entries;
	pthread_mutex_unlock(&s->lock);
	return before - after;
}

static bool
any(const struct entry *e, const void *arg)
{
	return true;
}

struct shard *
shard_free(struct shard *s)
{
	if (s) {
		if (s->queues.small.next)
			shard_flush(s, any, NULL);
		map_clear(&s->map);
		map_clear(&s->cuts);
		queues_clear(&s->queues);
		pthread_mutex_destroy(&s->lock);
	}
	free(s);
	return NULL;
}

static struct entry *
find_any(const struct shard *s, const struct shard_key *key)
{
	struct map_node *node = map_find(&s->map, key->hash, matches, key);

	return node ? entry_of(node) : NULL;
}

/* Finds a fresh entry and counts the hit; one that nobody may use any more goes at once. */
static struct entry *
find(struct shard *s, const struct shard_key *key, msec now, msec stale)
{
	struct entry *e = find_any(s, key);

	if (!e)
		return NULL;
	if (now >= e->expires) {
		if (now >= e->expires + stale)
			drop(s, e);
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
shard_reply(struct shard *s, const struct shard_key *key, msec now, msec stale,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, key, now, stale);
	s->stats.hits += e != NULL;
	s->stats.misses += e == NULL;
	if (e) {
		const uint32_t age = entry_age(e, now);

		hit->cut = e->answer->cut;
		hit->private_address = e->answer->private_address;
		hit->security = e->answer->security;
		hit->ttl_left = e->answer->ttl - age;
		hit->ask_ahead = ask_ahead(e, hit->ttl_left);
		hit->len = 0;
		if (!hit->cut)
			hit->len = reply_write(out, cap, limit, query, e->answer, age, NULL);
	}
	pthread_mutex_unlock(&s->lock);
	return e != NULL;
}

struct answer *
shard_get(struct shard *s, const struct shard_key *key, msec now, msec stale, uint32_t *age)
{
	struct answer *copy = NULL;
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, key, now, stale);
	if (e)
		copy = answer_copy(e->answer);
	if (copy)
		*age = entry_age(e, now);
	pthread_mutex_unlock(&s->lock);
	return copy;
}

/* Finds an entry past its time that may still be used. */
static struct entry *
find_stale(const struct shard *s, const struct shard_key *key, msec now, msec stale)
{
	struct entry *e = find_any(s, key);

	return e && now >= e->expires && now < e->expires + stale ? e : NULL;
}

enum cache_stale
shard_is_stale(struct shard *s, const struct shard_key *key, msec now, msec stale)
{
	enum cache_stale is = CACHE_NOT_STALE;
	const struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find_stale(s, key, now, stale);
	if (e)
		is = now / 1000 < e->stale_until ? CACHE_STALE_IN_USE : CACHE_STALE;
	pthread_mutex_unlock(&s->lock);
	return is;
}

struct answer *
shard_get_stale(struct shard *s, const struct shard_key *key, msec now, msec stale)
{
	struct answer *copy = NULL;
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find_stale(s, key, now, stale);
	if (e)
		copy = answer_copy(e->answer);
	if (copy) {
		if (now / 1000 >= e->stale_until)
			e->stale_until = (uint32_t)(now / 1000) + CACHE_STALE_TTL;
		s->stats.stale++;
	}
	pthread_mutex_unlock(&s->lock);
	if (!copy)
		return NULL;
	answer_set_ttls(copy, CACHE_STALE_TTL);
	copy->security = SECURITY_UNCHECKED;
	copy->keep = false;
	return copy;
}

void
shard_drop_stale(struct shard *s, const struct shard_key *key, msec now, msec stale)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find_stale(s, key, now, stale);
	if (e)
		drop(s, e);
	pthread_mutex_unlock(&s->lock);
}

/* What a cut is looked for by. */
struct cut_key {
	const struct shard_cut *cut;
	msec now;
};

static bool
cut_matches(const struct map_node *node, const void *arg)
{
	const struct entry *e = container_of((struct map_node *)node, struct entry, cut);
	const struct cut_key *key = arg;
	struct name name;

	if (e->view != key->cut->view || key->now >= e->expires)
		return false;
	if (key->cut->above && e->answer->security != SECURITY_SECURE &&
	    e->answer->security != SECURITY_TRUSTED)
		return false;
	entry_name(e, &name);
	return name_equal(&name, key->cut->name);
}

bool
shard_has_cuts(const struct shard *s)
{
	return atomic_load_explicit(&s->has_cuts, memory_order_relaxed);
}

struct answer *
shard_get_cut(struct shard *s, const struct shard_cut *cut, msec now, uint32_t *age)
{
	const struct cut_key wanted = { .cut = cut, .now = now };
	struct answer *answer = NULL;
	struct map_node *node = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->cuts.count)
		node =
		    map_find(&s->cuts, cut_hash(cut->name_hash, cut->view), cut_matches, &wanted);
	if (node) {
		const struct entry *e = container_of(node, struct entry, cut);

		if (answer_below(e->answer, cut->question, &answer) < 0)
			answer = NULL;
		*age = entry_age(e, now);
		s->stats.cuts += answer != NULL;
	}
	pthread_mutex_unlock(&s->lock);
	return answer;
}

static bool
worth_keeping(const struct shard *s, const struct shard_key *key, const struct answer *answer)
{
	return answer->keep && answer->ttl > 0 && answer->security != SECURITY_BOGUS &&
	       answer->size + CACHE_ENTRY_MOST <= s->stats.size - queues_cost(&s->queues) &&
	       entry_question_is(answer, key->question);
}

/* Enters a new one. */
static void
insert(struct shard *s, const struct shard_key *key, struct entry *e)
{
	map_insert(&s->map, &e->node, key->hash);
	index_cut(s, e, key);
	queues_add(&s->queues, e, s->stats.entries);
	s->stats.used += entry_cost(e);
	s->stats.entries++;
	s->stats.negative += entry_is_negative(e);
}

/* Gives an entry a newer answer (takes it); that it was asked for counts on. */
static void
renew(
    struct shard *s, const struct shard_key *key, struct entry *e, msec now, struct answer *answer)
{
	const size_t before = entry_cost(e);

	unindex_cut(s, e);
	s->stats.negative -= entry_is_negative(e);
	entry_renew(e, now, answer);
	index_cut(s, e, key);
	s->stats.negative += entry_is_negative(e);
	queues_resized(&s->queues, e, before);
	s->stats.used += entry_cost(e) - before;
}

/* Takes the answer. Returns false when there is no memory for it. */
static bool
enter(struct shard *s, const struct shard_key *key, msec now, struct answer *answer)
{
	struct entry *e = find_any(s, key);

	if (e) {
		renew(s, key, e, now, answer);
		return true;
	}
	e = entry_new(key->view, now, answer);
	if (e)
		insert(s, key, e);
	return e != NULL;
}

void
shard_put(struct shard *s, const struct shard_key *key, msec now, struct answer *answer)
{
	if (!worth_keeping(s, key, answer)) {
		answer_free(answer);
		return;
	}
	pthread_mutex_lock(&s->lock);
	s->stats.inserts += enter(s, key, now, answer);
	evict(s, now);
	pthread_mutex_unlock(&s->lock);
}

void
shard_add_stats(struct shard *s, struct cache_stats *out)
{
	pthread_mutex_lock(&s->lock);
	out->hits += s->stats.hits;
	out->misses += s->stats.misses;
	out->inserts += s->stats.inserts;
	out->evictions += s->stats.evictions;
	out->stale += s->stats.stale;
	out->cuts += s->stats.cuts;
	out->entries += s->stats.entries;
	out->negative += s->stats.negative;
	out->used += s->stats.used;
	out->size += s->stats.size;
	pthread_mutex_unlock(&s->lock);
}
