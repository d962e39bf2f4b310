/*
 * The two questions that policy answers. Both are pure: the same arguments always give the same
 * answer, so `stubctl explain` runs the very functions that the daemon runs.
 *
 *	policy_view	before the cache: which rule set owns this name?
 *	policy_route	on a miss only: whom to ask, in which order?
 *
 * Precedence of views: the person's rule or hosts, special-use names (RFC 6761, 6303, 9476, ...),
 * the link's rule, providers.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/name.h"
#include "policy/netview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy; /* policy/config.h: an immutable snapshot */

enum view_kind {
	VIEW_LOCAL,	/* answered here: hosts, special-use names */
	VIEW_SPLIT,	/* owned by a split-horizon rule: its servers, or nobody */
	VIEW_PROVIDERS, /* public: providers, then what on_miss allows */
};

enum local_kind {
	LOCAL_NXDOMAIN,
	LOCAL_NODATA,
	LOCAL_ADDRESSES,
	LOCAL_PTR,
	LOCAL_HINFO,
	LOCAL_CNAME
};

enum { LOCAL_ADDRESSES_MAX = 32 };

/* A local answer before it becomes wire. */
struct local_answer {
	enum local_kind kind;
	bool filtered;	   /* the person's filter made it so */
	uint32_t ttl;	   /* seconds */
	size_t naddresses; /* of the question's family, for LOCAL_ADDRESSES */
	uint8_t addresses[LOCAL_ADDRESSES_MAX][16]; /* IPv4 in the first four octets */
	struct name ptr;			    /* for LOCAL_PTR; where LOCAL_CNAME leads */
};

struct view {
	enum view_kind kind;
	uint32_t id; /* key part for cache and flights: 0 providers; a split view's differs for
		      * each rule and link generation; local answers are not cached */
	int rule;    /* index of the split rule, or -1 */
	bool closed; /* a split view that nobody may be asked for now: no servers, or link absent */
	const char *why; /* static: "split rule", "RFC 6761: localhost"; outlives the policy */
	char owner[256]; /* text of the suffix that won, "" for providers */
	struct local_answer local; /* VIEW_LOCAL only */
};

enum stage_kind {
	STAGE_PROVIDERS, /* encrypted public providers */
	STAGE_SERVERS,	 /* a split rule's own servers */
	STAGE_NETWORK,	 /* the network's own resolvers */
	STAGE_RECURSE,	 /* the local engine */
	STAGES,
};

enum { ROUTE_CANDIDATES_MAX = 8 };

struct stage {
	enum stage_kind kind;
	uint16_t ncandidates;
	/* Indexes of policy.upstreams, best first; behind them are the network's resolvers in the
	 * order of the netview. */
	uint16_t candidates[ROUTE_CANDIDATES_MAX];
};

struct route {
	unsigned nstages;
	struct stage stages[STAGES];
	int probe; /* an upstream whose back-off has ended, to be sent a copy of this question so
		    * that it can prove itself while nobody waits for it; -1: none */
};

/* What the pool knows of one upstream; one for each of policy.upstreams, in that order, and behind
 * them one for each of the network's resolvers where they may be asked. */
struct standing {
	uint32_t srtt_us;     /* smoothed time of an answer; 0: unknown */
	uint32_t failures;    /* transport failures since the last answer */
	uint64_t down_until;  /* ms on the loop's clock; 0: up */
	uint64_t lost;	      /* its first back-off since then, on that clock; 0: none */
	uint64_t last_answer; /* ms on the loop's clock; 0: never */
	uint64_t silent;      /* since when it owes a sign of life, on that clock; 0: it does not */
	uint64_t probed;      /* the last probe, on that clock; 0: never */
	uint64_t
	    held_until; /* it asks to be left in peace until then; 0: it has not, or answered since */
};

/* What chance has given this installation (policy/ranking.h). */
struct draw {
	size_t n;
	const uint16_t *order; /* borrowed; a permutation of the provider entries */
	size_t operators;      /* so many at its beginning are of different operators */
	uint64_t secret[2];    /* for `shard` */
};

/* Fills *out; never fails: what no rule owns belongs to the providers. */
void policy_view(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *out);

/* The same by the name's owner alone, whatever policy/overrule.h has to say of the type. */
void policy_owner(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *out);

/* Fills *out for a name in a view that is not local. domain is its registrable domain, NULL: it has none,
 * or the strategy is not `shard`. standing has one entry an upstream, now is the loop's
 * clock in ms, random a number of this question alone, for the strategies that throw dice. Upstreams that
 * are down are put last while another lives; when all are down they are candidates in order
 * (policy/select.h). No stage at all: nobody may be asked (view->closed). */
void policy_route(const struct policy *policy, const struct view *view, const struct name *name,
    const struct name *domain, const struct netview *netview, const struct standing *standing,
    const struct draw *draw, uint64_t now, uint64_t random, struct route *out);

/* Who answers public names in place of the providers (STAGE_NETWORK or STAGE_RECURSE), because on_miss
 * allows it and every provider has failed and none has answered for SELECT_LOST ms: policy_route()
 * then puts the stages behind the providers first and sends those probes, until one answers.
 * STAGE_PROVIDERS: nobody, all is as it should be. */
enum stage_kind policy_degraded_to(const struct policy *policy, const struct netview *netview,
    const struct standing *standing, const struct draw *draw, uint64_t now);

/* Copies a view; only what its kind uses. */
void view_copy(struct view *to, const struct view *from);

const char *view_kind_text(enum view_kind kind);
const char *stage_kind_text(enum stage_kind kind);

#endif
