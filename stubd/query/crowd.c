#include "stubd/query/crowd.h"

#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"

#include <malloc.h>

static void
on_ebb(void *arg)
{
	struct resolver *r = arg;

	if (r->counters.waiting >= CROWD_EBBS)
		timer_start(&r->ebb, CROWD_EBB);
	else
		malloc_trim(0);
}

void
crowd_grew(struct resolver *r)
{
	if (r->counters.waiting == CROWD_GATHERS)
		loop_gather(r->loop, true);
	if (r->counters.waiting < CROWD_EBBS || timer_running(&r->ebb))
		return;
	timer_init(&r->ebb, r->loop, on_ebb, r);
	timer_start(&r->ebb, CROWD_EBB);
}

void
crowd_shrank(struct resolver *r)
{
	if (r->counters.waiting == CROWD_GATHERS - 1)
		loop_gather(r->loop, false);
}
