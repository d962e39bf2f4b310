/*
 * The cache: answers in normal form by (name, type, class, view), and failures (cache/failures.h).
 *
 * Any thread may call any function but cache_new() and cache_free(): the answers are in CACHE_SHARDS
 * shards by the hash of their name, each with a lock of its own (cache/shard.h), held for one entry's
 * sake at a time. What nobody but the caller has, `now` included, is the caller's.
 *
 * Invariants: `used` counts all memory that answers and their tables have from the system, and never
 * exceeds the size it was made with; an entry past its time is given out by cache_get_stale() alone,
 * until cache_set_stale()'s time is over, too; nothing outside this room ever holds a pointer into it:
 * it copies out, straight into the client's reply. Once a flush has returned, no answer from before it
 * is given. When full, entries go that nobody has asked for again, see cache/store.h; a shard is full
 * by itself.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "stubd/base/clock.h"
#include "stubd/cache/failures.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"

#include <stddef.h>
#include <stdint.h>

struct cache;

enum {
	CACHE_SHARDS = 8,
	CACHE_SHARDS_FROM = 4 << 20, /* octets; smaller caches are one shard */
	CACHE_PREFETCH_HITS = 3,     /* since it was learnt: then it is worth asking for ahead */
	CACHE_PREFETCH_SHARE = 10,   /* one part of so many of its time is its last part */
	CACHE_STALE_TTL = 30,	     /* s, RFC 8767 section 4 */
	CACHE_WALK_MOST = 81920,     /* octets; what is in a segment is less, as messages */
};

struct cache_key {
	const struct question *question; /* borrowed for the call */
	uint32_t view;
	uint64_t hash; /* cache_hash() of the name, for who has it; 0: it is found with each call */
};

struct cache_stats {
	uint64_t hits, misses, inserts,
	    evictions;	       /* misses that were answered from here all the same */
	uint64_t stale;	       /* past their time, RFC 8767 */
	uint64_t cuts;	       /* below or at a name that does not exist, RFC 8020 */
	uint64_t gaps;	       /* beside names that do not exist, RFC 8198 */
	uint64_t failure_hits; /* failures given again, RFC 9520 */
	/* levels; used and size in octets; failures whose time is over included */
	uint64_t entries, negative, used, size, failures; /* negative: entries without data */
};

/* Makes a cache of at most size octets; 0 makes one that keeps nothing. NULL: out of memory. */
struct cache *cache_new(size_t size);
struct cache *cache_free(struct cache *cache);

/* Is there an answer past its time? */
enum cache_stale {
	CACHE_NOT_STALE,    /* there is none; or it is fresh */
	CACHE_STALE,	    /* there is one, to be used when nobody answers (in time) */
	CACHE_STALE_IN_USE, /* it was used less than CACHE_STALE_TTL ago: nobody has to wait again */
};

/* What a lookup found, beside the bytes; of a miss, stale and may_be_denied alone. */
struct cache_hit {
	size_t len;	   /* octets written; 0 when the chain is cut (use cache_get) */
	uint32_t ttl_left; /* seconds */
	bool cut;
	bool private_address; /* as in the answer; then the reply may not be wanted */
	bool ask_ahead;	      /* in its last part, and popular: said once */
	enum security security;
	enum cache_stale stale;
	bool may_be_denied; /* ask cache_get_cut(); else it has nothing */
};

/* The hash of a name, keyed by a secret of the cache: no name can be chosen for it, and what is made of
 * it is as good a hash for other tables. */
uint64_t cache_hash(const struct cache *cache, const struct name *name);

/* Writes the reply straight from the cache into out[cap]; see reply_write for limit. Returns true
 * on a hit. Neither allocates nor copies twice. */
bool cache_reply(struct cache *cache, const struct cache_key *key, msec now,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit);

/* An owned copy of a fresh entry and its age in seconds; NULL: none, or out of memory. Counts no
 * hit. */
struct answer *cache_get(struct cache *cache, const struct cache_key *key, msec now, uint32_t *age);

/* Keeps an answer (copied) if that may be kept and there is room. */
void cache_put(
    struct cache *cache, const struct cache_key *key, msec now, const struct answer *answer);

