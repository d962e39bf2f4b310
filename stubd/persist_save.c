#include "stubd/persist_save.h"

#include "stubd/cache/cache.h"
#include "stubd/persist_load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BLOCK_FULL = 65536, /* octets */
	BLOCK_ROOM = BLOCK_FULL + CACHE_WALK_MOST,
};

int
persist_save_begin(struct persist_save *s, struct cache *cache, const char *path,
    const struct cache_file_header *header, msec now)
{
	uint8_t head[CACHE_FILE_HEADER];
	int err;

	*s = (struct persist_save){ .cache = cache, .now = now };
	s->flushes = cache_flushes(cache);
	s->block = malloc(BLOCK_ROOM);
	err = s->block ? state_file_begin(&s->file, path) : -ENOMEM;
	if (err) {
		free(s->block);
		s->block = NULL;
		return err;
	}
	cache_file_put_header(head, header);
	state_file_append(&s->file, head, sizeof(head));
	return 0;
}

void
persist_save_untimely(struct persist_save *s, const struct network *network)
{
	for (size_t i = 0; i < network->ntime_names; i++)
		s->untimely[i] = network->time_names[i];
	s->nuntimely = network->ntime_names;
}

static bool
is_untimely(
    const struct persist_save *s, const struct question *question, const struct answer *answer)
{
	if (s->nuntimely && !name_equal(&answer->target, &question->name))
		return true;
	for (size_t i = 0; i < s->nuntimely; i++) {
		if (name_is_under(&question->name, &s->untimely[i]))
			return true;
	}
	return false;
}

static void
show(void *arg, const struct question *question, const struct answer *answer, uint32_t age,
    uint32_t left)
{
	struct persist_save *s = arg;
	size_t n;

	if (is_untimely(s, question, answer))
		return;
	n = cache_file_put_record(s->block + s->n, BLOCK_ROOM - s->n, question, answer, age, left);
	s->n += n;
	s->answers += n > 0;
}

static void
write_block(struct persist_save *s)
{
	uint8_t head[CACHE_FILE_BLOCK];

	cache_file_put_block(head, s->block, s->n);
	state_file_append(&s->file, head, sizeof(head));
	state_file_append(&s->file, s->block, s->n);
	s->n = 0;
}

static bool
is_void(const struct persist_save *s)
{
	return s->file.err || atomic_load(&s->cancelled) || cache_flushes(s->cache) != s->flushes;
}

static void *
write_answers(void *arg)
{
	struct persist_save *s = arg;
	struct cache_walk walk = { 0 };
	bool more = true;

	while (more && !is_void(s)) {
		more = cache_walk(s->cache, &walk, PERSIST_VIEW, s->now, show, s);
		if (s->n >= BLOCK_FULL || (!more && s->n))
			write_block(s);
	}
	write_block(s); /* the end */
	if (is_void(s))
		s->err = s->file.err ? s->file.err : -ECANCELED;
	/* Nothing is left of what the old file tells. */
	if (!s->err && !s->answers)
		unlink(s->file.path);
	if (s->err || !s->answers)
		state_file_abandon(&s->file);
	else
		s->err = state_file_commit(&s->file);
	return NULL;
}

void
persist_save_here(struct persist_save *s)
{
	write_answers(s);
}

/* Signals are the loop's. */
void
persist_save_start(struct persist_save *s)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->running = pthread_create(&s->thread, NULL, write_answers, s) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->running)
		persist_save_here(s);
}

int
persist_save_end(struct persist_save *s, bool cancel)
{
	if (cancel)
		atomic_store(&s->cancelled, true);
	if (s->running)
		pthread_join(s->thread, NULL);
	s->running = false;
	state_file_abandon(&s->file); /* one that was never started */
	free(s->block);
	s->block = NULL;
	return s->err;
}
