#include "stubd/cache/cache.h"

#include "policy/siphash.h"
#include "stubd/base/rand.h"
#include "stubd/cache/gaps.h"
#include "stubd/cache/shard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct cache {
	struct shard *shards[CACHE_SHARDS]; /* owned */
	unsigned nshards;		    /* a power of two */
	uint64_t secret[2];		    /* that names are hashed with */
	_Atomic msec stale;		    /* past their time entries are kept for so long */
	_Atomic uint64_t flushes;
	atomic_bool has_gaps;
	atomic_bool
	    proves_denials;   /* one that was proved was kept once: never, without validation */
	pthread_mutex_t lock; /* of what follows */
	struct failures *failures; /* owned, as the next; beside the octets of the answers */
	struct gaps *gaps;
	uint64_t failure_hits;
	_Atomic size_t nfailures; /* for who would look for one in vain, as nearly all do */
};

static int
make_shards(struct cache *cache, size_t size)
{
	cache->nshards = size < CACHE_SHARDS_FROM ? 1 : CACHE_SHARDS;
	for (unsigned i = 0; i < cache->nshards; i++) {
		/* The first ones take the octets that do not divide. */
		cache->shards[i] = shard_new(size / cache->nshards + (i < size % cache->nshards));
		if (!cache->shards[i])
			return -1;
	}
	return 0;
}

struct cache *
cache_new(size_t size)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	pthread_mutex_init(&cache->lock, NULL);
	rand_bytes(cache->secret, sizeof(cache->secret));
	cache->failures = failures_new();
	cache->gaps = gaps_new();
	if (!cache->failures || !cache->gaps || make_shards(cache, size) != 0)
		return cache_free(cache);
	return cache;
}

struct cache *
cache_free(struct cache *cache)
{
	if (cache) {
		for (unsigned i = 0; i < cache->nshards; i++)
			cache->shards[i] = shard_free(cache->shards[i]);
		cache->failures = failures_free(cache->failures);
		cache->gaps = gaps_free(cache->gaps);
		pthread_mutex_destroy(&cache->lock);
	}
	free(cache);
	return NULL;
}

uint64_t
cache_hash(const struct cache *cache, const struct name *name)
{
	return siphash_table(cache->secret, name->wire, name->len);
}

/* By one half of the hash of a name; the other is what its entries are found by. */
static struct shard *
shard_of(const struct cache *cache, uint64_t hash)
{
	return cache->shards[hash >> 32 & (cache->nshards - 1)];
}

static inline __attribute__((always_inline)) struct entry_key
make_key(const struct cache *cache, const struct cache_key *key, struct shard **shard)
{
	const struct question *q = key->question;
	const uint64_t hash = key->hash ? key->hash : cache_hash(cache, &q->name);
	const uint32_t name_hash = (uint32_t)hash;

	*shard = shard_of(cache, hash);
	return (struct entry_key){
		.question = q,
		.view = key->view,
		.name_hash = name_hash,
		.hash = entry_key_hash(name_hash, key->view, q->type, q->class),
	};
}

static msec
stale_of(const struct cache *cache)
{
	return atomic_load_explicit(&cache->stale, memory_order_relaxed);
}

void
cache_set_stale(struct cache *cache, msec stale)
{
	atomic_store_explicit(&cache->stale, stale, memory_order_relaxed);
}

static bool
proves_denials(const struct cache *cache)
{
	return atomic_load_explicit(&cache->proves_denials, memory_order_relaxed);
}

bool
cache_reply(struct cache *cache, const struct cache_key *key, msec now,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	if (shard_reply(shard, &k, now, stale_of(cache), query, out, cap, limit, hit))
		return true;
	hit->may_be_denied |= proves_denials(cache);
	return false;
}

struct answer *
cache_get(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	return shard_get(shard, &k, now, stale_of(cache), age);
}

bool
cache_is_fresh(const struct cache *cache, const struct cache_key *key, msec now)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	return shard_is_fresh(shard, &k, now);
}

enum cache_stale
cache_is_stale(const struct cache *cache, const struct cache_key *key, msec now)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	return shard_is_stale(shard, &k, now, stale_of(cache));
}

struct answer *
cache_get_stale(struct cache *cache, const struct cache_key *key, msec now)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	return shard_get_stale(shard, &k, now, stale_of(cache));
}

void
cache_drop_stale(struct cache *cache, const struct cache_key *key, msec now)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	shard_drop_stale(shard, &k, now, stale_of(cache));
}

/* For the lock's sake, which few questions need. */
static void
note_gaps(struct cache *cache)
{
	atomic_store_explicit(&cache->has_gaps, gaps_count(cache->gaps) > 0, memory_order_relaxed);
}

/* The denial of another name of the same gap. */
static struct answer *
get_gap(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age)
{
	struct gap_denial denied;
	struct shard_cut cut = { .name = &denied.name,
		.view = key->view,
		.above = true,
		.beside = true,
		.question = key->question };
	uint64_t hash;
	bool found;

	if (!atomic_load_explicit(&cache->has_gaps, memory_order_relaxed))
		return NULL;
	pthread_mutex_lock(&cache->lock);
	found = gaps_find(cache->gaps, &key->question->name, key->view, now, &denied);
	pthread_mutex_unlock(&cache->lock);
	if (!found)
		return NULL;
	cut.expires = denied.expires;
	hash = cache_hash(cache, &denied.name);
	cut.name_hash = (uint32_t)hash;
	return shard_get_cut(shard_of(cache, hash), &cut, now, age);
}

static void
forget_gaps(struct cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	gaps_forget(cache->gaps);
	note_gaps(cache);
	pthread_mutex_unlock(&cache->lock);
}

