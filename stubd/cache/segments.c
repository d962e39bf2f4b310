#include "stubd/cache/segments.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	PAGE = 4096,
	NUMBERS_FIRST = 8,
	NUMBERS_MOST = 1 << (32 - HANDLE_BITS),
};

static_assert(SEGMENT_MOST / ENTRY_UNIT == 1 << HANDLE_BITS, "places do not fit a handle");

void
segments_init(struct segments *s, size_t octets)
{
	*s = (struct segments){ .size = SEGMENT_MOST };
	while (s->size > PAGE && s->size > octets / SEGMENTS_LEAST)
		s->size /= 2;
}

void
segments_clear(struct segments *s)
{
	for (uint32_t i = 1; i < s->count; i++)
		if (s->segments[i].bytes)
			munmap(s->segments[i].bytes, s->segments[i].size);
	free(s->segments);
	*s = (struct segments){ .size = s->size };
}

size_t
segments_cost(const struct segments *s)
{
	return s->octets + s->count * sizeof(*s->segments);
}

static bool
needs_own(const struct segments *s, size_t size)
{
	return size > s->size / 2;
}

static size_t
fitting(const struct segments *s, size_t size)
{
	return needs_own(s, size) ? (size + PAGE - 1) / PAGE * PAGE : s->size;
}

/* One for the next segment, one for who moves things. */
static bool
two_free(const struct segments *s)
{
	return s->free && s->segments[s->free].newer;
}

/* How many numbers there are once there are no free ones. */
static uint32_t
more_numbers(const struct segments *s)
{
	return s->count ? 2 * s->count : NUMBERS_FIRST;
}

size_t
segments_need(const struct segments *s, enum segment_queue queue, size_t size)
{
	const uint32_t open = s->queues[queue].open;

	if (open && !needs_own(s, size) && s->segments[open].size - s->segments[open].used >= size)
		return 0;
	return fitting(s, size) + (two_free(s) ? 0 : more_numbers(s) * sizeof(*s->segments));
}

bool
segments_number(struct segments *s)
{
	const uint32_t count = more_numbers(s);
	struct segment *more;

	if (two_free(s))
		return true;
	if (count > NUMBERS_MOST)
		return false;
	more = realloc(s->segments, count * sizeof(*more));
	if (!more)
		return false;
	for (uint32_t i = s->count; i < count; i++)
		more[i] = (struct segment){ .newer = i + 1 < count ? i + 1 : s->free };
	s->free = s->count ? s->count : 1;
	s->segments = more;
	s->count = count;
	return true;
}

static void
append(struct segments *s, uint32_t number, enum segment_queue queue)
{
	struct segment_list *list = &s->queues[queue];
	struct segment *segment = &s->segments[number];

	segment->queue = (uint8_t)queue;
	segment->older = list->newest;
	segment->newer = 0;
	if (list->newest)
		s->segments[list->newest].newer = number;
	else
		list->oldest = number;
	list->newest = number;
	list->live += segment->used - segment->dead;
}

static void
unlink_segment(struct segments *s, uint32_t number)
{
	const struct segment *segment = &s->segments[number];
	struct segment_list *list = &s->queues[segment->queue];

	if (segment->older)
		s->segments[segment->older].newer = segment->newer;
	else
		list->oldest = segment->newer;
	if (segment->newer)
		s->segments[segment->newer].older = segment->older;
	else
		list->newest = segment->older;
	if (list->open == number)
		list->open = 0;
	list->live -= segment->used - segment->dead;
}

/* Makes a segment of so many octets, the newest of its queue. Returns its number or 0. */
static uint32_t
make_segment(struct segments *s, enum segment_queue queue, size_t size)
{
	uint32_t number;
	void *bytes;

	if (!s->free)
		return 0;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return 0;
	number = s->free;
	s->free = s->segments[number].newer;
	s->segments[number] = (struct segment){ .bytes = bytes, .size = (uint32_t)size };
	s->octets += size;
	append(s, number, queue);
	return number;
}

uint32_t
segments_add(struct segments *s, enum segment_queue queue, size_t size)
{
	uint32_t number = s->queues[queue].open, handle;
	struct segment *segment;
	struct entry *e;

	if (segments_need(s, queue, size)) {
		number = make_segment(s, queue, fitting(s, size));
		if (!number)
			return 0;
		/* One that is a single entry's is full at once, and not the open one. */
		if (!needs_own(s, size))
			s->queues[queue].open = number;
	}
	segment = &s->segments[number];
	handle = number << HANDLE_BITS | segment->used / ENTRY_UNIT;
	segment->used += (uint32_t)size;
	s->queues[queue].live += size;
	e = segments_at(s, handle);
	e->units = (uint16_t)(size / ENTRY_UNIT);
	e->live = true;
	return handle;
}

static size_t
room_of(const struct entry *e)
{
	return (size_t)e->units * ENTRY_UNIT;
}

void
segments_kill(struct segments *s, uint32_t handle)
{
	struct segment *segment = &s->segments[handle >> HANDLE_BITS];
	struct entry *e = segments_at(s, handle);

	e->live = false;
	segment->dead += (uint32_t)room_of(e);
	s->dead += room_of(e);
	s->queues[segment->queue].live -= room_of(e);
}

void
segments_release(struct segments *s, uint32_t number)
{
	struct segment *segment = &s->segments[number];

	if (!segment->bytes || segment->dead < segment->used)
		return;
	unlink_segment(s, number);
	munmap(segment->bytes, segment->size);
	s->octets -= segment->size;
	s->dead -= segment->dead;
	*segment = (struct segment){ .newer = s->free };
	s->free = number;
	if (!s->octets)
		segments_clear(s);
}

void
segments_close(struct segments *s, uint32_t number)
{
	struct segment_list *list = &s->queues[s->segments[number].queue];

	if (list->open == number)
		list->open = 0;
}

void
segments_requeue(struct segments *s, uint32_t number, enum segment_queue queue)
{
	unlink_segment(s, number);
	append(s, number, queue);
}

/* The first live entry at or behind a place. */
static uint32_t
live_from(const struct segments *s, uint32_t number, size_t place)
{
	const struct segment *segment = &s->segments[number];

	while (place < segment->used) {
		const struct entry *e = (const struct entry *)(segment->bytes + place);

		if (e->live)
			return number << HANDLE_BITS | (uint32_t)(place / ENTRY_UNIT);
		place += room_of(e);
	}
	return 0;
}

uint32_t
segments_first(const struct segments *s, uint32_t number)
{
	return s->segments[number].bytes ? live_from(s, number, 0) : 0;
}

uint32_t
segments_next(const struct segments *s, uint32_t handle)
{
	const size_t place = (handle & ((1U << HANDLE_BITS) - 1)) * (size_t)ENTRY_UNIT;

	return live_from(s, handle >> HANDLE_BITS, place + room_of(segments_at(s, handle)));
}

uint32_t
segments_wasted(const struct segments *s)
{
	for (int queue = 0; queue < QUEUES; queue++) {
		uint32_t number = s->queues[queue].oldest;

		for (; number; number = s->segments[number].newer)
			if (number != s->queues[queue].open &&
			    s->segments[number].dead > s->segments[number].size / 2)
				return number;
	}
	return 0;
}
