/*
 * The thread that writes the file of kept answers, while others use the cache.
 */
#include "stubd/persist_save.h"

#include "policy/network.h"
#include "stubd/base/state_file.h"
#include "stubd/cache/cache.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 5000, SPLIT = 9, FILE_MOST = 64 << 20 };

struct place {
	char folder[64], file[128];
	struct cache *cache;
};

static void
put(struct cache *cache, const char *kind, unsigned i, uint32_t view, uint32_t ttl)
{
	struct packet p;
	struct question q;
	const struct cache_key key = { .question = &q, .view = view };
	struct answer *a;
	char name[64];

	snprintf(name, sizeof(name), "%s%u.example", kind, i);
	q = packet_question(name, TYPE_A);
	packet_begin(&p, FLAG_QR, name, TYPE_A);
	packet_a(&p, name, ttl, (uint8_t)i);
	a = packet_answer(&p, name, TYPE_A, NULL);
	cache_put(cache, &key, 0, a);
	answer_free(a);
}

static void
open_place(struct place *p)
{
	strcpy(p->folder, "/tmp/stubd-persist.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->folder));
	snprintf(p->file, sizeof(p->file), "%s/cache", p->folder);
	p->cache = cache_new(8 << 20);
	for (unsigned i = 0; i < NAMES; i++)
		put(p->cache, "n", i, 0, 60);
}

static void
close_place(struct place *p)
{
	p->cache = cache_free(p->cache);
	unlink(p->file);
	CU_ASSERT_EQUAL(rmdir(p->folder), 0);
}

static int
begin(struct place *p, struct persist_save *s)
{
	const struct cache_file_header header = { .policy = 7 };

	return persist_save_begin(s, p->cache, p->file, &header, 0);
}

static void
save_here(struct persist_save *s)
{
	persist_save_here(s);
	CU_ASSERT_EQUAL(persist_save_end(s, false), 0);
}

/* Reads the whole file; returns how many answers are in it, -1 when there is none. */
static long
answers(const struct place *p)
{
	struct cache_file_header header;
	size_t n, length = 1;
	long count = 0;
	char *text;
	struct rcur file;

	if (state_file_read(p->file, FILE_MOST, &text, &n) != 0)
		return -1;
	file = rcur_make(text, n);
	CU_ASSERT_EQUAL(cache_file_get_header(rcur_skip(&file, CACHE_FILE_HEADER), &header), 0);
	CU_ASSERT_EQUAL(header.policy, 7);
	while (length) {
		const uint8_t *head = rcur_skip(&file, CACHE_FILE_BLOCK), *block;
		struct rcur records;

		CU_ASSERT_PTR_NOT_NULL_FATAL(head);
		CU_ASSERT_EQUAL_FATAL(cache_file_get_block(head, &length), 0);
		block = rcur_skip(&file, length);
		CU_ASSERT_FATAL(cache_file_is_whole(head, block, length));
		for (records = rcur_make(block, length); rcur_left(&records); count++) {
			struct question q;
			struct answer *a = NULL;

			CU_ASSERT_EQUAL_FATAL(
			    cache_file_get_record(&records, 0, NULL, NULL, &q, &a), 0);
			CU_ASSERT_EQUAL(q.name.wire[1], 'n');
			a = answer_free(a);
		}
	}
	CU_ASSERT_EQUAL(rcur_left(&file), 0);
	free(text);
	return count;
}

static void
writes_public_answers_alone(void)
{
	struct persist_save s;
	struct place p;

	open_place(&p);
	for (unsigned i = 0; i < 100; i++)
		put(p.cache, "split", i, SPLIT, 60);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	save_here(&s);
	CU_ASSERT_EQUAL(s.answers, NAMES);
	CU_ASSERT_EQUAL(answers(&p), NAMES);
	close_place(&p);
}

static void
put_alias(struct cache *cache, const char *from, const char *to)
{
	const struct question q = packet_question(from, TYPE_A);
	const struct cache_key key = { .question = &q, .view = 0 };
	struct packet p;
	struct answer *a;

	packet_begin(&p, FLAG_QR, from, TYPE_A);
	packet_alias(&p, SECTION_ANSWER, from, TYPE_CNAME, 60, to);
	packet_a(&p, to, 60, 1);
	a = packet_answer(&p, from, TYPE_A, NULL);
	cache_put(cache, &key, 0, a);
	answer_free(a);
}

/* "t0.example" and what is below it; "n7.example" and "t7.example" are other names. */
static void
leaves_out_what_the_clock_may_have_spoilt(void)
{
	struct name time = packet_make_name("t0.example");
	const struct network network = { .time_names = &time, .ntime_names = 1 };
	struct persist_save s;
	struct place p;

	open_place(&p);
	put(p.cache, "t", 0, 0, 60);
	put(p.cache, "b.t", 0, 0, 60);
	put_alias(p.cache, "na.example", "nb.t0.example");
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	save_here(&s);
	CU_ASSERT_EQUAL(s.answers, NAMES + 3);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	persist_save_untimely(&s, &network);
	save_here(&s);
	CU_ASSERT_EQUAL(s.answers, NAMES);
	CU_ASSERT_EQUAL(answers(&p), NAMES);
	close_place(&p);
}

static void
leaves_no_file_without_an_answer(void)
{
	struct persist_save s;
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	save_here(&s);
	CU_ASSERT_EQUAL(answers(&p), NAMES);
	cache_flush(p.cache, NULL, true);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	save_here(&s);
	CU_ASSERT_EQUAL(answers(&p), -1);
	close_place(&p);
}

static void
writes_while_others_put_and_look(void)
{
	struct persist_save s;
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	persist_save_start(&s);
	for (unsigned i = 0; i < NAMES; i++) {
		struct cache_stats stats;

		put(p.cache, "nn", i, 0, 60);
		put(p.cache, "n", i, 0, 90);
		cache_stats(p.cache, &stats);
	}
	CU_ASSERT_EQUAL(persist_save_end(&s, false), 0);
	CU_ASSERT(answers(&p) >= NAMES);
	close_place(&p);
}

static void
gives_up_when_something_is_flushed(void)
{
	const struct name name = packet_make_name("n1.example");
	struct persist_save s;
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	cache_flush(p.cache, &name, false);
	persist_save_start(&s);
	CU_ASSERT_EQUAL(persist_save_end(&s, false), -ECANCELED);
	CU_ASSERT_EQUAL(answers(&p), -1);
	/* Of what is flushed by network or view nothing is meant for the file. */
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	cache_flush_network(p.cache);
	cache_flush_view(p.cache, SPLIT);
	persist_save_start(&s);
	CU_ASSERT_EQUAL(persist_save_end(&s, false), 0);
	CU_ASSERT_EQUAL(answers(&p), NAMES - 1);
	unlink(p.file);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	CU_ASSERT_EQUAL(persist_save_end(&s, true), 0); /* it was never started */
	CU_ASSERT_EQUAL(answers(&p), -1);
	close_place(&p);
}

static void
leaves_the_old_file_when_it_is_cancelled(void)
{
	struct persist_save s;
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	save_here(&s);
	put(p.cache, "n", NAMES, 0, 60);
	CU_ASSERT_EQUAL_FATAL(begin(&p, &s), 0);
	atomic_store(&s.cancelled, true);
	persist_save_start(&s);
	CU_ASSERT_EQUAL(persist_save_end(&s, false), -ECANCELED);
	CU_ASSERT_EQUAL(answers(&p), NAMES);
	close_place(&p);
}

static void
says_what_went_wrong(void)
{
	struct persist_save s;
	struct place p;

	open_place(&p);
	strcpy(p.file, "/proc/none/cache");
	CU_ASSERT_EQUAL(begin(&p, &s), -ENOENT);
	close_place(&p);
}

static const struct unit_case cases[] = {
	{ "the public answers are in the file, and no others", writes_public_answers_alone },
	{ "while the clock is not synchronised there are no names of time servers, and no chains",
	    leaves_out_what_the_clock_may_have_spoilt },
	{ "without any answer the old file goes, too", leaves_no_file_without_an_answer },
	{ "it is written while others put and look", writes_while_others_put_and_look },
	{ "a flush meanwhile: there is no file", gives_up_when_something_is_flushed },
	{ "cancelled: there is the old one", leaves_the_old_file_when_it_is_cancelled },
	{ "a folder that is not there is told", says_what_went_wrong },
};

UNIT_MAIN("daemon/persist_save", cases)
