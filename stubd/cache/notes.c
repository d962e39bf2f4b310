#include "stubd/cache/notes.h"

#include <stdlib.h>

void
notes_init(struct notes *n, size_t size)
{
	*n = (struct notes){ 0 };
	if (size < NOTES_FROM)
		return;
	n->count = 1;
	while (n->count * 2 <= size / NOTE_SHARE)
		n->count *= 2;
}

void
notes_clear(struct notes *n)
{
	free(n->notes);
	*n = (struct notes){ 0 };
}

size_t
notes_cost(const struct notes *n)
{
	return n->count * sizeof(*n->notes);
}

void
notes_make(struct notes *n, uint32_t hash)
{
	if (!n->notes && n->count)
		n->notes = calloc(n->count, sizeof(*n->notes));
	if (!n->notes)
		return;
	if (++n->made == 0)
		n->made = 1;
	n->notes[hash & (n->count - 1)] = (struct note){ .hash = hash, .when = n->made };
}

bool
notes_take(struct notes *n, uint32_t hash, size_t entries)
{
	struct note *note = n->notes ? &n->notes[hash & (n->count - 1)] : NULL;

	if (!note || !note->when || note->hash != hash || n->made - note->when > entries)
		return false;
	note->when = 0;
	return true;
}