struct answer *
cache_get_cut(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age)
{
	const struct question *q = key->question;
	const unsigned labels = proves_denials(cache) ? name_labels(&q->name) : q->name.len > 1;
	struct answer *answer = NULL;
	struct name name;

	for (unsigned i = 0; i < labels && !answer; i++) {
		struct shard_cut cut = {
			.name = &name, .view = key->view, .above = i > 0, .question = q
		};
		struct shard *shard;
		uint64_t hash;

		name_strip(&q->name, i, &name);
		hash = i == 0 && key->hash ? key->hash : cache_hash(cache, &name);
		shard = shard_of(cache, hash);
		cut.name_hash = (uint32_t)hash;
		if (shard_has_cuts(shard))
			answer = shard_get_cut(shard, &cut, now, age);
	}
	return answer ? answer : get_gap(cache, key, now, age);
}

/* Before an answer is kept. */
static void
note_proof(struct cache *cache, const struct answer *answer)
{
	if (answer->rcode == RCODE_NXDOMAIN && cache_is_proof(answer->security))
		atomic_store_explicit(&cache->proves_denials, true, memory_order_relaxed);
}

void
cache_put(struct cache *cache, const struct cache_key *key, msec now, const struct answer *answer)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	note_proof(cache, answer);
	shard_put(shard, &k, now, answer);
	if (!gaps_want(answer))
		return;
	pthread_mutex_lock(&cache->lock);
	gaps_learn(cache->gaps, key, now, answer);
	note_gaps(cache);
	pthread_mutex_unlock(&cache->lock);
}

void
cache_restore(
    struct cache *cache, const struct cache_key *key, msec now, const struct answer *answer)
{
	struct shard *shard;
	const struct entry_key k = make_key(cache, key, &shard);

	note_proof(cache, answer);
	shard_restore(shard, &k, now, answer);
}

bool
cache_walk(struct cache *cache, struct cache_walk *walk, uint32_t view, msec now, cache_show *show,
    void *arg)
{
	if (walk->shard >= cache->nshards)
		return false;
	if (!shard_walk(cache->shards[walk->shard], &walk->segment, view, now, show, arg)) {
		walk->shard++;
		walk->segment = 0;
	}
	return walk->shard < cache->nshards;
}

/* After a change of the failures. */
static void
unlock_failures(struct cache *cache)
{
	atomic_store_explicit(
	    &cache->nfailures, failures_count(cache->failures), memory_order_relaxed);
	pthread_mutex_unlock(&cache->lock);
}

static bool
has_failures(const struct cache *cache)
{
	return atomic_load_explicit(&cache->nfailures, memory_order_relaxed) != 0;
}

/* --- flushing --- */

/* Which entries a flush takes. */
struct flush {
	const struct name *name; /* NULL: all; and whether with all below it */
	bool below;
};

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
	return e->target_len != 0;
}

static bool
is_of_network(const struct entry *e, const void *arg)
{
	return entry_is_of_network(e);
}

static size_t
flush_shards(struct cache *cache, store_test *test, const void *arg)
{
	size_t n = 0;

	forget_gaps(cache);
	for (unsigned i = 0; i < cache->nshards; i++)
		n += shard_flush(cache->shards[i], test, arg);
	return n;
}

size_t
cache_flush(struct cache *cache, const struct name *name, bool below)
{
	const struct flush flush = { name, below };
	size_t n;

	atomic_fetch_add(&cache->flushes, 1);
	n = flush_shards(cache, is_named, &flush);
	pthread_mutex_lock(&cache->lock);
	n += failures_flush(cache->failures, name, below);
	unlock_failures(cache);
	return n;
}

size_t
cache_flush_view(struct cache *cache, uint32_t view)
{
	size_t n = flush_shards(cache, is_viewed, &view);

	pthread_mutex_lock(&cache->lock);
	n += failures_flush_view(cache->failures, view);
	unlock_failures(cache);
	return n;
}

size_t
cache_flush_chains(struct cache *cache)
{
	atomic_fetch_add(&cache->flushes, 1);
	return flush_shards(cache, is_chain, NULL);
}

size_t
cache_flush_network(struct cache *cache)
{
	return flush_shards(cache, is_of_network, NULL);
}

uint64_t
cache_flushes(const struct cache *cache)
{
	return atomic_load(&cache->flushes);
}

/* --- failures --- */

bool
cache_find_failure(
    struct cache *cache, const struct cache_key *key, bool cd, msec now, struct failure *out)
{
	bool found;

	if (!has_failures(cache))
		return false;
	pthread_mutex_lock(&cache->lock);
	found = failures_find(cache->failures, key, cd, now, out);
	cache->failure_hits += found;
	pthread_mutex_unlock(&cache->lock);
	return found;
}

void
cache_keep_failure(struct cache *cache, const struct cache_key *key, bool cd, msec now,
    const struct failure *failure)
{
	pthread_mutex_lock(&cache->lock);
	failures_keep(cache->failures, key, cd, now, failure);
	unlock_failures(cache);
}

void
cache_forget_failure(struct cache *cache, const struct cache_key *key, bool cd)
{
	if (!has_failures(cache))
		return;
	pthread_mutex_lock(&cache->lock);
	failures_forget(cache->failures, key, cd);
	unlock_failures(cache);
}

void
cache_forget_failures(struct cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	failures_flush(cache->failures, NULL, true);
	unlock_failures(cache);
}

void
cache_stats(struct cache *cache, struct cache_stats *out)
{
	*out = (struct cache_stats){ 0 };
	for (unsigned i = 0; i < cache->nshards; i++)
		shard_add_stats(cache->shards[i], out);
	pthread_mutex_lock(&cache->lock);
	out->failures = failures_count(cache->failures);
	out->failure_hits = cache->failure_hits;
	pthread_mutex_unlock(&cache->lock);
}
