#include "stubd/netservers.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/nat64.h"
#include "stubd/net/route.h"
#include "stubd/query/resolver.h"
#include "stubd/query/upstreams.h"
#include "stubd/watch/resolv_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_TEXT = NETVIEW_SERVERS_MAX * (ADDR_TEXT_MAX + 1) };

struct netservers {
	struct resolver *resolver;
	struct nat64 *nat64;
	struct resolv_watch *file;
};

/* The kernel reaches an address of this machine by that very address. Nothing is sent. */
static bool
is_own(const struct addr *addr)
{
	struct addr source;

	return route_source(addr, NULL, &source) == 0 && addr_same_host(addr, &source);
}

static const char *
list(const struct netview *view, char text[SERVERS_TEXT])
{
	char one[ADDR_TEXT_MAX];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < view->nservers; i++)
		at += (size_t)snprintf(text + at, SERVERS_TEXT - at, "%s%s", i ? " " : "",
		    addr_to_text(&view->servers[i], one));
	return text;
}

/* Takes what the file says into the netview. */
static void
take(struct netservers *n)
{
	const struct resolv_found *found = resolv_watch_found(n->file);
	struct netview *view = &n->resolver->netview;
	struct addr servers[NETVIEW_SERVERS_MAX] = { 0 };
	char text[SERVERS_TEXT];
	size_t count = 0;

	for (size_t i = 0; i < found->conf.nservers; i++) {
		if (!is_own(&found->conf.servers[i]))
			servers[count++] = found->conf.servers[i];
	}
	snprintf(
	    view->servers_from, sizeof(view->servers_from), "%s", found->path ? found->path : "");
	if (addrs_equal(servers, count, view->servers, view->nservers))
		return;
	memcpy(view->servers, servers, sizeof(servers));
	view->nservers = count;
	resolver_changed(n->resolver);
	log_info("event=network_servers servers=\"%s\" from=%s", list(view, text),
	    found->path ? found->path : "nobody");
	upstreams_network_changed(n->resolver);
	nat64_look(n->nat64);
}

static void
on_file(void *arg)
{
	take(arg);
}

void
netservers_set_policy(struct netservers *n)
{
	const struct network *network = &n->resolver->policy->network;

	if (resolv_watch_set(n->file, network->resolv_conf, network->nresolv_conf) < 0)
		log_error("network: out of memory; its resolvers are not known");
	take(n);
}

void
netservers_look(struct netservers *n)
{
	resolv_watch_look(n->file);
	take(n);
}

struct netservers *
netservers_new(struct loop *loop, struct resolver *resolver, struct nat64 *nat64)
{
	struct netservers *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->resolver = resolver;
	n->nat64 = nat64;
	n->file = resolv_watch_new(loop, on_file, n);
	return n->file ? n : netservers_free(n);
}

struct netservers *
netservers_free(struct netservers *servers)
{
	if (!servers)
		return NULL;
	servers->file = resolv_watch_free(servers->file);
	free(servers);
	return NULL;
}
