#include "stubd/cache/gaps.h"

#include "stubd/base/list.h"
#include "stubd/base/map.h"
#include "stubd/cache/cache.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 16, LABELS_MAX = 127, KEY_MAX = NAME_WIRE_MAX + 4 };

struct gap {
	struct map_node node;
	struct list age; /* the front is the newest */
	msec expires;	 /* on the loop's clock */
	uint32_t view;
	uint8_t encloser_len, owner_len, next_len, denied_len;
	bool last; /* the next name is the zone's own: nothing follows */
	/* the closest encloser, the NSEC's owner, its next name, the name that was denied */
	uint8_t names[];
};

struct gaps {
	struct map map; /* by view and closest encloser */
	struct list age;
};

/* The names of a gap, out of the table. */
struct span {
	struct name encloser, owner, next;
	bool last;
};

struct gaps_key {
	const struct name *name, *encloser;
	uint32_t view;
	msec now;
};

struct gaps *
gaps_new(void)
{
	struct gaps *gaps = calloc(1, sizeof(*gaps));

	if (!gaps)
		return NULL;
	list_init(&gaps->age);
	return gaps;
}

static void
drop(struct gaps *gaps, struct gap *gap)
{
	map_remove(&gaps->map, &gap->node);
	list_remove(&gap->age);
	free(gap);
}

void
gaps_forget(struct gaps *gaps)
{
	list_for_each (it, &gaps->age)
		drop(gaps, container_of(it, struct gap, age));
}

struct gaps *
gaps_free(struct gaps *gaps)
{
	if (gaps) {
		gaps_forget(gaps);
		map_clear(&gaps->map);
	}
	free(gaps);
	return NULL;
}

size_t
gaps_count(const struct gaps *gaps)
{
	return gaps->map.count;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Where the labels of a name begin, the last one first; returns how many. */
static unsigned
labels_of(const struct name *name, uint8_t at[LABELS_MAX])
{
	const unsigned n = name_labels(name);
	size_t i = 0;

	for (unsigned k = n; k > 0; i += (size_t)name->wire[i] + 1)
		at[--k] = (uint8_t)i;
	return n;
}

/* Compares two labels (RFC 4034 section 6.1): octet by octet, then the shorter first. */
static int
compare_labels(const uint8_t *a, const uint8_t *b)
{
	const size_t n = a[0] < b[0] ? a[0] : b[0];
	const int order = memcmp(a + 1, b + 1, n);

	return order ? order : a[0] - b[0];
}

/* The canonical order of names: below 0, 0, above. *common is how many of their last labels are the
 * same. */
static int
compare(const struct name *a, const struct name *b, unsigned *common)
{
	uint8_t at_a[LABELS_MAX], at_b[LABELS_MAX];
	const unsigned na = labels_of(a, at_a), nb = labels_of(b, at_b);
	const unsigned least = na < nb ? na : nb;

	for (*common = 0; *common < least; ++*common) {
		const int order = compare_labels(a->wire + at_a[*common], b->wire + at_b[*common]);

		if (order)
			return order;
	}
	return (int)na - (int)nb;
}

/* Does the name lie in the gap? Then *encloser is the number of labels of its closest encloser. */
static bool
lies_in(const struct name *name, const struct span *span, unsigned *encloser)
{
	unsigned with_owner, with_next;

	if (compare(name, &span->owner, &with_owner) <= 0)
		return false;
	if (compare(name, &span->next, &with_next) >= 0 && !span->last)
		return false;
	*encloser = with_owner > with_next ? with_owner : with_next;
	return *encloser < name_labels(name);
}

/* --- finding ---------------------------------------------------------------------------------- */

static void
take_name(struct name *out, const uint8_t **at, size_t n)
{
	out->len = (uint8_t)n;
	memcpy(out->wire, *at, n);
	*at += n;
}

static const uint8_t *
span_of(const struct gap *gap, struct span *out)
{
	const uint8_t *at = gap->names;

	take_name(&out->encloser, &at, gap->encloser_len);
	take_name(&out->owner, &at, gap->owner_len);
	take_name(&out->next, &at, gap->next_len);
	out->last = gap->last;
	return at;
}

static bool
matches(const struct map_node *node, const void *arg)
{
	const struct gap *gap = container_of((struct map_node *)node, struct gap, node);
	const struct gaps_key *key = arg;
	struct span span;
	unsigned encloser;

	if (gap->view != key->view || key->now >= gap->expires ||
	    gap->encloser_len != key->encloser->len ||
	    memcmp(gap->names, key->encloser->wire, gap->encloser_len) != 0)
		return false;
	span_of(gap, &span);
	return lies_in(key->name, &span, &encloser) && encloser == name_labels(&span.encloser);
}

static uint64_t
hash_of(const struct map *map, const struct name *encloser, uint32_t view)
{
	uint8_t bytes[KEY_MAX];

	memcpy(bytes, encloser->wire, encloser->len);
	memcpy(bytes + encloser->len, &view, sizeof(view));
	return map_hash(map, bytes, encloser->len + sizeof(view));
}

static struct gap *
find(const struct gaps *gaps, const struct gaps_key *key)
{
	struct map_node *node =
	    map_find(&gaps->map, hash_of(&gaps->map, key->encloser, key->view), matches, key);

	return node ? container_of(node, struct gap, node) : NULL;
}

bool
gaps_find(const struct gaps *gaps, const struct name *name, uint32_t view, msec now,
    struct gap_denial *denied)
{
	const unsigned labels = name_labels(name);
	struct name encloser;
	struct gaps_key key = { .name = name, .encloser = &encloser, .view = view, .now = now };
	struct gap *gap = NULL;
	struct span span;
	const uint8_t *at;

	for (unsigned i = 1; gaps->map.count && i <= labels && !gap; i++) {
		name_strip(name, i, &encloser);
		gap = find(gaps, &key);
	}
	if (!gap)
		return false;
	at = span_of(gap, &span);
	take_name(&denied->name, &at, gap->denied_len);
	denied->expires = gap->expires;
	return true;
}

/* --- learning --------------------------------------------------------------------------------- */

bool
gaps_want(const struct answer *answer)
{
	return answer->rcode == RCODE_NXDOMAIN && answer->security == SECURITY_SECURE &&
	       answer->nscount_dnssec && !answer->cut && !answer->ancount &&
	       !answer->ancount_dnssec && answer->keep;
}

/* The zone that denies: the owner of the SOA. */
static bool
zone_of(const struct answer *a, struct name *out)
{
	struct rcur cur = rcur_make(a->wire, a->len);

	rcur_skip(&cur, a->authority);
	for (unsigned n = a->nscount; n && !cur.bad; n--) {
		struct msg_rr rr;

		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_SOA)
			continue;
		*out = rr.owner;
		return true;
	}
	return false;
}

