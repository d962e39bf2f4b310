/*
 * Answers that are for one network only (RFC 7871 section 7.3), where a provider has `ecs: pass`: which
 * view of the cache they are in.
 *
 * A network has a number, which is the view's while one of its clients is answered; so flights and
 * answers of two networks never meet. Numbers are those that no split view has (policy/decide.c).
 *
 *	client's network 198.51.100.0/24 ─► its own number, and those of 198.51.100.0/23, /22 ... that
 *		have answers, the longest first; then SCOPE_ALL, then it is asked for
 *	no network ─► view 0, then SCOPE_ALL; never an answer for somebody else
 *	a network of no bits ("tell nobody") ─► its own number, then SCOPE_ALL
 *
 * SCOPE_ALL has answers that came with scope 0: a provider was told of a network, and said that it does
 * not matter. What was asked without a network says nothing of networks, and stays in view 0.
 *
 * Limit: SCOPES_MAX networks; beyond it the one that was used longest ago gets no answers from the
 * cache any more. How many answers there are of a name is bounded by that and by the cache's own size.
 */
#ifndef QUERY_SCOPES_H
#define QUERY_SCOPES_H

#include "stubd/base/clock.h"
#include "stubd/wire/subnet.h"

#include <stdint.h>

struct cache;
struct msg_query;
struct question;
struct resolver;
struct scopes;
struct view;

enum { SCOPE_ALL = 1, SCOPES_MAX = 1024 };

/* cache is borrowed; NULL: nothing is kept. NULL: out of memory. */
struct scopes *scopes_new(struct cache *cache);
struct scopes *scopes_free(struct scopes *scopes);

/* The number of a network, which gets one if it has none. */
uint32_t scopes_number(struct scopes *scopes, const struct subnet *subnet);

/* The network of a view; false: it is none's. scopes may be NULL. */
bool scopes_subnet(const struct scopes *scopes, uint32_t number, struct subnet *out);

/* Before the cache, in use while a provider has `ecs: pass`: gives a view of the providers the number of
 * where the question's answer is, or of the network that it has to be asked for; and tells the client
 * (msg.subnet.scope) what that is good for. By the main thread; a worker may for who tells no network. */
void scopes_choose(struct resolver *resolver, const struct question *question,
    struct msg_query *msg, struct view *view);

/* policy_owner(), and the same. */
void scopes_owner(struct resolver *resolver, const struct question *question, struct msg_query *msg,
    struct view *view);

/* A part of the client's answer is for so many bits: it is told the most exact part's. */
void scopes_tell(struct msg_query *msg, unsigned scope);

/* Where an answer is kept that was asked for this network, and is good for so many bits of it. */
uint32_t scopes_of_answer(struct scopes *scopes, const struct subnet *asked, unsigned scope);

#endif
