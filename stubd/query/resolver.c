#include "stubd/query/resolver.h"

#include "policy/config.h"
#include "stubd/cache/cache.h"
#include "stubd/query/flight.h"
#include "stubd/query/query.h"

#include <string.h>

int
resolver_init(struct resolver *resolver)
{
	memset(resolver, 0, sizeof(*resolver));
	list_init(&resolver->queries);
	list_init(&resolver->flying);
	return map_init(&resolver->flights, 256);
}

void
resolver_close(struct resolver *resolver)
{
	resolver->draining = true;
	query_end_all(resolver, "stubd is stopping");
	flight_end_all(resolver, "stubd is stopping");
	map_clear(&resolver->flights);
	resolver->policy = policy_unref(resolver->policy);
}

void
resolver_set_policy(struct resolver *resolver, struct policy *policy)
{
	struct policy *old = resolver->policy;

	resolver->policy = policy;
	/* What was learnt under other rules may be owned by another view now. */
	if (old && resolver->cache)
		cache_flush(resolver->cache, NULL, true);
	if (old)
		flight_reroute_all(resolver);
	policy_unref(old);
}