/* Finds the gap that a name of the zone lies in. */
static bool
span_around(
    const struct answer *a, const struct name *name, const struct name *zone, struct span *out)
{
	struct rcur cur = rcur_make(a->wire, a->len);

	rcur_skip(&cur, a->authority_dnssec);
	for (unsigned n = a->nscount_dnssec; n && !cur.bad; n--) {
		struct msg_rr rr;
		struct rcur next;
		unsigned encloser;

		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_NSEC)
			continue;
		next = (struct rcur){ .base = cur.base, .p = rr.rdata, .end = rr.rdata + rr.rdlen };
		out->owner = rr.owner;
		msg_read_name(&next, &out->next);
		out->last = name_equal(&out->next, zone);
		if (next.bad || !name_is_under(&out->owner, zone) ||
		    !name_is_under(&out->next, zone) || !lies_in(name, out, &encloser))
			continue;
		name_strip(name, name_labels(name) - encloser, &out->encloser);
		return true;
	}
	return false;
}

static struct gap *
gap_new(const struct span *span, const struct name *denied)
{
	const struct name *names[] = { &span->encloser, &span->owner, &span->next, denied };
	struct gap *gap = malloc(sizeof(*gap) + (size_t)span->encloser.len + span->owner.len +
				 span->next.len + denied->len);
	uint8_t *at;

	if (!gap)
		return NULL;
	memset(gap, 0, sizeof(*gap));
	gap->encloser_len = span->encloser.len;
	gap->owner_len = span->owner.len;
	gap->next_len = span->next.len;
	gap->denied_len = denied->len;
	gap->last = span->last;
	at = gap->names;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		memcpy(at, names[i]->wire, names[i]->len);
		at += names[i]->len;
	}
	return gap;
}

void
gaps_learn(struct gaps *gaps, const struct cache_key *key, msec now, const struct answer *answer)
{
	const struct name *name = &key->question->name;
	struct gaps_key known = { .name = name, .view = key->view, .now = now };
	struct gap *gap, *older;
	struct name zone;
	struct span span;

	if (!zone_of(answer, &zone) || !name_is_under(name, &zone) ||
	    !span_around(answer, name, &zone, &span))
		return;
	/* The table is made with the first. */
	if (!gaps->map.buckets && map_init(&gaps->map, BUCKETS_FIRST) != 0)
		return;
	gap = gap_new(&span, name);
	if (!gap)
		return;
	gap->view = key->view;
	gap->expires = now + (msec)answer->ttl * 1000;
	known.encloser = &span.encloser;
	older = find(gaps, &known);
	if (older)
		drop(gaps, older);
	if (gaps->map.count >= GAPS_MAX)
		drop(gaps, container_of(gaps->age.prev, struct gap, age));
	map_insert(&gaps->map, &gap->node, hash_of(&gaps->map, &span.encloser, key->view));
	list_push_front(&gaps->age, &gap->age);
}
