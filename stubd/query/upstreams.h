/*
 * Whom the pool knows: the upstreams of a policy, and behind them, where the policy lets them be asked
 * for anything, the network's own resolvers as the netview has them. Numbers in routes are places in
 * that table.
 */
#ifndef QUERY_UPSTREAMS_H
#define QUERY_UPSTREAMS_H

struct policy;
struct resolver;

/* Makes the pool's table that of policy, which is about to be the resolver's, or is already. Returns 0
 * or -ENOMEM: the old table stays. */
int upstreams_set(struct resolver *resolver, const struct policy *policy);

/* The netview has other servers: the pool's table is made anew, what they said without proof is
 * forgotten, and what is under way is routed afresh. Nothing happens where they are not asked. Without
 * memory the netview has none from then on. */
void upstreams_network_changed(struct resolver *resolver);

/* One of the network's servers is to be asked in another way (query/designations.h): the pool's table is made
 * anew. Its places stay what they are, and what is under way there is answered. Without memory the netview has
 * no servers from then on. */
void upstreams_designated(struct resolver *resolver);

#endif
