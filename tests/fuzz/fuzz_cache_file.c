/*
 * The file of kept answers, as a hostile one: what follows the checksums, which nobody could guess. Input:
 * seconds that have passed, then records; what can be read can be kept, written and read again.
 */
#include "stubd/cache/cache.h"
#include "stubd/cache/cache_file.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { CACHE_SIZE = 1 << 20, ROOM = CACHE_FILE_RECORD + MSG_MAX };

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* A name that begins with "x" is somebody else's. */
static bool
follow(void *arg, const struct name *target)
{
	return target->wire[1] != 'x';
}

/* What was taken, from the cache into a record and back. */
static void
again(const struct question *question, const struct answer *answer)
{
	uint8_t *bytes = malloc(ROOM);
	struct answer *copy = NULL;
	struct question seen;
	struct rcur cur;
	size_t n;

	if (!bytes)
		return;
	n = cache_file_put_record(bytes, ROOM, question, answer, 0, answer->ttl);
	check(n > 0);
	cur = rcur_make(bytes, n);
	check(cache_file_get_record(&cur, 0, follow, NULL, &seen, &copy) == 0);
	check(name_equal(&seen.name, &question->name) && seen.type == question->type);
	check(copy->ttl == answer->ttl && copy->security == answer->security);
	check(copy->recursed == answer->recursed && copy->network == answer->network);
	check(copy->ancount == answer->ancount && copy->nscount == answer->nscount);
	answer_free(copy);
	free(bytes);
}

static void
take(struct cache *cache, const struct question *question, const struct answer *answer)
{
	const struct cache_key key = { .question = question, .view = 0 };
	uint32_t age;
	struct answer *copy;

	check(answer->ttl > 0 && answer->ttl <= ANSWER_TTL_MAX && answer->keep && !answer->cut);
	check(answer->security != SECURITY_BOGUS && !answer->blocked && !answer->private_address);
	check(!answer->network || answer->security == SECURITY_SECURE);
	cache_restore(cache, &key, 0, answer);
	copy = cache_get(cache, &key, 0, &age);
	if (copy)
		again(question, copy);
	answer_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rcur cur = rcur_make(data, n);
	const uint32_t elapsed = rcur_u32(&cur);
	struct cache *cache = cache_new(CACHE_SIZE);
	struct cache_file_header header;
	size_t block;

	if (n >= CACHE_FILE_HEADER)
		cache_file_get_header(data, &header);
	if (n >= CACHE_FILE_BLOCK && cache_file_get_block(data, &block) == 0)
		check(block <= CACHE_FILE_BLOCK_MAX);
	while (cache && !cur.bad && rcur_left(&cur)) {
		struct question question;
		struct answer *answer = NULL;

		if (cache_file_get_record(&cur, elapsed, follow, NULL, &question, &answer) == 0)
			take(cache, &question, answer);
		answer_free(answer);
	}
	cache = cache_free(cache);
	return 0;
}
