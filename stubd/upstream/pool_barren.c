/*
 * Ways that are blocked behind the handshake: whoever is in between lets TLS pass and swallows or resets
 * what is in it. A connection is *barren* when it was asked, was reset or silent for too long, and gave
 * no answer at all. POOL_BARREN of them in a row on one way of an upstream that has another one: that
 * one is used, until the next epoch, or until it cannot be reached either.
 */
#include "stubd/upstream/pool_impl.h"

#include <string.h>

bool
way_is_blocked(const struct upstream *u, bool other)
{
	return u->spec.other && u->barren[other] >= POOL_BARREN;
}

/* Nothing new goes there: what is asked on it may still be answered. */
static void
leave_way(struct upstream *u, bool other)
{
	list_for_each (it, &u->conns) {
		struct conn *conn = container_of(it, struct conn, link);

		if (place_is_other(u, (size_t)(conn->place - u->places)) == other)
			conn_retire(conn);
	}
	u->barren[!other] = 0;
	u->first = places_first(u, !other);
	u->turn = 0;
}

bool
conn_note_end(struct conn *conn, enum ask_fail fail)
{
	struct upstream *u = conn->upstream;
	const bool other = place_is_other(u, (size_t)(conn->place - u->places));
	const bool was_blocked = way_is_blocked(u, other);

	if (fail == ASK_OK || fail == ASK_HTTP || fail == ASK_MALFORMED) {
		conn->fruitful = true;
		u->barren[other] = 0;
	}
	if ((fail != ASK_RESET && fail != ASK_TIMEOUT) || !conn->asked || conn->fruitful)
		return false;
	if (!conn->counted)
		u->barren[other]++;
	conn->counted = true;
	if (!was_blocked && way_is_blocked(u, other))
		leave_way(u, other);
	return way_is_blocked(u, other);
}

void
ways_forget(struct upstream *u)
{
	memset(u->barren, 0, sizeof(u->barren));
}
