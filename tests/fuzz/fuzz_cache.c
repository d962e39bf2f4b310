/*
 * The cache's invariants under any order of calls. Input: steps of four octets: what to do, which
 * name, which view, how long. The names are sixteen, so that keys meet again.
 */
#include "stubd/cache/cache.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { STEP = 4, SIZE = 8192 };

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

static void
put(struct cache *cache, const struct cache_key *key, msec now, const uint8_t *step)
{
	struct local_answer local = { .kind = LOCAL_ADDRESSES, .ttl = step[3] };
	struct answer *a = NULL;

	local.naddresses = step[3] % 32;
	if (answer_from_local(key->question, &local, &a) != 0)
		return;
	a->keep = true;
	a->cut = step[0] & 0x80;
	cache_put(cache, key, now, a);
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

static size_t
flush(struct cache *cache, const struct cache_key *key, unsigned how)
{
	if (how % 4 == 1)
		return cache_flush(cache, NULL, false);
	return cache_flush(cache, &key->question->name, how % 2);
}

static void
take_step(struct cache *cache, const uint8_t *step, msec now)
{
	struct question question = question_of(step[1]);
	struct cache_key key = { &question, step[2] % 4 };
	struct cache_stats before, after;
	size_t flushed = 0;

	cache_stats(cache, &before);
	switch (step[0] % 4) {
	case 0:
		put(cache, &key, now, step);
		break;
	case 1:
		look(cache, &key, now);
		break;
	case 2:
		copy(cache, &key, now);
		break;
	default:
		flushed = flush(cache, &key, step[3]);
		break;
	}
	cache_stats(cache, &after);
	check(after.used <= SIZE);
	check((after.used == 0) == (after.entries == 0));
	if (flushed)
		check(before.entries - after.entries == flushed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cache *cache = cache_new(SIZE);
	msec now = 0;

	if (!cache)
		return 0;
	for (size_t i = 0; i + STEP <= n; i += STEP) {
		now += (msec)data[i + 3] * 100;
		take_step(cache, data + i, now);
	}
	cache = cache_free(cache);
	return 0;
}
