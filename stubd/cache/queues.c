#include "stubd/cache/queues.h"

#include "stubd/cache/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_SHARE = 10 };

int
queues_init(struct queues *q, size_t size)
{
	size_t n = 1;

	memset(q, 0, sizeof(*q));
	list_init(&q->small);
	list_init(&q->main);
	q->small_most = size / SMALL_SHARE;
	if (size < QUEUE_NOTES_FROM)
		return 0;
	while (n * 2 <= size / QUEUE_NOTE_SHARE)
		n *= 2;
	q->notes = calloc(n, sizeof(*q->notes));
	if (!q->notes)
		return -ENOMEM;
	q->nnotes = n;
	return 0;
}

void
queues_clear(struct queues *q)
{
	free(q->notes);
	q->notes = NULL;
}

size_t
queues_cost(const struct queues *q)
{
	return q->nnotes * sizeof(*q->notes);
}

static struct queue_note *
note_of(const struct queues *q, const struct entry *e)
{
	return &q->notes[e->node.hash & (q->nnotes - 1)];
}

static uint32_t
tag_of(const struct entry *e)
{
	return (uint32_t)(e->node.hash >> 32);
}

/* Was it here not long ago? Then that is forgotten. */
static bool
recall(struct queues *q, const struct entry *e, size_t entries)
{
	struct queue_note *note = q->notes ? note_of(q, e) : NULL;

	if (!note || !note->when || note->tag != tag_of(e))
		return false;
	if (q->noted - note->when > entries)
		return false;
	note->when = 0;
	return true;
}

void
queues_add(struct queues *q, struct entry *e, size_t entries)
{
	e->main = recall(q, e, entries);
	list_push_front(e->main ? &q->main : &q->small, &e->queue);
	if (!e->main)
		q->small_used += entry_cost(e);
}

void
queues_remove(struct queues *q, struct entry *e)
{
	list_remove(&e->queue);
	if (!e->main)
		q->small_used -= entry_cost(e);
}

void
queues_resized(struct queues *q, const struct entry *e, size_t before)
{
	if (!e->main)
		q->small_used += entry_cost(e) - before;
}

static struct entry *
oldest(const struct list *queue)
{
	return container_of(queue->prev, struct entry, queue);
}

static void
to_main(struct queues *q, struct entry *e)
{
	queues_remove(q, e);
	e->main = true;
	list_push_front(&q->main, &e->queue);
}

struct entry *
queues_victim(struct queues *q, msec now)
{
	for (;;) {
		struct entry *e;

		if (!list_empty(&q->small) &&
		    (q->small_used > q->small_most || list_empty(&q->main))) {
			e = oldest(&q->small);
			if (!e->hits || now >= e->expires)
				return e;
			e->hits = 0;
		} else if (!list_empty(&q->main)) {
			e = oldest(&q->main);
			if (!e->hits || now >= e->expires)
				return e;
			e->hits--;
		} else {
			return NULL;
		}
		to_main(q, e);
	}
}

void
queues_note(struct queues *q, const struct entry *victim)
{
	if (!q->notes || victim->main)
		return;
	if (++q->noted == 0)
		q->noted = 1;
	*note_of(q, victim) = (struct queue_note){ .tag = tag_of(victim), .when = q->noted };
}
