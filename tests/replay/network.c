#include "tests/replay/network.h"

#include "policy/dns64.h"
#include "stubd/nat64_ask.h"
#include "stubd/query/designations.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/upstreams.h"
#include "stubd/upstream/pool.h"
#include "tests/replay/script.h"
#include "tests/replay/words.h"
#include "tests/replay/world.h"

#include <stdio.h>
#include <string.h>

int
network_link(struct world *w, const struct step *step)
{
	struct netview_link *link = &w->resolver.netview.links[0];
	unsigned generation;

	if (words_number(w, step->words[2], &generation) < 0)
		return -1;
	snprintf(link->name, sizeof(link->name), "%s", step->words[1]);
	link->index = 7;
	link->generation = generation;
	w->resolver.netview.nlinks = 1;
	return 0;
}

int
network_way(struct world *w, const struct step *step)
{
	const bool back = strcmp(step->words[1], "back") == 0;
	char why[POOL_WHY_MAX];
	enum route_state state;

	fake_net_way(&w->net, back);
	state = pool_paths(w->pool, why);
	if (!back && state != ROUTE_LOST)
		return world_fail(w, "no way was in use");
	if (state == ROUTE_MOVED)
		resolver_new_epoch(&w->resolver, why);
	return 0;
}

int
network_nat64(struct world *w, const struct step *step)
{
	struct netview *view = &w->resolver.netview;
	struct why why;

	view->nat64.family = 0;
	view->ipv4 = strcmp(step->words[2], "with") == 0;
	if (strcmp(step->words[1], "none") == 0)
		return 0;
	return dns64_from_text(&view->nat64, step->words[1], &why) < 0
		   ? world_fail(w, "%s", why.text)
		   : 0;
}

int
network_servers(struct world *w, const struct step *step)
{
	struct netview *view = &w->resolver.netview;

	view->nservers = 0;
	for (size_t i = 1; i < step->nwords && view->nservers < NETVIEW_SERVERS_MAX; i++) {
		if (addr_from_text(&view->servers[view->nservers++], step->words[i], 53) < 0)
			return world_fail(w, "%s is no address", step->words[i]);
	}
	if (w->running)
		upstreams_network_changed(&w->resolver);
	return 0;
}

static void
on_designated(void *arg)
{
	upstreams_designated(arg);
}

int
network_designations(struct world *w, const struct step *step)
{
	const struct transport_env env = fake_net_env(&w->net);

	w->resolver.designations =
	    designations_new(&w->resolver.netview, &env, fake_net_ops, on_designated, &w->resolver);
	return 0;
}

static void
on_asked(void *arg)
{
	struct world *w = arg;

	w->resolver.netview.nat64 = nat64_ask_found(w->nat64_ask);
}

int
network_asknat64(struct world *w, const struct step *step)
{
	const struct transport_env env = fake_net_env(&w->net);

	if (!w->nat64_ask)
		w->nat64_ask =
		    nat64_ask_new(&env, fake_net_ops[SCHEME_DNS], &w->resolver, on_asked, w);
	nat64_ask_want(w->nat64_ask, strcmp(step->words[1], "yes") == 0);
	on_asked(w);
	return 0;
}

int
network_clock(struct world *w, const struct step *step)
{
	w->resolver.netview.unsynchronised = strcmp(step->words[1], "unsynchronised") == 0;
	if (w->running)
		exceptions_clock_changed(&w->resolver);
	return 0;
}
