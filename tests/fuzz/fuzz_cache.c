/*
 * The cache's invariants under any order of calls. Input: steps of four octets: what to do, which
 * name, which view, how long. The names are sixteen, so that keys meet again.
 */
#include "stubd/cache/cache.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { STEP = 4, SIZE = 16384, STALE = 10000 }; /* room for three segments */

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* "a.", "b.", ... and below each of them "x.a.", ... */
static struct question
question_of(unsigned which)
{
	struct question q = { .type = TYPE_A, .class = CLASS_IN };
	struct wcur w = wcur_make(q.name.wire, sizeof(q.name.wire));

	if (which & 8)
		wcur_bytes(&w, "\1x", 2);
	wcur_u8(&w, 1);
	wcur_u8(&w, (uint8_t)('a' + which % 8));
	wcur_u8(&w, 0);
	q.name.len = (uint8_t)wcur_len(&w);
	return q;
}

/* Hands an answer over. */
static void
give(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	cache_put(cache, key, now, answer);
	answer_free(answer);
}

static void
put(struct cache *cache, const struct cache_key *key, msec now, const uint8_t *step)
{
	struct local_answer local = { .kind = LOCAL_ADDRESSES, .ttl = step[3] };
	struct answer *a = NULL;

	if (step[0] & 0x40)
		local.kind = LOCAL_NXDOMAIN;
	local.naddresses = step[3] % 32;
	if (answer_from_local(key->question, &local, &a) != 0)
		return;
	a->keep = true;
	a->security = step[0] & 0x20 ? SECURITY_SECURE : SECURITY_INSECURE;
	a->cut = step[0] & 0x80;
	give(cache, key, now, a);
}

static void
look(struct cache *cache, const struct cache_key *key, msec now)
{
	struct msg_query query = { .question = *key->question };
	struct cache_hit hit;
	uint8_t out[512];

	memcpy(query.spelled, key->question->name.wire, key->question->name.len);
	if (!cache_reply(cache, key, now, &query, out, sizeof(out), sizeof(out), &hit))
		return;
	check(hit.ttl_left > 0 && hit.ttl_left <= UINT8_MAX);
	check(hit.cut ? hit.len == 0 : hit.len > MSG_HEADER);
}

static void
copy(struct cache *cache, const struct cache_key *key, msec now)
{
	uint32_t age;
	struct answer *a = cache_get(cache, key, now, &age);

	if (a)
		check(age < a->ttl);
	a = answer_free(a);
}

/* What is past its time, or denied by a name. */
static void
recall(struct cache *cache, const struct cache_key *key, msec now)
{
	const enum cache_stale stale = cache_is_stale(cache, key, now);
	struct answer *a = cache_get_stale(cache, key, now);
	uint32_t age;

	check(!a == (stale == CACHE_NOT_STALE));
	check(!a || (a->ttl == CACHE_STALE_TTL && a->security == SECURITY_UNCHECKED));
	check(!a || cache_is_stale(cache, key, now) == CACHE_STALE_IN_USE);
	a = answer_free(a);
	a = cache_get_cut(cache, key, now, &age);
	check(!a || (a->rcode == RCODE_NXDOMAIN && !a->ancount && age < a->ttl));
	a = answer_free(a);
}

static void
fail(struct cache *cache, const struct cache_key *key, msec now, const uint8_t *step)
{
	const bool cd = step[3] & 1;
	struct failure failure = { .kind = step[3] / 2 % 4, .ede = EDE_OTHER, .text = "why" }, seen;

	if (step[3] & 0x80)
		cache_forget_failure(cache, key, cd);
	else if (step[3] & 0x40)
		cache_keep_failure(cache, key, cd, now, &failure);
	if (cache_find_failure(cache, key, cd, now, &seen))
		check(seen.kind != FAILURE_OWN && !(step[3] & 0x80));
}

static size_t
flush(struct cache *cache, const struct cache_key *key, unsigned how)
{
	if (how % 4 == 1)
		return cache_flush(cache, NULL, false);
	if (how % 16 == 2)
		return cache_flush_view(cache, key->view);
	if (how % 16 == 6)
		return cache_flush_chains(cache);
	return cache_flush(cache, &key->question->name, how % 2);
}

static void
take_step(struct cache *cache, const uint8_t *step, msec now, uint64_t idle)
{
	struct question question = question_of(step[1]);
	struct cache_key key = { .question = &question, .view = step[2] % 4 };
	struct cache_stats before, after;
	size_t flushed = 0;

	cache_stats(cache, &before);
	switch (step[0] % 8) {
	case 0:
		put(cache, &key, now, step);
		break;
	case 1:
		look(cache, &key, now);
		break;
	case 2:
		copy(cache, &key, now);
		break;
	case 3:
		recall(cache, &key, now);
		break;
	case 4:
		fail(cache, &key, now, step);
		break;
	case 5:
		cache_drop_stale(cache, &key, now);
		break;
	default:
		flushed = flush(cache, &key, step[3]);
		break;
	}
	cache_stats(cache, &after);
	check(after.used <= SIZE && after.negative <= after.entries);
	check((after.used == idle) == (after.entries == 0));
	if (flushed)
		check(before.entries + before.failures == after.entries + after.failures + flushed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cache *cache = cache_new(SIZE);
	struct cache_stats empty;
	msec now = 0;

	if (!cache)
		return 0;
	cache_stats(cache, &empty);
	cache_set_stale(cache, STALE);
	for (size_t i = 0; i + STEP <= n; i += STEP) {
		now += (msec)data[i + 3] * 100;
		take_step(cache, data + i, now, empty.used);
	}
	cache = cache_free(cache);
	return 0;
}
