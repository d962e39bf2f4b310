#include "stubd/query/memory.h"

#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"

void
memory_keep_answer(
    struct resolver *r, const struct cache_key *key, bool cd, const struct answer *answer)
{
	cache_forget_failure(r->cache, key, cd);
	if (cd)
		return;
	cache_put(r->cache, key, loop_now(r->loop), answer);
	if (r->learnt && key->view == 0)
		r->learnt(r->learnt_arg);
}

void
memory_keep_failure(
    struct resolver *r, const struct cache_key *key, bool cd, const struct failure *failure)
{
	cache_keep_failure(r->cache, key, cd, loop_now(r->loop), failure);
	if (failure->kind == FAILURE_BOGUS)
		cache_drop_stale(r->cache, key, loop_now(r->loop));
}
