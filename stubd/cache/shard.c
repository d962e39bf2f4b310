#include "stubd/cache/shard.h"

#include "stubd/cache/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/single_threaded.h>

struct shard {
	pthread_mutex_t lock;
	struct store store;
	atomic_bool has_cuts;
	struct cache_stats stats; /* the counters alone */
};

/* While there is one thread alone nobody has to be kept out, and none is made under the lock. */
static inline void
take(struct shard *s)
{
	if (!__libc_single_threaded)
		pthread_mutex_lock(&s->lock);
}

static inline void
leave(struct shard *s)
{
	if (!__libc_single_threaded)
		pthread_mutex_unlock(&s->lock);
}

struct shard *
shard_new(size_t size)
{
	struct shard *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	if (store_init(&s->store, size) != 0)
		return shard_free(s);
	return s;
}

struct shard *
shard_free(struct shard *s)
{
	if (s) {
		store_clear(&s->store);
		pthread_mutex_destroy(&s->lock);
	}
	free(s);
	return NULL;
}

static void
note_cuts(struct shard *s)
{
	atomic_store_explicit(&s->has_cuts, s->store.cuts > 0, memory_order_relaxed);
}

static void
drop(struct shard *s, uint32_t handle)
{
	store_drop(&s->store, handle);
	note_cuts(s);
}

size_t
shard_flush(struct shard *s, store_test *test, const void *arg)
{
	size_t n;

	take(s);
	n = store_drop_those(&s->store, test, arg);
	note_cuts(s);
	leave(s);
	return n;
}

/* Of an entry that is past its time, but may still be used. */
static enum cache_stale
how_stale(const struct entry *e, msec now)
{
	return now / 1000 < e->stale_until ? CACHE_STALE_IN_USE : CACHE_STALE;
}

/* Finds a fresh entry and counts the hit, or says how stale one is that is not; one that nobody may use
 * any more goes at once. */
static struct entry *
find(struct shard *s, const struct entry_key *key, msec now, msec stale, enum cache_stale *how)
{
	const uint32_t handle = store_find(&s->store, key);
	struct entry *e;

	*how = CACHE_NOT_STALE;
	if (!handle)
		return NULL;
	e = store_at(&s->store, handle);
	if (now >= e->expires) {
		if (now >= e->expires + stale)
			drop(s, handle);
		else if (!entry_is_of_network(e))
			*how = how_stale(e, now);
		return NULL;
	}
	if (e->hits < ENTRY_HITS)
		e->hits++;
	return e;
}

static bool
cuts(const struct entry *e, const struct shard_cut *cut, msec now)
{
	return entry_is_cut(e) && e->view == cut->view && now < e->expires &&
	       (!cut->above || cache_is_proof(e->security)) &&
	       (!cut->beside || e->expires == cut->expires) && entry_is_of(e, cut->name);
}

static const struct entry *
find_cut(const struct shard *s, const struct shard_cut *cut, msec now)
{
	const uint32_t hash = entry_key_hash(cut->name_hash, cut->view, 0, 0);
	size_t at = hash;
	uint32_t handle;

	if (!s->store.cuts)
		return NULL;
	while ((handle = table_next(&s->store.table, hash, &at)) != 0)
		if (cuts(store_at(&s->store, handle), cut, now))
			return store_at(&s->store, handle);
	return NULL;
}

/* Is the very name of a question said not to exist, whatever its type? */
static bool
is_denied(const struct shard *s, const struct entry_key *key, msec now)
{
	const struct name *name = &key->question->name;
	const struct shard_cut cut = {
		.name = name, .view = key->view, .name_hash = key->name_hash
	};

	return name->len > 1 && find_cut(s, &cut, now);
}

/* Counts that it is given, and says, once, that it should be asked for ahead of its end. */
static bool
ask_ahead(struct entry *e, uint32_t ttl_left)
{
	if (e->given < CACHE_PREFETCH_HITS)
		e->given++;
	if (e->given != CACHE_PREFETCH_HITS || (uint64_t)ttl_left * CACHE_PREFETCH_SHARE > e->ttl)
		return false;
	e->given++;
	return true;
}

bool
shard_reply(struct shard *s, const struct entry_key *key, msec now, msec stale,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit)
{
	struct entry *e;

	take(s);
	e = find(s, key, now, stale, &hit->stale);
	if (!e) {
		s->stats.misses++;
		hit->may_be_denied = is_denied(s, key, now);
	} else {
		const uint32_t age = entry_age(e, now);
		struct answer lent;

		s->stats.hits++;
		hit->cut = e->cut;
		hit->private_address = e->private_address;
		hit->security = e->security;
		hit->ttl_left = e->ttl - age;
		hit->ask_ahead = ask_ahead(e, hit->ttl_left);
		hit->len = 0;
		entry_lend(e, &lent);
		if (!hit->cut)
			hit->len = reply_write(out, cap, limit, query, &lent, age, NULL);
	}
	leave(s);
	return e != NULL;
}

struct answer *
shard_get(struct shard *s, const struct entry_key *key, msec now, msec stale, uint32_t *age)
{
	struct answer *copy = NULL;
	enum cache_stale ignored;
	struct entry *e;

	take(s);
	e = find(s, key, now, stale, &ignored);
	if (e)
		copy = entry_copy(e);
	if (copy)
		*age = entry_age(e, now);
	leave(s);
	return copy;
}

