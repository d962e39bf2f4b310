#include "stubd/query/scopes.h"

#include "policy/config.h"
#include "stubd/base/map.h"
#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"
#include "stubd/wire/msg.h"

#include <stdlib.h>
#include <string.h>

enum {
	FAMILIES = 3,
	LENGTHS = 129,
	/* A place's numbers come around after so many networks that were in it. */
	ROUNDS = (1 << 23) / SCOPES_MAX - 1,
};

struct scope {
	struct map_node node;
	struct list link; /* the one that was used last is the last */
	struct subnet subnet;
	uint32_t number; /* 0: free */
};

struct scopes {
	struct cache *cache; /* borrowed */
	struct map map;
	struct list used;
	uint16_t lengths[FAMILIES][LENGTHS]; /* how many networks have so many bits */
	struct scope all[SCOPES_MAX];
};

struct scopes *
scopes_new(struct cache *cache)
{
	struct scopes *scopes = calloc(1, sizeof(*scopes));

	if (scopes && map_init(&scopes->map, SCOPES_MAX) < 0) {
		free(scopes);
		return NULL;
	}
	if (!scopes)
		return NULL;
	scopes->cache = cache;
	list_init(&scopes->used);
	for (size_t i = 0; i < SCOPES_MAX; i++)
		list_push_back(&scopes->used, &scopes->all[i].link);
	return scopes;
}

struct scopes *
scopes_free(struct scopes *scopes)
{
	if (scopes)
		map_clear(&scopes->map);
	free(scopes);
	return NULL;
}

static bool
matches(const struct map_node *node, const void *key)
{
	return subnet_equal(&container_of(node, struct scope, node)->subnet, key);
}

static uint64_t
hash_of(const struct scopes *scopes, const struct subnet *subnet)
{
	uint8_t bytes[2 + sizeof(subnet->ip)] = { subnet->family, subnet->source };

	memcpy(bytes + 2, subnet->ip, sizeof(subnet->ip));
	return map_hash(&scopes->map, bytes, sizeof(bytes));
}

static struct scope *
find(const struct scopes *scopes, const struct subnet *subnet)
{
	struct map_node *node = map_find(&scopes->map, hash_of(scopes, subnet), matches, subnet);

	return node ? container_of(node, struct scope, node) : NULL;
}

static void
use(struct scopes *scopes, struct scope *s)
{
	list_remove(&s->link);
	list_push_back(&scopes->used, &s->link);
}

uint32_t
scopes_number(struct scopes *scopes, const struct subnet *subnet)
{
	struct scope *s = find(scopes, subnet);
	uint32_t round;

	if (s) {
		use(scopes, s);
		return s->number;
	}
	s = container_of(scopes->used.next, struct scope, link);
	if (s->number) {
		map_remove(&scopes->map, &s->node);
		scopes->lengths[s->subnet.family][s->subnet.source]--;
	}
	round = s->number / SCOPES_MAX % ROUNDS + 1;
	if (s->number > round * SCOPES_MAX && scopes->cache)
		cache_flush_view(scopes->cache, round * SCOPES_MAX + (uint32_t)(s - scopes->all));
	s->number = round * SCOPES_MAX + (uint32_t)(s - scopes->all);
	s->subnet = *subnet;
	map_insert(&scopes->map, &s->node, hash_of(scopes, subnet));
	scopes->lengths[subnet->family][subnet->source]++;
	use(scopes, s);
	return s->number;
}

bool
scopes_subnet(const struct scopes *scopes, uint32_t number, struct subnet *out)
{
	const struct scope *s;

	if (!scopes || number < SCOPES_MAX)
		return false;
	s = &scopes->all[number % SCOPES_MAX];
	if (s->number != number)
		return false;
	*out = s->subnet;
	return true;
}

uint32_t
scopes_of_answer(struct scopes *scopes, const struct subnet *asked, unsigned scope)
{
	const struct subnet good = subnet_cut(asked, scope);

	/* Who wants nobody told is not told of: that says nothing of networks. */
	if (asked->source && !scope)
		return SCOPE_ALL;
	return scopes_number(scopes, asked->source ? &good : asked);
}

/* --- before the cache ------------------------------------------------------------------------- */

enum at { ABSENT, STALE, FRESH };

static enum at
look(const struct resolver *r, const struct question *question, uint32_t view)
{
	const struct cache_key key = { .question = question, .view = view };
	const msec now = loop_now(r->loop);

	if (cache_is_fresh(r->cache, &key, now))
		return FRESH;
	return cache_is_stale(r->cache, &key, now) == CACHE_NOT_STALE ? ABSENT : STALE;
}

/* The longest network that has a fresh answer, else one past its time; 0: none. */
static uint32_t
find_answer(const struct resolver *r, const struct question *question, const struct subnet *told)
{
	uint32_t stale = 0;

	for (unsigned bits = told->source; bits > 0 || !told->source; bits--) {
		const struct subnet net = subnet_cut(told, bits);
		const struct scope *s =
		    r->scopes->lengths[net.family][bits] ? find(r->scopes, &net) : NULL;
		const enum at at = s ? look(r, question, s->number) : ABSENT;

		if (at == FRESH)
			return s->number;
		if (at == STALE && !stale)
			stale = s->number;
		if (!told->source)
			break;
	}
	return look(r, question, SCOPE_ALL) == FRESH ? SCOPE_ALL : stale;
}

void
scopes_tell(struct msg_query *msg, unsigned scope)
{
	if (msg->tells_subnet && scope > msg->subnet.scope)
		msg->subnet.scope = (uint8_t)scope;
}

void
scopes_choose(
    struct resolver *r, const struct question *question, struct msg_query *msg, struct view *view)
{
	struct subnet told, net;
	uint32_t number;

	if (view->kind != VIEW_PROVIDERS)
		return;
	if (!msg->tells_subnet) {
		if (look(r, question, 0) != FRESH && look(r, question, SCOPE_ALL) == FRESH)
			view->id = SCOPE_ALL;
		return;
	}
	if (!r->scopes)
		r->scopes = scopes_new(r->cache);
	if (!r->scopes)
		return; /* asked for without a network, as by any other client */
	told = subnet_to_tell(&msg->subnet);
	number = find_answer(r, question, &told);
	view->id = number ? number : scopes_number(r->scopes, &told);
	if (number && scopes_subnet(r->scopes, number, &net))
		scopes_tell(msg, net.source);
}

void
scopes_owner(
    struct resolver *r, const struct question *question, struct msg_query *msg, struct view *view)
{
	policy_owner(r->policy, question, &r->netview, view);
	if (r->policy->ecs_pass)
		scopes_choose(r, question, msg, view);
}
