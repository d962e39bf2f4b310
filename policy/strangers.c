#include "policy/strangers.h"

#include <string.h>

void
strangers_all(struct strangers *strangers)
{
	memset(strangers, 0xff, sizeof(*strangers));
}

void
strangers_none(struct strangers *strangers)
{
	memset(strangers, 0, sizeof(*strangers));
}

void
strangers_meet(struct strangers *strangers, const struct name *name)
{
	const uint8_t *wire = name->wire;
	const size_t len = name->len;

	if (len >= 3)
		strangers->rows[wire[len - 3] % STRANGERS_ROWS] &=
		    ~((uint32_t)1 << wire[len - 2] % STRANGERS_ROWS);
}
