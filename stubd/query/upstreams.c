#include "stubd/query/upstreams.h"

#include "policy/config.h"
#include "policy/network.h"
#include "stubd/base/log.h"
#include "stubd/cache/cache.h"
#include "stubd/query/designations.h"
#include "stubd/query/flight.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Fills an owned *out: in plaintext, or as the server designates. Returns 0 or -ENOMEM. */
static int
make_spec(const struct resolver *r, const struct addr *server, struct upstream_spec *out)
{
	const struct upstream_spec *spec = designations_spec(r->designations, server);

	return spec ? upstream_spec_copy(out, spec) : network_spec(server, out);
}

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
		err = make_spec(r, &r->netview.servers[i], &network[i]);
		all[n + i] = &network[i];
	}
	if (!err)
		err = pool_set_upstreams(r->pool, all, n + own);
	for (size_t i = 0; i < own; i++)
		upstream_spec_clear(&network[i]);
	free(all);
	return err;
}

static void
set_or_do_without(struct resolver *r)
{
	if (upstreams_set(r, r->policy) == 0)
		return;
	log_error("network: out of memory; its resolvers are not asked");
	r->netview.nservers = 0;
	resolver_changed(r);
}

void
upstreams_network_changed(struct resolver *r)
{
	if (!r->policy || !network_may_be_asked(r->policy))
		return;
	set_or_do_without(r);
	cache_flush_network(r->cache);
	cache_forget_failures(r->cache);
	flight_reroute_all(r);
}

void
upstreams_designated(struct resolver *r)
{
	if (r->policy && network_may_be_asked(r->policy))
		set_or_do_without(r);
}
