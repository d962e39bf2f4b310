#include "stubd/upstream/pool_impl.h"

#include <string.h>
#include <sys/socket.h>

/* The next address of that kind at or after i; n when there is none. */
static size_t
next_of(const struct upstream_spec *spec, bool v6, size_t i)
{
	while (i < spec->naddresses && (spec->addresses[i].family == AF_INET6) != v6)
		i++;
	return i;
}

/* IPv6 first, then in turns, while there are both (RFC 8305 section 4). */
static void
add_places(struct upstream *u, const struct upstream_spec *spec)
{
	size_t at[2] = { next_of(spec, false, 0), next_of(spec, true, 0) };
	bool v6 = true;

	for (size_t n = 0; n < spec->naddresses; n++) {
		if (at[v6] == spec->naddresses)
			v6 = !v6;
		u->places[u->nplaces++] = (struct place){
			.ops = u->pool->ops[spec->scheme],
			.spec = spec,
			.addr = spec->addresses[at[v6]],
		};
		at[v6] = next_of(spec, v6, at[v6] + 1);
		v6 = !v6;
	}
}

void
places_make(struct upstream *u)
{
	u->nplaces = 0;
	add_places(u, &u->spec);
	if (u->spec.other)
		add_places(u, u->spec.other);
}

/* The bounds of the transport that this place belongs to. */
static void
way_of(const struct upstream *u, size_t place, size_t *first, size_t *n)
{
	const bool other = place >= u->spec.naddresses;

	*first = other ? u->spec.naddresses : 0;
	*n = other ? u->nplaces - u->spec.naddresses : u->spec.naddresses;
}

size_t
places_order(const struct upstream *u, bool fresh, uint8_t out[PLACES_MAX])
{
	uint8_t order[PLACES_MAX] = { 0 };
	const size_t before = fresh ? 1 : 2; /* of the first transport, before the other's first */
	size_t first, n, other, nother, i = 0, k = 0, total = 0;

	way_of(u, u->first, &first, &n);
	way_of(u, first ? 0 : u->spec.naddresses, &other, &nother);
	if (!u->spec.other)
		nother = 0;
	while (i < n || k < nother) {
		if (i < n && (i < before || k >= nother || i - before < k))
			order[total++] = (uint8_t)(first + (u->first - first + i++) % n);
		else
			order[total++] = (uint8_t)(other + k++);
	}
	for (i = 0; i < total; i++)
		out[i] = order[(i + (health_is_lost(&u->health) ? u->turn : 0)) % total];
	return total;
}

void
places_turn(struct upstream *u)
{
	size_t first, n;

	way_of(u, u->first, &first, &n);
	u->first = first + (u->first - first + 1) % n;
}
