#include "stubd/cache/entry.h"

#include "stubd/wire/msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	MALLOC_OVERHEAD = 16, /* for each of two allocations */
	BUCKET_SHARE = 16,    /* a table grows to twice its entries */
	CUT_COST = CACHE_ENTRY_MOST - CACHE_ENTRY_COST,
};

static_assert(sizeof(struct entry) + 2 * MALLOC_OVERHEAD + BUCKET_SHARE <= CACHE_ENTRY_COST &&
		  CUT_COST >= BUCKET_SHARE,
    "an entry costs more than is counted");

struct entry *
entry_new(uint32_t view, msec now, struct answer *answer)
{
	struct entry *e = malloc(sizeof(*e));

	if (!e) {
		answer_free(answer);
		return NULL;
	}
	memset(e, 0, sizeof(*e));
	list_init(&e->queue);
	e->view = view;
	entry_renew(e, now, answer);
	return e;
}

void
entry_renew(struct entry *e, msec now, struct answer *answer)
{
	answer_free(e->answer);
	e->answer = answer;
	e->expires = now + (msec)answer->ttl * 1000;
	e->stale_until = 0;
	e->given = 0;
}

struct entry *
entry_free(struct entry *e)
{
	if (e)
		e->answer = answer_free(e->answer);
	free(e);
	return NULL;
}

size_t
entry_cost(const struct entry *e)
{
	return e->answer->size + CACHE_ENTRY_COST + (entry_is_cut(e) ? CUT_COST : 0);
}

bool
entry_is_cut(const struct entry *e)
{
	const struct answer *a = e->answer;

	return a->rcode == RCODE_NXDOMAIN && !a->cut && !a->ancount && !a->ancount_dnssec;
}

bool
entry_is_negative(const struct entry *e)
{
	const struct answer *a = e->answer;

	return a->rcode == RCODE_NXDOMAIN || (!a->ancount && !a->ancount_dnssec);
}

bool
entry_question_is(const struct answer *answer, const struct question *q)
{
	const uint8_t *at = answer->wire + MSG_HEADER;
	size_t n = q->name.len;

	if (answer->answer_dnssec < MSG_HEADER + n + 4 || memcmp(at, q->name.wire, n) != 0)
		return false;
	at += n;
	return (at[0] << 8 | at[1]) == q->type && (at[2] << 8 | at[3]) == q->class;
}

bool
entry_matches(const struct entry *e, const struct cache_key *key)
{
	return e->view == key->view && entry_question_is(e->answer, key->question);
}

void
entry_name(const struct entry *e, struct name *out)
{
	struct rcur cur = rcur_make(e->answer->wire, e->answer->len);

	rcur_skip(&cur, MSG_HEADER);
	msg_read_name(&cur, out);
}

uint32_t
entry_age(const struct entry *e, msec now)
{
	const msec born = e->expires - (msec)e->answer->ttl * 1000;

	return now > born ? (uint32_t)((now - born) / 1000) : 0;
}