/* How long past their time answers are kept, in ms. */
void cache_set_stale(struct cache *cache, msec stale);

/* Is there an answer in its time? Counts no hit. */
bool cache_is_fresh(const struct cache *cache, const struct cache_key *key, msec now);

/* As cache_hit.stale. */
enum cache_stale cache_is_stale(const struct cache *cache, const struct cache_key *key, msec now);

/* An owned copy of an answer past its time: its TTLs are CACHE_STALE_TTL, its security is UNCHECKED
 * (AD is not set), keep is false (RFC 8767 section 4). NULL: none, or out of memory. */
struct answer *cache_get_stale(struct cache *cache, const struct cache_key *key, msec now);

/* Drops the answer if it is past its time: what came after it was bogus. */
void cache_drop_stale(struct cache *cache, const struct cache_key *key, msec now);

/* An owned answer made from a fresh NXDOMAIN for the question's name, of any type, or for a name above
 * it (RFC 8020), and its age in seconds; NULL: none, or out of memory. Above it only what was proved
 * counts: a filter's NXDOMAIN is about one name, a server that errs on empty non-terminals is not to
 * hide what is below them, and one forged reply is not to take a whole tree. Type does not matter at
 * the very name (RFC 2308 section 5). Where there is none, the proved denial of another name between the
 * same two names of a signed zone (RFC 8198, cache/gaps.h). */
struct answer *cache_get_cut(
    struct cache *cache, const struct cache_key *key, msec now, uint32_t *age);

/* Does a denial of that security count for all names below its own? */
static inline bool
cache_is_proof(enum security security)
{
	return security == SECURITY_SECURE || security == SECURITY_TRUSTED;
}

/* Is it kept that the question fails (with CD, without)? Then *out says how, and it counts. */
bool cache_find_failure(
    struct cache *cache, const struct cache_key *key, bool cd, msec now, struct failure *out);

/* Keeps a failure (copied), or forgets it: the question was answered. */
void cache_keep_failure(struct cache *cache, const struct cache_key *key, bool cd, msec now,
    const struct failure *failure);
void cache_forget_failure(struct cache *cache, const struct cache_key *key, bool cd);

/* Forgets every failure: what they told of is over. */
void cache_forget_failures(struct cache *cache);

/* Removes one name (all types and views, failures too), or it and everything below, or all (name
 * NULL). Returns how many. */
size_t cache_flush(struct cache *cache, const struct name *name, bool below);

/* Removes every answer that a chain of CNAMEs is in. Returns how many. */
size_t cache_flush_chains(struct cache *cache);
/* Removes every answer that the network's own resolver gave and nobody proved. Returns how many. */
size_t cache_flush_network(struct cache *cache);
/* Removes all of a view, failures too. Returns how many. */
size_t cache_flush_view(struct cache *cache, uint32_t view);

/* How many flushes by name, or of chains, there were. Who takes answers out one after the other asks again
 * at the end: what he has may have been flushed meanwhile. */
uint64_t cache_flushes(const struct cache *cache);

/* A way through the answers of a view, some at each call; zeroed at the start. */
struct cache_walk {
	unsigned shard;
	uint32_t segment;
};

/* Is shown a fresh answer (borrowed for the call), its age and the time that it has
 * left, in seconds. Must be quick, and call nothing here. */
typedef void cache_show(void *arg, const struct question *question, const struct answer *answer,
    uint32_t age, uint32_t left);

/* Shows some answers, CACHE_WALK_MOST octets of them at most. Returns false when it is through. What is
 * put or moved meanwhile may be shown twice or not. */
bool cache_walk(struct cache *cache, struct cache_walk *walk, uint32_t view, msec now,
    cache_show *show, void *arg);

/* Keeps an answer (copied) of an earlier run, unless there is one that was learnt in this one. */
void cache_restore(
    struct cache *cache, const struct cache_key *key, msec now, const struct answer *answer);

/* The sums over all shards, each exact at the moment it was looked at. */
void cache_stats(struct cache *cache, struct cache_stats *out);

#endif
