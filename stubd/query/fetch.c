#include "stubd/query/fetch.h"

#include "stubd/query/exceptions.h"
#include "stubd/query/flight.h"
#include "stubd/query/resolver.h"

#include <stdlib.h>

struct fetch {
	struct flight_wait wait;
	struct engine_fetch *fetch;
	struct resolver *resolver;
	bool root_keys; /* the root's DNSKEY: all rests on it */
	bool split;	/* asked of a split rule's servers */
};

static void
on_flight(struct flight_wait *wait, const struct flight_result *result)
{
	struct fetch *f = container_of(wait, struct fetch, wait);

	if (f->root_keys)
		verdicts_root(f->resolver, result->answer, result->refused);
	/* What takes too long is no word of the zone's either. A split server that is lost says nothing
	 * of the providers: it may not open their next stage. */
	engine_fetched(f->fetch, result->answer,
	    result->answer		     ? FETCH_ANSWERED
	    : result->unreached && !f->split ? FETCH_LOST
	    : result->refused		     ? FETCH_REFUSED
					     : FETCH_DROPPED);
	free(f);
}

void
fetch_start(void *arg, const struct question *question, struct engine_fetch *fetch)
{
	struct resolver *r = arg;
	struct fetch *f;
	struct view view;

	policy_view(r->policy, question, &r->netview, &view);
	if (!exceptions_may_prove(r, &view)) {
		r->counters.chain_refused++;
		engine_fetched(fetch, NULL, FETCH_REFUSED);
		return;
	}
	r->counters.chain++;
	f = calloc(1, sizeof(*f));
	if (f) {
		list_init(&f->wait.link);
		f->wait.done = on_flight;
		f->wait.ledger = LEDGER_CHAIN;
		f->fetch = fetch;
		f->resolver = r;
		f->root_keys = question->type == TYPE_DNSKEY && question->name.len == 1;
		f->split = view.kind == VIEW_SPLIT;
	}
	if (!f || flight_join(r, question, &view, FLIGHT_RAW, true, &f->wait) < 0) {
		free(f);
		engine_fetched(fetch, NULL, FETCH_DROPPED);
	}
}
