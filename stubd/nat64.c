#include "stubd/nat64.h"

#include "policy/addr.h"
#include "policy/config.h"
#include "policy/dns64.h"
#include "stubd/base/log.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/nat64_ask.h"
#include "stubd/net/route.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/upstream/transport.h"
#include "stubd/watch/pref64.h"
#include "stubd/watch/route.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DNS_PORT = 53, MS = 1000, NS_MS = 1000000 };

/* What routers of one link have announced. */
struct learnt {
	uint32_t link, generation; /* as in the netview */
	struct prefix prefix;
	int64_t until; /* ms of CLOCK_BOOTTIME */
};

struct nat64 {
	struct resolver *resolver;
	struct pref64_watch *announcements;
	struct route_watch *routes;
	struct nat64_ask *ask;
	struct timer end; /* of the next lifetime */
	struct learnt learnt[NAT64_LEARNT_MAX];
	size_t nlearnt; /* in the order in which they were first heard */
};

static int64_t
boot_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * MS + ts.tv_nsec / NS_MS;
}

/* --- what is announced ------------------------------------------------------------------------ */

static const struct netview_link *
find_link(const struct netview *view, uint32_t index)
{
	for (size_t i = 0; i < view->nlinks; i++) {
		if (view->links[i].index == index)
			return &view->links[i];
	}
	return NULL;
}

static void
forget(struct nat64 *n, size_t i)
{
	n->nlearnt--;
	memmove(&n->learnt[i], &n->learnt[i + 1], (n->nlearnt - i) * sizeof(*n->learnt));
}

/* Those whose time is over, and those of a link that is no longer what it was. */
static void
forget_old(struct nat64 *n, int64_t now)
{
	for (size_t i = n->nlearnt; i-- > 0;) {
		const struct learnt *l = &n->learnt[i];
		const struct netview_link *link = find_link(&n->resolver->netview, l->link);

		if (l->until <= now || !link || link->generation != l->generation)
			forget(n, i);
	}
}

/* One of a link's own has to make room, so that no link takes the room of another. */
static void
make_room(struct nat64 *n, uint32_t link)
{
	size_t of_link = 0, oldest = 0;

	for (size_t i = n->nlearnt; i-- > 0;) {
		if (n->learnt[i].link != link)
			continue;
		of_link++;
		oldest = i;
	}
	if (of_link == NAT64_LINK_MAX)
		forget(n, oldest);
}

static struct learnt *
find_learnt(struct nat64 *n, const struct pref64 *news)
{
	for (size_t i = 0; i < n->nlearnt; i++) {
		struct learnt *l = &n->learnt[i];

		if (l->link == news->link && prefix_equal(&l->prefix, &news->prefix))
			return l;
	}
	return NULL;
}

/* No lifetime ends one that is known, with the next forget_old(). */
static void
learn(struct nat64 *n, const struct pref64 *news, const struct netview_link *link, int64_t now)
{
	struct learnt *l = find_learnt(n, news);

	if (!l) {
		if (!news->lifetime)
			return;
		make_room(n, news->link);
		if (n->nlearnt == NAT64_LEARNT_MAX)
			return;
		l = &n->learnt[n->nlearnt++];
	}
	*l = (struct learnt){
		.link = news->link,
		.generation = link->generation,
		.prefix = news->prefix,
		.until = now + (int64_t)news->lifetime * MS,
	};
}

static void
on_announcement(void *arg, const struct pref64 *news)
{
	struct nat64 *n = arg;
	const struct netview_link *link = find_link(&n->resolver->netview, news->link);
	const int64_t now = boot_time();

	if (!link)
		return;
	forget_old(n, now);
	learn(n, news, link, now);
	nat64_look(n);
}

/* --- what is in force ------------------------------------------------------------------------- */

/* Is the IPv4 internet reached at all? a.root-servers.net stands for it. Nothing is sent. */
static bool
has_ipv4(void)
{
	struct addr world, source;

	return addr_from_text(&world, "198.41.0.4", DNS_PORT) == 0 &&
	       route_source(&world, NULL, &source) == 0;
}

