/*
 * Several threads on one cache. TSan sees the races; the asserts see what threads must not see: another
 * name's answer, half an answer, one that was flushed, a count that is lost. What a second thread
 * costs the first is printed.
 */
#include "stubd/cache/cache.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	THREADS = 4,
	NAMES = 300,
	STEPS = 3000, /* of each thread */
	SMALL = 128 << 10,
	LARGE = CACHE_SHARDS_FROM,
	RACE_STEPS = 200000,
	ROUNDS = 40,
	FOREVER = 86400,
};

struct hand {
	pthread_t thread;
	struct cache *cache;
	unsigned number;
	atomic_uint *floor; /* no answer of an older generation may be seen */
	atomic_bool *over;
	uint64_t looked, hits, put, stale, failures, wrong;
	double seconds;
};

/* Hands an answer over. */
static void
give(struct cache *cache, const struct cache_key *key, msec now, struct answer *answer)
{
	cache_put(cache, key, now, answer);
	answer_free(answer);
}

static struct question
question_of(unsigned i)
{
	char text[32];

	snprintf(text, sizeof(text), "n%u.threads.example", i);
	return packet_question(text, TYPE_A);
}

/* Its address says which name it is of, and which generation; each third one has a long chain of
 * records, so that sizes differ. */
static struct answer *
answer_for(const struct question *q, unsigned i, unsigned generation)
{
	struct local_answer local = { .kind = LOCAL_ADDRESSES, .ttl = FOREVER };
	struct answer *a = NULL;

	local.naddresses = i % 3 ? 1 : 1 + generation % LOCAL_ADDRESSES_MAX;
	for (size_t n = 0; n < local.naddresses; n++) {
		local.addresses[n][0] = (uint8_t)generation;
		local.addresses[n][1] = (uint8_t)n;
		local.addresses[n][2] = (uint8_t)(i >> 8);
		local.addresses[n][3] = (uint8_t)i;
	}
	if (answer_from_local(q, &local, &a) == 0)
		a->keep = true;
	return a;
}

static void
put(struct cache *cache, unsigned i, uint32_t view, unsigned generation)
{
	const struct question q = question_of(i);
	const struct cache_key key = { .question = &q, .view = view };

	give(cache, &key, 0, answer_for(&q, i, generation));
}

/* Returns the generation of the answer that is there, -1 when there is none, -2 when it is wrong. */
static int
look(struct cache *cache, unsigned i, uint32_t view)
{
	struct msg_query query = { .question = question_of(i) };
	const struct cache_key key = { .question = &query.question, .view = view };
	uint8_t out[1024];
	struct cache_hit hit;
	struct msg_rr rr;
	int generation = -1;

	memcpy(query.spelled, query.question.name.wire, query.question.name.len);
	if (!cache_reply(cache, &key, 0, &query, out, sizeof(out), sizeof(out), &hit))
		return -1;
	for (unsigned n = 0; packet_nth(out, hit.len, SECTION_ANSWER, n, &rr); n++) {
		if (rr.rdlen != 4 || rr.rdata[1] != n ||
		    (rr.rdata[2] << 8 | rr.rdata[3]) != (int)i || (n && rr.rdata[0] != generation))
			return -2;
		generation = rr.rdata[0];
	}
	return generation < 0 ? -2 : generation;
}

static void
run(struct hand *hands, unsigned n, void *(*work)(void *), struct cache *cache)
{
	for (unsigned i = 0; i < n; i++) {
		hands[i].cache = cache;
		hands[i].number = i;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&hands[i].thread, NULL, work, &hands[i]), 0);
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(hands[i].thread, NULL);
}

/* --- everything at once --- */

static void
fail(struct hand *h, const struct cache_key *key, unsigned step)
{
	struct failure failure = { .kind = FAILURE_SAID, .ede = EDE_OTHER, .text = "why" };

	cache_keep_failure(h->cache, key, false, 0, &failure);
	h->failures += cache_find_failure(h->cache, key, false, 0, &failure);
	if (step % 2)
		cache_forget_failure(h->cache, key, false);
}

static void
recall(struct hand *h, const struct cache_key *key)
{
	struct answer *a = cache_get_stale(h->cache, key, (msec)FOREVER * 1000);
	uint32_t age;

	h->stale += a != NULL;
	a = answer_free(a);
	a = cache_get(h->cache, key, 0, &age);
	h->wrong += a && age;
	a = answer_free(a);
	a = cache_get_cut(h->cache, key, 0, &age);
	h->wrong += a && a->rcode != RCODE_NXDOMAIN;
	a = answer_free(a);
	cache_drop_stale(h->cache, key, (msec)FOREVER * 1000);
}

static void
deny(struct hand *h, unsigned i)
{
	const struct question q = question_of(i);
	const struct cache_key key = { .question = &q, .view = 1 };
	struct local_answer local = { .kind = LOCAL_NXDOMAIN, .ttl = FOREVER };
	struct answer *a = NULL;

	if (answer_from_local(&q, &local, &a) != 0)
		return;
	a->keep = true;
	a->security = SECURITY_SECURE;
	give(h->cache, &key, 0, a);
}

