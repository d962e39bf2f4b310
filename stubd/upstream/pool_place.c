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
	for (size_t n = 0; n < POOL_FOUND; n++)
		u->places[u->nplaces++] =
		    (struct place){ .ops = u->pool->ops[spec->scheme], .spec = spec };
}

void
places_make(struct upstream *u)
{
	u->nplaces = 0;
	add_places(u, &u->spec);
	if (u->spec.other)
		add_places(u, u->spec.other);
}

/* Where the places of a way begin: of the upstream's transport, or of its other one. */
static size_t
begin_of(const struct upstream *u, bool other)
{
	return other ? u->spec.naddresses + POOL_FOUND : 0;
}

bool
place_is_other(const struct upstream *u, size_t place)
{
	return place >= begin_of(u, true);
}

/* The places of a way that have an address, from `from` on if that is one of them. */
static size_t
places_of(const struct upstream *u, bool other, size_t from, uint8_t out[PLACES_MAX])
{
	const size_t first = begin_of(u, other), end = other ? u->nplaces : begin_of(u, true);
	size_t n = 0;

	if (from < first || from >= end)
		from = first;
	for (size_t i = 0; i < end - first; i++) {
		const size_t place = first + (from - first + i) % (end - first);

		if (u->places[place].addr.family)
			out[n++] = (uint8_t)place;
	}
	return n;
}

size_t
places_order(const struct upstream *u, bool fresh, uint8_t out[PLACES_MAX])
{
	const bool of_first = place_is_other(u, u->first);
	const bool other = way_is_blocked(u, of_first) ? !of_first : of_first;
	uint8_t order[PLACES_MAX] = { 0 }, mine[PLACES_MAX], others[PLACES_MAX];
	const size_t n = places_of(u, other, u->first, mine);
	const bool both = u->spec.other && !way_is_blocked(u, !other);
	const size_t nother = both ? places_of(u, !other, u->first, others) : 0;
	const size_t before = fresh ? 1 : 2; /* of the first transport, before the other's first */
	size_t i = 0, k = 0, total = 0;

	while (i < n || k < nother) {
		if (i < n && (i < before || k >= nother || i - before < k))
			order[total++] = mine[i++];
		else
			order[total++] = others[k++];
	}
	for (i = 0; i < total; i++)
		out[i] = order[(i + (health_is_lost(&u->health) ? u->turn : 0)) % total];
	return total;
}

void
places_turn(struct upstream *u)
{
	uint8_t order[PLACES_MAX];
	const size_t n = places_of(u, place_is_other(u, u->first), u->first, order);

	u->first = order[n > 1];
}

size_t
places_first(const struct upstream *u, bool other)
{
	uint8_t order[PLACES_MAX];

	places_of(u, other, begin_of(u, other), order);
	return order[0];
}

/* --- addresses that were found ---------------------------------------------------------------- */

static bool
has(const struct addr *addrs, size_t n, const struct addr *addr)
{
	while (n && !addr_same_host(&addrs[n - 1], addr))
		n--;
	return n > 0;
}

/* A place for found addresses that has none, or one that is not among those. */
static struct place *
place_for(struct place *places, const struct addr *found, size_t n)
{
	size_t i = 0;

	while (places[i].addr.family && has(found, n, &places[i].addr))
		i++;
	return &places[i];
}

/* One way; what is found no more stays until there is something for its place. */
static void
set_found(struct upstream *u, bool other, const struct addr *found, size_t n)
{
	struct place *places = &u->places[other ? u->nplaces - POOL_FOUND : u->spec.naddresses],
		     *place;
	const struct upstream_spec *spec = places->spec;
	struct addr known[POOL_FOUND];
	bool to_turn = health_is_lost(&u->health) && !other;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < POOL_FOUND; k++)
			known[k] = places[k].addr;
		if (has(spec->addresses, spec->naddresses, &found[i]) ||
		    has(known, POOL_FOUND, &found[i]))
			continue;
		place = place_for(places, found, n);
		place->addr = found[i];
		place->addr.port = spec->addresses[0].port;
		u->sources[place - u->places] = (struct addr){ .family = 0 };
		if (to_turn) {
			to_turn = false;
			u->first = (size_t)(place - u->places);
			u->turn = 0;
		}
	}
}

void
pool_set_found(struct pool *pool, uint16_t upstream, const struct addr *found, size_t n)
{
	struct upstream *u = pool->upstreams[upstream];
	const struct upstream_spec *other = u->spec.other;

	n = n < POOL_FOUND ? n : POOL_FOUND;
	set_found(u, false, found, n);
	if (other && other->host && u->spec.host && strcmp(other->host, u->spec.host) == 0)
		set_found(u, true, found, n);
}

size_t
pool_found(const struct pool *pool, uint16_t upstream, struct addr out[POOL_FOUND])
{
	const struct upstream *u = pool->upstreams[upstream];
	size_t n = 0;

	for (size_t i = 0; i < POOL_FOUND; i++) {
		if (u->places[u->spec.naddresses + i].addr.family)
			out[n++] = u->places[u->spec.naddresses + i].addr;
	}
	return n;
}
