/*
 * Copying text into a fixed place: what snprintf("%s") does, at a tenth of its cost.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <string.h>

/* Writes text into out[cap], NUL-terminated and cut where it does not fit; cap ≥ 1. They do not overlap. */
static inline void
text_copy(char *out, size_t cap, const char *text)
{
	const size_t n = strnlen(text, cap - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

#endif