static void *
do_everything(void *arg)
{
	struct hand *h = arg;
	struct cache_stats s;

	for (unsigned i = 0; i < STEPS; i++) {
		const unsigned name = (i * 7 + h->number * 31) % NAMES;
		const struct question q = question_of(name);
		const struct cache_key key = { .question = &q, .view = 0 };
		int seen;

		put(h->cache, name, 0, i % 200);
		h->put++;
		seen = look(h->cache, (name + i) % NAMES, 0);
		h->looked++;
		h->hits += seen >= 0;
		h->wrong += seen == -2;
		if (i % 16 == 0)
			fail(h, &key, i);
		if (i % 16 == 5)
			recall(h, &key);
		if (i % 64 == 9) {
			deny(h, name);
			h->put++;
		}
		if (i % 128 == h->number)
			cache_flush(h->cache, &q.name, i % 3 == 0);
		if (i % 512 == h->number)
			cache_flush_view(h->cache, i % 2);
		if (i % 512 == 100 + h->number)
			cache_flush_chains(h->cache);
		if (i % 256 == 1) {
			cache_stats(h->cache, &s);
			h->wrong += s.used > s.size || s.negative > s.entries;
		}
	}
	return NULL;
}

static void
together(size_t size)
{
	struct cache *cache = cache_new(size);
	struct hand hands[THREADS] = { 0 };
	struct hand sum = { 0 };
	struct cache_stats s;

	cache_set_stale(cache, 1000);
	run(hands, THREADS, do_everything, cache);
	for (unsigned i = 0; i < THREADS; i++) {
		sum.looked += hands[i].looked;
		sum.hits += hands[i].hits;
		sum.put += hands[i].put;
		sum.stale += hands[i].stale;
		sum.failures += hands[i].failures;
		sum.wrong += hands[i].wrong;
	}
	cache_stats(cache, &s);
	CU_ASSERT_EQUAL(sum.wrong, 0);
	CU_ASSERT_EQUAL(s.hits, sum.hits);
	CU_ASSERT_EQUAL(s.hits + s.misses, sum.looked);
	CU_ASSERT_EQUAL(s.inserts, sum.put);
	CU_ASSERT_EQUAL(s.stale, sum.stale);
	CU_ASSERT_EQUAL(s.failure_hits, sum.failures);
	CU_ASSERT(sum.hits > 0 && sum.stale > 0);
	CU_ASSERT_EQUAL(cache_flush(cache, NULL, true), s.entries + s.failures);
	cache_stats(cache, &s);
	CU_ASSERT_EQUAL(s.entries, 0);
	cache = cache_free(cache);
}

static void
does_everything_at_once(void)
{
	together(SMALL);
	together(LARGE);
}

/* --- flushing --- */

static void *
read_on(void *arg)
{
	struct hand *h = arg;

	for (unsigned i = 0; !atomic_load(h->over); i++) {
		const unsigned floor = atomic_load(h->floor);
		const int seen = look(h->cache, i % NAMES, 0);

		h->wrong += seen == -2 || (seen >= 0 && (unsigned)seen < floor);
		h->hits += seen >= 0;
	}
	return NULL;
}

static void
flushes_for_good(void)
{
	struct cache *cache = cache_new(LARGE);
	struct hand hands[THREADS] = { 0 };
	atomic_uint floor = 0;
	atomic_bool over = false;

	for (unsigned i = 0; i < THREADS; i++) {
		hands[i].cache = cache;
		hands[i].floor = &floor;
		hands[i].over = &over;
		CU_ASSERT_EQUAL_FATAL(
		    pthread_create(&hands[i].thread, NULL, read_on, &hands[i]), 0);
	}
	for (unsigned g = 0; g < ROUNDS; g++) {
		for (unsigned i = 0; i < NAMES; i++)
			put(cache, i, 0, g);
		if (g % 2)
			cache_flush(cache, NULL, true);
		else
			cache_flush_view(cache, 0);
		atomic_store(&floor, g + 1);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(hands[i].thread, NULL);
		CU_ASSERT_EQUAL(hands[i].wrong, 0);
	}
	cache = cache_free(cache);
}

/* --- what it costs --- */

static double
now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *
look_only(void *arg)
{
	struct hand *h = arg;
	struct msg_query query = { .question = question_of(0) };
	const struct cache_key key = { .question = &query.question, .view = 0 };
	struct question questions[NAMES];
	uint8_t out[1024];
	struct cache_hit hit;
	double start;

	for (unsigned i = 0; i < NAMES; i++)
		questions[i] = question_of(i);
	start = now_seconds();
	for (unsigned i = 0; i < RACE_STEPS; i++) {
		query.question = questions[(i * 7 + h->number) % NAMES];
		h->hits +=
		    cache_reply(h->cache, &key, 0, &query, out, sizeof(out), sizeof(out), &hit);
	}
	h->seconds = now_seconds() - start;
	return NULL;
}

static void
race(size_t size, unsigned threads, const char *what)
{
	struct cache *cache = cache_new(size);
	struct hand hands[2] = { 0 };
	double most = 0;

	for (unsigned i = 0; i < NAMES; i++)
		put(cache, i, 0, 1);
	run(hands, threads, look_only, cache);
	for (unsigned i = 0; i < threads; i++) {
		CU_ASSERT_EQUAL(hands[i].hits, RACE_STEPS);
		most = hands[i].seconds > most ? hands[i].seconds : most;
	}
	printf("\n  %s, %u thread(s): %.0f ns a hit, %.1f million hits a second", what, threads,
	    most / RACE_STEPS * 1e9, threads * RACE_STEPS / most / 1e6);
	cache = cache_free(cache);
}

static void
hits_side_by_side(void)
{
	for (unsigned threads = 1; threads <= 2; threads++) {
		race(LARGE - 1, threads, "one lock");
		race(LARGE, threads, "shards");
	}
	printf("\n");
}

static const struct unit_case cases[] = {
	{ "threads that do everything at once see whole answers, and every count adds up",
	    does_everything_at_once },
	{ "once a flush has returned nobody sees what was there before", flushes_for_good },
	{ "threads hit side by side", hits_side_by_side },
};

UNIT_MAIN("cache/threads", cases)