/* Finds an entry past its time that may still be used. Returns its handle or 0. */
static uint32_t
find_stale(const struct shard *s, const struct entry_key *key, msec now, msec stale)
{
	const uint32_t handle = store_find(&s->store, key);
	const struct entry *e = handle ? store_at(&s->store, handle) : NULL;

	return e && now >= e->expires && now < e->expires + stale && !entry_is_of_network(e)
		   ? handle
		   : 0;
}

bool
shard_is_fresh(struct shard *s, const struct entry_key *key, msec now)
{
	uint32_t handle;
	bool is;

	take(s);
	handle = store_find(&s->store, key);
	is = handle && now < store_at(&s->store, handle)->expires;
	leave(s);
	return is;
}

enum cache_stale
shard_is_stale(struct shard *s, const struct entry_key *key, msec now, msec stale)
{
	enum cache_stale is = CACHE_NOT_STALE;
	uint32_t handle;

	take(s);
	handle = find_stale(s, key, now, stale);
	if (handle)
		is = how_stale(store_at(&s->store, handle), now);
	leave(s);
	return is;
}

struct answer *
shard_get_stale(struct shard *s, const struct entry_key *key, msec now, msec stale)
{
	struct answer *copy = NULL;
	uint32_t handle;

	take(s);
	handle = find_stale(s, key, now, stale);
	if (handle)
		copy = entry_copy(store_at(&s->store, handle));
	if (copy) {
		struct entry *e = store_at(&s->store, handle);

		if (now / 1000 >= e->stale_until)
			e->stale_until = (uint32_t)(now / 1000) + CACHE_STALE_TTL;
		s->stats.stale++;
	}
	leave(s);
	if (!copy)
		return NULL;
	answer_set_ttls(copy, CACHE_STALE_TTL);
	copy->security = SECURITY_UNCHECKED;
	copy->keep = false;
	return copy;
}

void
shard_drop_stale(struct shard *s, const struct entry_key *key, msec now, msec stale)
{
	uint32_t handle;

	take(s);
	handle = find_stale(s, key, now, stale);
	if (handle)
		drop(s, handle);
	leave(s);
}

/* --- cuts --- */

bool
shard_has_cuts(const struct shard *s)
{
	return atomic_load_explicit(&s->has_cuts, memory_order_relaxed);
}

struct answer *
shard_get_cut(struct shard *s, const struct shard_cut *cut, msec now, uint32_t *age)
{
	struct answer *answer = NULL, lent;
	const struct entry *e;

	take(s);
	e = find_cut(s, cut, now);
	if (e) {
		entry_lend(e, &lent);
		if (answer_below(&lent, cut->question, &answer) < 0)
			answer = NULL;
		*age = entry_age(e, now);
		if (answer)
			++*(cut->beside ? &s->stats.gaps : &s->stats.cuts);
	}
	leave(s);
	return answer;
}

/* --- putting --- */

/* The octets that an answer takes, if it is worth keeping; else 0. */
static size_t
size_to_keep(const struct shard *s, const struct entry_key *key, const struct answer *answer)
{
	size_t size;

	if (!answer->keep || !answer->ttl || answer->security == SECURITY_BOGUS ||
	    !entry_question_is(answer, key->question))
		return 0;
	size = entry_size(answer, &key->question->name);
	return store_takes(&s->store, size) ? size : 0;
}

void
shard_put(struct shard *s, const struct entry_key *key, msec now, const struct answer *answer)
{
	size_t size;

	take(s);
	size = size_to_keep(s, key, answer);
	if (size)
		s->stats.inserts += store_put(&s->store, key, now, answer, size);
	note_cuts(s);
	leave(s);
}

void
shard_restore(struct shard *s, const struct entry_key *key, msec now, const struct answer *answer)
{
	size_t size;

	take(s);
	size = size_to_keep(s, key, answer);
	if (size && !store_find(&s->store, key))
		store_put(&s->store, key, now, answer, size);
	note_cuts(s);
	leave(s);
}

static void
show_entry(const struct entry *e, msec now, cache_show *show, void *arg)
{
	struct question question;
	struct answer lent;

	entry_lend(e, &lent);
	entry_target(e, &lent.target);
	answer_question(&lent, &question);
	show(arg, &question, &lent, entry_age(e, now), (uint32_t)((e->expires - now) / 1000));
}

bool
shard_walk(struct shard *s, uint32_t *segment, uint32_t view, msec now, cache_show *show, void *arg)
{
	const struct segments *segments = &s->store.segments;
	bool more;

	take(s);
	if (++*segment < segments->count) {
		uint32_t handle = segments_first(segments, *segment);

		for (; handle; handle = segments_next(segments, handle)) {
			const struct entry *e = store_at(&s->store, handle);

			if (e->view == view && now < e->expires)
				show_entry(e, now, show, arg);
		}
	}
	more = *segment + 1 < segments->count;
	leave(s);
	return more;
}

void
shard_add_stats(struct shard *s, struct cache_stats *out)
{
	take(s);
	out->hits += s->stats.hits;
	out->misses += s->stats.misses;
	out->inserts += s->stats.inserts;
	out->evictions += s->store.evictions;
	out->stale += s->stats.stale;
	out->cuts += s->stats.cuts;
	out->gaps += s->stats.gaps;
	out->entries += s->store.entries;
	out->negative += s->store.negative;
	out->used += store_used(&s->store);
	out->size += s->store.size;
	leave(s);
}
