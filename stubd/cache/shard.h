/*
 * One part of the cache: the answers whose names hash there, with a lock and a store
 * of their own.
 *
 * Every function takes the lock, where there are threads, for as long as it runs and gives nothing out that points inside; no
 * function holds two locks. All types of a name in a view are in one shard, with what denies it.
 */
#ifndef CACHE_SHARD_H
#define CACHE_SHARD_H

#include "stubd/cache/cache.h"
#include "stubd/cache/entry.h"
#include "stubd/cache/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard;

/* Makes one of at most size octets; 0 makes one that keeps nothing. NULL: out of memory. */
struct shard *shard_new(size_t size);
struct shard *shard_free(struct shard *shard);

/* See the functions of the same names in cache/cache.h. stale: how long past their time answers are
 * kept, in ms. */
bool shard_reply(struct shard *shard, const struct entry_key *key, msec now, msec stale,
    const struct msg_query *query, uint8_t *out, size_t cap, size_t limit, struct cache_hit *hit);
struct answer *shard_get(
    struct shard *shard, const struct entry_key *key, msec now, msec stale, uint32_t *age);
bool shard_is_fresh(struct shard *shard, const struct entry_key *key, msec now);
enum cache_stale shard_is_stale(
    struct shard *shard, const struct entry_key *key, msec now, msec stale);
struct answer *shard_get_stale(
    struct shard *shard, const struct entry_key *key, msec now, msec stale);
void shard_drop_stale(struct shard *shard, const struct entry_key *key, msec now, msec stale);
void shard_put(
    struct shard *shard, const struct entry_key *key, msec now, const struct answer *answer);

void shard_restore(
    struct shard *shard, const struct entry_key *key, msec now, const struct answer *answer);

/* Shows the answers of the next segment. Returns false when it was the last. */
bool shard_walk(
    struct shard *shard, uint32_t *segment, uint32_t view, msec now, cache_show *show, void *arg);

/* A name at or above a question's that is said not to exist. */
struct shard_cut {
	const struct name *name;
	uint32_t view;
	uint32_t name_hash;
	bool above;   /* it is not the question's own: only what was proved counts */
	bool beside;  /* nor one above it, but in the same gap (cache/gaps.h): counted apart */
	msec expires; /* beside: of the denial that the gap was learnt from; no other proves it */
	const struct question *question; /* what the answer is made for */
};

/* Has it any such entry at all? Cheap, and takes no lock. */
bool shard_has_cuts(const struct shard *shard);
struct answer *shard_get_cut(
    struct shard *shard, const struct shard_cut *cut, msec now, uint32_t *age);

/* Drops all that pass the test. Returns how many. */
size_t shard_flush(struct shard *shard, store_test *test, const void *arg);

/* Adds its numbers to the sums in *out. */
void shard_add_stats(struct shard *shard, struct cache_stats *out);

#endif
