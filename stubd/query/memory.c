#include "stubd/query/memory.h"

#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"

void
memory_keep_answer(struct resolver *r, const struct question *question, const struct view *view,
    bool cd, const struct answer *answer)
{
	const struct cache_key key = { .question = question, .view = view->id };

	if (view->kind == VIEW_LOCAL)
		return;
	cache_forget_failure(r->cache, &key, cd);
	if (cd)
		return;
	cache_put(r->cache, &key, loop_now(r->loop), answer);
	if (r->learnt && view->id == 0)
		r->learnt(r->learnt_arg);
}

void
memory_keep_failure(struct resolver *r, const struct question *question, const struct view *view,
    bool cd, const struct failure *failure)
{
	const struct cache_key key = { .question = question, .view = view->id };

	if (view->kind == VIEW_LOCAL)
		return;
	cache_keep_failure(r->cache, &key, cd, loop_now(r->loop), failure);
	if (failure->kind == FAILURE_BOGUS)
		cache_drop_stale(r->cache, &key, loop_now(r->loop));
}
