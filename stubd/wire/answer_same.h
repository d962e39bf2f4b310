/*
 * Do two answers have the same data? Their TTLs, signatures, authority and order do not matter.
 */
#ifndef WIRE_ANSWER_SAME_H
#define WIRE_ANSWER_SAME_H

#include <stdbool.h>

struct answer;

/* Is each record that part answers with, signatures aside, also one of whole's? */
bool answer_is_of(const struct answer *part, const struct answer *whole);

/* The same, both ways, and the same response code. */
bool answer_is_same(const struct answer *a, const struct answer *b);

#endif
