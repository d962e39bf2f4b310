#include "stubd/query/upstreams.h"

#include "policy/config.h"
#include "policy/network.h"
#include "stubd/base/log.h"
#include "stubd/cache/cache.h"
#include "stubd/query/flight.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
upstreams_set(struct resolver *r, const struct policy *policy)
{
	const size_t own = network_may_be_asked(policy) ? r->netview.nservers : 0;
	const size_t n = policy->nupstreams;
	struct upstream_spec network[NETVIEW_SERVERS_MAX] = { 0 };
	const struct upstream_spec **all = calloc(n + own + 1, sizeof(*all));
	int err = all ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++)
		all[i] = policy->upstreams[i];
	for (size_t i = 0; i < own && !err; i++) {
		err = network_spec(&r->netview.servers[i], &network[i]);
		all[n + i] = &network[i];
	}
	if (!err)
		err = pool_set_upstreams(r->pool, all, n + own);
	for (size_t i = 0; i < own; i++)
		upstream_spec_clear(&network[i]);
	free(all);
	return err;
}

void
upstreams_network_changed(struct resolver *r)
{
	if (!r->policy || !network_may_be_asked(r->policy))
		return;
	if (upstreams_set(r, r->policy) < 0) {
		log_error("network: out of memory; its resolvers are not asked");
		r->netview.nservers = 0;
	}
	cache_flush_network(r->cache);
	cache_forget_failures(r->cache);
	flight_reroute_all(r);
}
