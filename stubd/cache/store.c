#include "stubd/cache/store.h"

#include <string.h>

int
store_init(struct store *s, size_t size)
{
	*s = (struct store){ .size = size };
	segments_init(&s->segments, size);
	if (!store_takes(s, sizeof(struct entry)))
		return 0;
	notes_init(&s->notes, size);
	return table_init(&s->table);
}

void
store_clear(struct store *s)
{
	table_clear(&s->table);
	notes_clear(&s->notes);
	segments_clear(&s->segments);
}

size_t
store_used(const struct store *s)
{
	return table_cost(&s->table) + notes_cost(&s->notes) + segments_cost(&s->segments);
}

/* --- entering and leaving --- */

static void
enter(struct store *s, uint32_t handle)
{
	const struct entry *e = store_at(s, handle);

	table_add(&s->table, entry_hash(e), handle);
	if (entry_is_cut(e)) {
		table_add(&s->table, entry_cut_hash(e), handle);
		s->cuts++;
	}
	s->entries++;
	s->negative += entry_is_negative(e);
}

static void
leave(struct store *s, uint32_t handle)
{
	const struct entry *e = store_at(s, handle);

	table_remove(&s->table, entry_hash(e), handle);
	if (entry_is_cut(e)) {
		table_remove(&s->table, entry_cut_hash(e), handle);
		s->cuts--;
	}
	s->entries--;
	s->negative -= entry_is_negative(e);
}

/* Takes an entry out; its segment stays. */
static void
kill(struct store *s, uint32_t handle)
{
	leave(s, handle);
	segments_kill(&s->segments, handle);
}

/* An empty table need not be as large as it was. */
static void
shrink(struct store *s)
{
	struct table small;

	if (s->entries || s->table.nslots <= TABLE_FIRST || table_init(&small) != 0)
		return;
	table_clear(&s->table);
	s->table = small;
}

void
store_drop(struct store *s, uint32_t handle)
{
	kill(s, handle);
	segments_release(&s->segments, handle >> HANDLE_BITS);
	shrink(s);
}

size_t
store_drop_those(struct store *s, store_test *test, const void *arg)
{
	const size_t before = s->entries;

	for (uint32_t number = 1; number < s->segments.count; number++) {
		uint32_t handle = segments_first(&s->segments, number);

		for (; handle; handle = segments_next(&s->segments, handle))
			if (test(store_at(s, handle), arg))
				kill(s, handle);
		segments_release(&s->segments, number);
	}
	shrink(s);
	return before - s->entries;
}

/* --- making room --- */

/* Moves an entry to the end of a queue. Returns false when there is no memory for it. */
static bool
move(struct store *s, uint32_t from, enum segment_queue queue, unsigned hits)
{
	const struct entry *old = store_at(s, from);
	const size_t size = (size_t)old->units * ENTRY_UNIT;
	const uint32_t to = segments_add(&s->segments, queue, size);

	if (!to)
		return false;
	memcpy(store_at(s, to), old, size);
	store_at(s, to)->hits = hits & 3;
	table_replace(&s->table, entry_hash(old), from, to);
	if (entry_is_cut(old))
		table_replace(&s->table, entry_cut_hash(old), from, to);
	segments_kill(&s->segments, from);
	return true;
}

/* Lets an entry go to make room, which is noted if it was new. */
static void
evict(struct store *s, uint32_t handle, enum segment_queue from)
{
	if (from == QUEUE_SMALL)
		notes_make(&s->notes, entry_hash(store_at(s, handle)));
	kill(s, handle);
	s->evictions++;
}

/* Empties a segment: what was asked for again moves to MAIN, the rest goes. One whose only entry fills
 * it moves itself. Returns whether anything stayed. */
static bool
sift(struct store *s, uint32_t number, bool merciless, msec now)
{
	struct segments *segs = &s->segments;
	const enum segment_queue from = segs->segments[number].queue;
	const bool single = segs->segments[number].size != segs->size;
	uint32_t handle = segments_first(segs, number);
	bool stayed = false;

	segments_close(segs, number);
	for (; handle; handle = segments_next(segs, handle)) {
		struct entry *e = store_at(s, handle);
		const unsigned hits = from == QUEUE_SMALL || !e->hits ? 0 : e->hits - 1U;

		if (!e->hits || now >= e->expires || merciless) {
			evict(s, handle, from);
		} else if (single) {
			e->hits = hits & 3;
			segments_requeue(segs, number, QUEUE_MAIN);
			return true;
		} else if (move(s, handle, QUEUE_MAIN, hits)) {
			stayed = true;
		} else {
			evict(s, handle, from);
		}
	}
	segments_release(segs, number);
	return stayed;
}

