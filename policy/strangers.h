/*
 * Names that are surely nobody's, so that the providers may be asked: neither a split rule, a special-use
 * zone nor the hosts file has one that ends like them, and they have more than one label. Most questions
 * are about such, and need no walk over their labels.
 *
 * Told by the last two octets before the root's, which a name has in common with whatever of it is a
 * suffix. Five bits of each are looked at: who is called no stranger may still be nobody's, and is looked
 * up; a stranger is never anybody's. Zeroed, nobody is a stranger.
 */
#ifndef POLICY_STRANGERS_H
#define POLICY_STRANGERS_H

#include "policy/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STRANGERS_BITS = 5, STRANGERS_ROWS = 1 << STRANGERS_BITS };

struct strangers {
	uint32_t rows[STRANGERS_ROWS]; /* a bit is set while nobody is known who ends so */
};

/* Makes everybody a stranger. */
void strangers_all(struct strangers *strangers);

/* Makes nobody one. */
void strangers_none(struct strangers *strangers);

/* Makes one known, with all that is below it. */
void strangers_meet(struct strangers *strangers, const struct name *name);

static inline bool
strangers_has(const struct strangers *strangers, const struct name *name)
{
	const uint8_t *wire = name->wire;
	const size_t len = name->len;

	if (len <= wire[0] + 2U) /* the root, or one label */
		return false;
	return strangers->rows[wire[len - 3] % STRANGERS_ROWS] >> wire[len - 2] % STRANGERS_ROWS &
	       1;
}

#endif
