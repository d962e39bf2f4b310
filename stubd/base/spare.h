/*
 * Objects of one size that come and go with each question: some of those that went are kept for those
 * that come, since malloc() has no quick way for objects of more than a kilobyte, and for others at
 * most seven. Embedded in the owner; a zeroed one is empty. What is taken has no contents.
 */
#ifndef BASE_SPARE_H
#define BASE_SPARE_H

#include <stddef.h>
#include <stdlib.h>

enum { SPARES_MAX = 32 }; /* objects kept; beyond: they are freed */

/* A sanitizer is to see each object begin and end. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SPARES_KEEP = 0 };
#else
enum { SPARES_KEEP = SPARES_MAX };
#endif

struct spares {
	void *objects[SPARES_MAX]; /* owned */
	unsigned n;
};

/* An object of that size, the same each time; NULL: out of memory. */
static inline void *
spares_take(struct spares *spares, size_t size)
{
	return spares->n ? spares->objects[--spares->n] : malloc(size);
}

/* Takes an object that is not needed any more; not NULL. */
static inline void
spares_give(struct spares *spares, void *object)
{
	if (spares->n != SPARES_KEEP)
		spares->objects[spares->n++] = object;
	else
		free(object);
}

/* Frees what is kept. */
static inline void
spares_clear(struct spares *spares)
{
	while (spares->n)
		free(spares->objects[--spares->n]);
}

#endif