/* The segment that is looked at next: the oldest of the queue that has more than its share. */
static uint32_t
oldest(const struct store *s)
{
	const struct segment_list *small = &s->segments.queues[QUEUE_SMALL];
	const struct segment_list *main = &s->segments.queues[QUEUE_MAIN];

	if (small->oldest && (small->live > s->size / STORE_SMALL_SHARE || !main->oldest))
		return small->oldest;
	return main->oldest;
}

/* What may be used, but by who moves things. */
static size_t
limit(const struct store *s)
{
	return s->size > s->segments.size ? s->size - s->segments.size : 0;
}

/* Makes room for so many octets more. Returns false when there cannot be. */
static bool
make_room(struct store *s, size_t need, msec now)
{
	unsigned stayed = 0;

	while (store_used(s) + need > limit(s)) {
		const uint32_t number = oldest(s);

		if (!number)
			return false;
		if (sift(s, number, stayed >= STORE_PASSES, now))
			stayed++;
		else
			stayed = 0;
	}
	return true;
}

/* Moves what lives in a segment that is dead for the most part, if all together that is much. */
static void
compact(struct store *s)
{
	uint32_t number, handle;

	if (s->segments.dead <= s->segments.octets / 2)
		return;
	number = segments_wasted(&s->segments);
	if (!number)
		return;
	handle = segments_first(&s->segments, number);
	for (; handle; handle = segments_next(&s->segments, handle))
		if (!move(s, handle, s->segments.segments[number].queue, store_at(s, handle)->hits))
			return;
	segments_release(&s->segments, number);
}

/* --- putting --- */

bool
store_takes(const struct store *s, size_t size)
{
	/* With the smallest tables, and all else gone. */
	const size_t fixed = notes_cost(&s->notes) + TABLE_FIRST * sizeof(struct table_slot);
	const struct segments none = { .size = s->segments.size };

	return fixed + segments_need(&none, QUEUE_SMALL, size) <= limit(s);
}

/* Makes the table large enough for one more, which may be a cut. */
static bool
widen(struct store *s, msec now)
{
	size_t need;

	while ((need = table_need(&s->table, 2)) != 0) {
		if (!make_room(s, need, now))
			return false;
		/* What went may have been enough. */
		if (table_need(&s->table, 2) && table_grow(&s->table) != 0)
			return false;
	}
	return true;
}

/* Puts a newer answer in the place of an older one, if that is neither too small nor much too large. */
static bool
renew(struct store *s, uint32_t handle, const struct entry_key *key, msec now,
    const struct answer *answer, size_t size)
{
	struct entry *e = store_at(s, handle);
	const size_t room = (size_t)e->units * ENTRY_UNIT;

	if (size > room || size < room / 2)
		return false;
	leave(s, handle);
	entry_fill(e, key, now, answer);
	enter(s, handle);
	return true;
}

bool
store_put(struct store *s, const struct entry_key *key, msec now, const struct answer *answer,
    size_t size)
{
	enum segment_queue queue = QUEUE_SMALL;
	uint32_t handle;
	unsigned hits = 0;
	size_t need;

	if (!widen(s, now))
		return false;
	handle = store_find(s, key);
	if (handle && renew(s, handle, key, now, answer, size))
		return true;
	if (handle) {
		queue = segments_of(&s->segments, handle)->queue;
		hits = store_at(s, handle)->hits;
		store_drop(s, handle);
	} else if (notes_take(&s->notes, key->hash, s->entries)) {
		queue = QUEUE_MAIN;
	}
	need = segments_need(&s->segments, queue, size);
	/* Who moves things may open a segment, or close one, but that makes no greater need. */
	if (need && (!make_room(s, need, now) || !segments_number(&s->segments)))
		return false;
	handle = segments_add(&s->segments, queue, size);
	if (!handle)
		return false;
	entry_fill(store_at(s, handle), key, now, answer);
	store_at(s, handle)->hits = hits & 3;
	enter(s, handle);
	compact(s);
	return true;
}
