#include "stubd/cache/failures.h"

#include "stubd/base/list.h"
#include "stubd/base/map.h"
#include "stubd/cache/cache.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 16, KEY_MAX = NAME_WIRE_MAX + 8 };

struct kept {
	struct map_node node;
	struct list age; /* the front is the newest */
	msec until;	 /* on the loop's clock; fails up to, not at, that time */
	msec term;	 /* ms that it was kept for */
	uint32_t view;
	uint16_t type, class;
	bool cd;
	enum failure_kind kind;
	enum ede ede;
	char *text; /* inside this allocation, behind name */
	uint8_t name_len;
	uint8_t name[];
};

struct failures {
	struct map map;
	struct list age;
};

struct failures_key {
	const struct cache_key *key;
	bool cd;
};

struct failures *
failures_new(void)
{
	struct failures *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	list_init(&f->age);
	return f;
}

static void
drop(struct failures *f, struct kept *k)
{
	map_remove(&f->map, &k->node);
	list_remove(&k->age);
	free(k);
}

struct failures *
failures_free(struct failures *f)
{
	if (f) {
		failures_flush(f, NULL, true);
		map_clear(&f->map);
	}
	free(f);
	return NULL;
}

static bool
matches(const struct map_node *node, const void *arg)
{
	const struct kept *k = container_of((struct map_node *)node, struct kept, node);
	const struct failures_key *key = arg;
	const struct question *q = key->key->question;

	return k->view == key->key->view && k->cd == key->cd && k->type == q->type &&
	       k->class == q->class && k->name_len == q->name.len &&
	       memcmp(k->name, q->name.wire, k->name_len) == 0;
}

static uint64_t
hash_of(const struct map *map, const struct cache_key *key)
{
	const struct question *q = key->question;
	uint8_t bytes[KEY_MAX];
	size_t n = q->name.len;

	memcpy(bytes, q->name.wire, n);
	memcpy(bytes + n, &q->type, 2);
	memcpy(bytes + n + 2, &q->class, 2);
	memcpy(bytes + n + 4, &key->view, 4);
	return map_hash(map, bytes, n + 8);
}

static struct kept *
find(const struct failures *f, const struct cache_key *key, bool cd)
{
	const struct failures_key wanted = { .key = key, .cd = cd };
	struct map_node *node;

	if (!f->map.count)
		return NULL;
	node = map_find(&f->map, hash_of(&f->map, key), matches, &wanted);
	return node ? container_of(node, struct kept, node) : NULL;
}

bool
failures_find(
    const struct failures *f, const struct cache_key *key, bool cd, msec now, struct failure *out)
{
	const struct kept *k = find(f, key, cd);

	if (!k || now >= k->until)
		return false;
	out->kind = k->kind;
	out->ede = k->ede;
	memcpy(out->text, k->text, strlen(k->text) + 1);
	return true;
}

/* ms to keep it for, after what is known of the last time. */
static msec
term(const struct kept *last, enum failure_kind kind, msec now)
{
	const msec most = kind == FAILURE_BOGUS ? FAILURE_BOGUS_MOST : FAILURE_MOST;

	if (kind == FAILURE_LOST || !last || last->kind == FAILURE_LOST ||
	    now >= last->until + FAILURE_MOST)
		return FAILURE_FIRST;
	return last->term * 2 < most ? last->term * 2 : most;
}

static struct kept *
kept_new(const struct cache_key *key, bool cd, const struct failure *failure)
{
	const struct question *q = key->question;
	const size_t text = strnlen(failure->text, FAILURE_TEXT_MAX - 1);
	struct kept *k = malloc(sizeof(*k) + q->name.len + text + 1);

	if (!k)
		return NULL;
	memset(k, 0, sizeof(*k));
	k->view = key->view;
	k->type = q->type;
	k->class = q->class;
	k->cd = cd;
	k->kind = failure->kind;
	k->ede = failure->ede;
	k->name_len = q->name.len;
	memcpy(k->name, q->name.wire, q->name.len);
	k->text = (char *)k->name + q->name.len;
	memcpy(k->text, failure->text, text);
	k->text[text] = '\0';
	return k;
}

void
failures_keep(struct failures *f, const struct cache_key *key, bool cd, msec now,
    const struct failure *failure)
{
	struct kept *last = find(f, key, cd), *k;

	if (failure->kind == FAILURE_OWN)
		return;
	/* The table is made with the first. */
	if (!f->map.buckets && map_init(&f->map, BUCKETS_FIRST) != 0)
		return;
	k = kept_new(key, cd, failure);
	if (!k)
		return;
	k->term = term(last, failure->kind, now);
	k->until = now + k->term;
	if (last)
		drop(f, last);
	if (f->map.count >= FAILURES_MAX)
		drop(f, container_of(f->age.prev, struct kept, age));
	map_insert(&f->map, &k->node, hash_of(&f->map, key));
	list_push_front(&f->age, &k->age);
}

void
failures_forget(struct failures *f, const struct cache_key *key, bool cd)
{
	struct kept *k = find(f, key, cd);

	if (k)
		drop(f, k);
}

size_t
failures_flush(struct failures *f, const struct name *name, bool below)
{
	const size_t before = f->map.count;

	list_for_each (it, &f->age) {
		struct kept *k = container_of(it, struct kept, age);
		struct name own = { .len = k->name_len };

		memcpy(own.wire, k->name, k->name_len);
		if (!name || (below ? name_is_under(&own, name) : name_equal(&own, name)))
			drop(f, k);
	}
	return before - f->map.count;
}

size_t
failures_flush_view(struct failures *f, uint32_t view)
{
	const size_t before = f->map.count;

	list_for_each (it, &f->age) {
		struct kept *k = container_of(it, struct kept, age);

		if (k->view == view)
			drop(f, k);
	}
	return before - f->map.count;
}

size_t
failures_count(const struct failures *f)
{
	return f->map.count;
}
