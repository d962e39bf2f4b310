#include "stubd/query/ebb.h"

#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"

#include <malloc.h>

static void
on_ebb(void *arg)
{
	struct resolver *r = arg;

	if (r->counters.waiting >= EBB_CROWD)
		timer_start(&r->ebb, EBB_DELAY);
	else
		malloc_trim(0);
}

void
ebb_query_waits(struct resolver *r)
{
	if (r->counters.waiting < EBB_CROWD || timer_running(&r->ebb))
		return;
	timer_init(&r->ebb, r->loop, on_ebb, r);
	timer_start(&r->ebb, EBB_DELAY);
}