/* Does the kernel leave by the link for addresses in the prefix? NULL: by any. */
static bool
leaves_by(const struct prefix *prefix, const char *link)
{
	static const uint8_t well_known[4] = { 192, 0, 0, 170 }; /* RFC 7050 section 2.2 */
	struct addr to = { .family = AF_INET6, .port = DNS_PORT }, any, by_link;

	return dns64_embed(prefix, well_known, to.ip) && route_source(&to, NULL, &any) == 0 &&
	       route_source(&to, link, &by_link) == 0 && addr_same_host(&any, &by_link);
}

/* The prefix that counts now as it is written or announced; family 0: none. */
static struct prefix
told(const struct nat64 *n)
{
	const struct resolver *r = n->resolver;
	const struct prefix none = { 0 };

	if (!r->policy || !r->policy->nat64_learnt)
		return r->policy ? r->policy->nat64 : none;
	for (size_t i = n->nlearnt; i-- > 0;) {
		const struct netview_link *link = find_link(&r->netview, n->learnt[i].link);

		if (link && leaves_by(&n->learnt[i].prefix, link->name))
			return n->learnt[i].prefix;
	}
	return none;
}

/* The prefix that counts now. Only where nobody has told one, and one is needed, is anybody asked. */
static struct prefix
choose(struct nat64 *n, bool ipv4)
{
	const struct policy *policy = n->resolver->policy;
	const struct prefix prefix = told(n), none = { 0 };
	struct prefix found;

	nat64_ask_want(n->ask, policy && policy->nat64_learnt && !ipv4 && !prefix.family &&
				   policy->privacy != PRIVACY_STRICT);
	found = nat64_ask_found(n->ask);
	if (prefix.family || !found.family)
		return prefix;
	return leaves_by(&found, NULL) ? found : none;
}

static void
say(const struct netview *view)
{
	char text[INET6_ADDRSTRLEN];

	if (view->nat64.family)
		log_info("event=nat64 prefix=%s/%u ipv4=%s",
		    inet_ntop(AF_INET6, view->nat64.ip, text, sizeof(text)), view->nat64.bits,
		    view->ipv4 ? "yes" : "no");
	else
		log_info("event=nat64 prefix=none");
}

static void
wait_for_end(struct nat64 *n, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < n->nlearnt; i++)
		next = n->learnt[i].until < next ? n->learnt[i].until : next;
	if (next == INT64_MAX)
		timer_stop(&n->end);
	else
		timer_start(&n->end, next > now ? (msec)(next - now) : 0);
}

void
nat64_look(struct nat64 *n)
{
	const int64_t now = boot_time();
	struct netview *view;
	struct prefix prefix;
	bool changed, ipv4, other;

	if (!n)
		return;
	view = &n->resolver->netview;
	forget_old(n, now);
	wait_for_end(n, now);
	ipv4 = has_ipv4();
	prefix = choose(n, ipv4);
	changed = !prefix_equal(&prefix, &view->nat64);
	other = changed || ipv4 != view->ipv4;
	/* What failed for want of IPv4 need not do so any more. */
	if (other)
		cache_forget_failures(n->resolver->cache);
	if (ipv4 != view->ipv4)
		engine_forget(n->resolver->engine);
	view->ipv4 = ipv4;
	view->nat64 = prefix;
	if (other)
		resolver_changed(n->resolver);
	if (!changed)
		return;
	say(view);
	pool_set_nat64(n->resolver->pool, prefix.family ? &prefix : NULL);
}

static void
on_look(void *arg)
{
	nat64_look(arg);
}

struct nat64 *
nat64_new(struct loop *loop, struct resolver *resolver)
{
	const struct transport_env env = { .loop = loop };
	struct nat64 *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->resolver = resolver;
	timer_init(&n->end, loop, on_look, n);
	n->announcements = pref64_watch_new(loop, on_announcement, n);
	n->routes = route_watch_new(loop, on_look, n);
	n->ask = nat64_ask_new(&env, &transport_do53, resolver, on_look, n);
	if (!n->announcements || !n->routes || !n->ask)
		return nat64_free(n);
	nat64_look(n);
	return n;
}

struct nat64 *
nat64_free(struct nat64 *nat64)
{
	if (!nat64)
		return NULL;
	nat64->announcements = pref64_watch_free(nat64->announcements);
	nat64->routes = route_watch_free(nat64->routes);
	nat64->ask = nat64_ask_free(nat64->ask);
	timer_stop(&nat64->end);
	free(nat64);
	return NULL;
}
