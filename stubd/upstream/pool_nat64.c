#include "policy/dns64.h"
#include "policy/rebinding.h"
#include "stubd/upstream/pool_impl.h"

#include <string.h>

/* Private and special addresses are nobody's beyond a translator; over the link of a split rule there
 * is none that is known. */
static bool
translate(const struct upstream *u, const struct addr *to, struct addr *out)
{
	const struct prefix *prefix = &u->pool->nat64;
	struct addr made = { .family = AF_INET6, .port = to->port };

	if (!prefix->family || to->family != AF_INET || u->spec.link ||
	    rebinding_private4(to->ip) || !dns64_embed(prefix, to->ip, made.ip))
		return false;
	*out = made;
	return true;
}

void
upstream_target(const struct upstream *u, const struct addr *to, struct addr *out)
{
	const struct path_ops *paths = u->pool->env.paths;
	struct addr ignored, made;

	*out = *to;
	if (paths && translate(u, to, &made) && paths->source(to, NULL, &ignored) < 0)
		*out = made;
}

void
upstream_reached(
    const struct upstream *u, const struct addr *to, const struct addr *source, struct addr *out)
{
	*out = *to;
	if (source->family != to->family)
		translate(u, to, out);
}

/* Who was out of reach and marked down for it is tried again at once. */
void
pool_set_nat64(struct pool *pool, const struct prefix *prefix)
{
	memset(&pool->nat64, 0, sizeof(pool->nat64));
	if (!prefix)
		return;
	pool->nat64 = *prefix;
	pool_try_all(pool);
	away_look(pool);
}
