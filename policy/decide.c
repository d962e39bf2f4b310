#include "policy/decide.h"

#include "policy/config.h"
#include "policy/nametable.h"
#include "policy/network.h"
#include "policy/overrule.h"
#include "policy/select.h"
#include "policy/suffix.h"
#include "policy/zone.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/*
 * A split view's id is the rule's number plus 1 in the upper 9 bits, and in the lower 23 what its
 * answers depend on besides: 0 for a rule without a link, else the link's generation plus 1. (While
 * the link is absent the view fails closed, and nothing is ever kept under its id.) So the id is
 * never 0, which is the providers', and never the same for two rules or for two generations of one
 * link, until a link has come and gone eight million times. The number is that of this policy: a
 * new policy empties the cache.
 */
enum { VIEW_GENERATION_BITS = 23, VIEW_GENERATIONS = (1 << VIEW_GENERATION_BITS) - 1 };

static_assert(POLICY_RULES_MAX < 1 << (32 - VIEW_GENERATION_BITS), "a rule's number must fit");

static void
set_owner(struct view *view, const char *text)
{
	size_t n = strnlen(text, sizeof(view->owner) - 1);

	memcpy(view->owner, text, n);
	view->owner[n] = '\0';
}

/* The owner is the last `len` octets of the name. */
static void
set_owner_suffix(struct view *view, const struct name *name, unsigned len)
{
	struct name suffix;
	char text[NAME_TEXT_MAX];

	name_suffix(name, len, &suffix);
	set_owner(view, name_to_text(&suffix, text));
}

static const struct netview_link *
find_link(const struct netview *netview, const char *name)
{
	for (size_t i = 0; i < netview->nlinks; i++) {
		if (strcmp(netview->links[i].name, name) == 0)
			return &netview->links[i];
	}
	return NULL;
}

static void
split_view(const struct policy *policy, const struct suffix_match *match,
    const struct netview *netview, struct view *out)
{
	const struct split_rule *rule = &policy->rules[match->owner.rule - 1];
	const struct netview_link *link = NULL;

	out->kind = VIEW_SPLIT;
	out->rule = match->owner.rule - 1;
	out->id = (uint32_t)match->owner.rule << VIEW_GENERATION_BITS;
	out->why = "split rule";
	out->closed = rule->nupstreams == 0;
	set_owner(out, rule->domain_texts[match->owner.domain]);
	if (out->closed)
		out->why = "split rule without servers";
	if (!rule->link)
		return;
	link = find_link(netview, rule->link);
	if (link) {
		out->id |= 1 + link->generation % VIEW_GENERATIONS;
		return;
	}
	out->closed = true;
	out->why = "split rule, its link is absent";
}

static bool
is_localhost(const struct suffix_match *match, const struct question *question)
{
	static const uint8_t wire[] = "\011localhost";

	return match->zone_len == sizeof(wire) &&
	       memcmp(question->name.wire + question->name.len - sizeof(wire), wire,
		   sizeof(wire)) == 0;
}

/* Hosts come first; but an entry for one family does not hide the other loopback address. */
static bool
from_hosts(const struct policy *policy, const struct suffix_match *match,
    const struct question *question, struct nametable_walk *walk, struct local_answer *out)
{
	if (!policy->hosts || !hosts_answer(policy->hosts, question, walk, out))
		return false;
	return out->kind != LOCAL_NODATA || !is_localhost(match, question);
}

/* A rule for the root names everything, but nothing special. */
static bool
rule_wins(const struct suffix_match *match)
{
	return match->owner.rule && match->rule_len > 1;
}

static void
public_view(struct view *out)
{
	out->kind = VIEW_PROVIDERS;
	out->id = 0;
	out->rule = -1;
	out->closed = false;
	out->why = "no rule owns it";
	out->owner[0] = '\0';
}

/* The owner of a name that may be anybody's. By itself: it has a large frame, and is seldom needed. */
static __attribute__((noinline)) void
look_up(const struct policy *policy, const struct question *question, const struct netview *netview,
    struct view *out)
{
	struct nametable_walk walk;
	struct suffix_match match;
	unsigned suffix;

	nametable_walk(&walk, &question->name);
	suffixes_match(policy->suffixes, &walk, &match);
	out->id = 0;
	out->rule = -1;
	out->closed = false;
	out->kind = VIEW_LOCAL;
	out->local.filtered = false;
	if (from_hosts(policy, &match, question, &walk, &out->local)) {
		out->why = "hosts file";
		set_owner_suffix(out, &question->name, question->name.len);
		return;
	}
	if (rule_wins(&match)) {
		split_view(policy, &match, netview, out);
		return;
	}
	if (zone_answer(&match, question, netview, &out->local, &out->why, &suffix)) {
		set_owner_suffix(out, &question->name, suffix);
		return;
	}
	if (match.owner.rule)
		split_view(policy, &match, netview, out);
	else
		public_view(out);
}

void
policy_owner(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *out)
{
	const struct name *name = &question->name;

	/* One of another length is not this machine's. */
	if (strangers_has(&policy->strangers, name) && name->len != netview->hostname.len)
		public_view(out);
	else
		look_up(policy, question, netview, out);
}

void
policy_view(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *out)
{
	policy_owner(policy, question, netview, out);
	if (overrule_may(policy, question->type))
		overrule(policy, question, netview, out);
}

static void
route_split(const struct policy *policy, const struct view *view, const struct standing *standing,
    uint64_t now, struct route *out)
{
	const struct split_rule *rule = &policy->rules[view->rule];
	const struct preference preference = {
		.first = rule->first_upstream,
		.n = rule->nupstreams,
	};

	if (view->closed || rule->nupstreams == 0)
		return;
	out->nstages = 1;
	out->stages[0].kind = STAGE_SERVERS;
	out->probe = select_candidates(policy, &preference, standing, now, &out->stages[0]);
}

/* What is behind the providers comes first while all of those are lost: nobody shall wait for them
 * again and again. */
static void
degrade(const struct preference *preference, const struct standing *standing, uint64_t now,
    struct route *out)
{
	const struct stage providers = out->stages[0];

	for (unsigned i = 1; i < out->nstages; i++)
		out->stages[i - 1] = out->stages[i];
	out->stages[out->nstages - 1] = providers;
	out->probe = select_lost_probe(preference, standing, now);
}

/* The steps for a name: on_miss's, and the network's resolvers behind the providers, where they may
 * be asked for this one. */
static size_t
steps_of(const struct policy *policy, const struct name *name, const struct netview *netview,
    enum miss_step steps[MISS_STEPS])
{
	size_t n = policy->non_miss, at = n;

	for (size_t i = 0; i < policy->non_miss; i++) {
		steps[i] = policy->on_miss[i];
		if (steps[i] == MISS_PROVIDERS)
			at = i + 1;
	}
	if (policy_has_step(policy, MISS_NETWORK) || !network_has_time(policy, netview, name))
		return n;
	for (size_t i = n++; i > at; i--)
		steps[i] = steps[i - 1];
	steps[at] = MISS_NETWORK;
	return n;
}

enum stage_kind
policy_degraded_to(const struct policy *policy, const struct netview *netview,
    const struct standing *standing, const struct draw *draw, uint64_t now)
{
	const struct choice choice = {
		.policy = policy, .standing = standing, .draw = draw, .now = now
	};
	struct preference preference;

	if (policy->nproviders == 0 || policy->on_miss[0] != MISS_PROVIDERS)
		return STAGE_PROVIDERS;
	select_providers(&choice, &preference);
	if (!select_lost(&preference, standing, now))
		return STAGE_PROVIDERS;
	for (size_t i = 1; i < policy->non_miss; i++) {
		if (policy->on_miss[i] == MISS_RECURSE)
			return STAGE_RECURSE;
		if (netview->nservers > 0)
			return STAGE_NETWORK;
	}
	return STAGE_PROVIDERS;
}

/* Appends the stage of one step, unless nobody is there. Returns the upstream to be probed, or -1. */
static int
add_stage(const struct choice *choice, const struct netview *netview, enum miss_step step,
    struct preference *providers, struct route *out)
{
	struct stage *stage = &out->stages[out->nstages];
	const struct preference network = {
		.first = (uint16_t)choice->policy->nupstreams,
		.n = netview->nservers,
	};
	int probe;

	if (step == MISS_RECURSE) {
		stage->kind = STAGE_RECURSE;
		stage->ncandidates = 0;
		out->nstages++;
		return -1;
	}
	stage->kind = step == MISS_PROVIDERS ? STAGE_PROVIDERS : STAGE_NETWORK;
	if (step == MISS_PROVIDERS)
		select_providers(choice, providers);
	probe = select_candidates(choice->policy, step == MISS_PROVIDERS ? providers : &network,
	    choice->standing, choice->now, stage);
	out->nstages += stage->ncandidates > 0;
	return probe;
}

static void
route_providers(const struct choice *choice, const struct name *name, const struct netview *netview,
    struct route *out)
{
	enum miss_step steps[MISS_STEPS];
	const size_t n = steps_of(choice->policy, name, netview, steps);
	struct preference providers = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		const int probe = add_stage(choice, netview, steps[i], &providers, out);

		/* Who is behind others gets no copy: they have not failed. */
		if (out->nstages == 1 && out->probe < 0)
			out->probe = probe;
	}
	if (out->nstages > 1 && out->stages[0].kind == STAGE_PROVIDERS &&
	    select_lost(&providers, choice->standing, choice->now))
		degrade(&providers, choice->standing, choice->now, out);
}

void
policy_route(const struct policy *policy, const struct view *view, const struct name *name,
    const struct name *domain, const struct netview *netview, const struct standing *standing,
    const struct draw *draw, uint64_t now, uint64_t random, struct route *out)
{
	const struct choice choice = {
		.policy = policy,
		.domain = domain,
		.standing = standing,
		.draw = draw,
		.now = now,
		.random = random,
	};

	assert(view->kind != VIEW_LOCAL);
	out->nstages = 0;
	out->probe = -1;
	if (view->kind == VIEW_SPLIT)
		route_split(policy, view, standing, now, out);
	else
		route_providers(&choice, name, netview, out);
}

void
view_copy(struct view *to, const struct view *from)
{
	const size_t owner = offsetof(struct view, owner);

	if (from->kind == VIEW_LOCAL)
		*to = *from;
	else
		memcpy(to, from, owner + strlen(from->owner) + 1);
}

const char *
view_kind_text(enum view_kind kind)
{
	static const char *const texts[] = {
		[VIEW_LOCAL] = "local",
		[VIEW_SPLIT] = "split",
		[VIEW_PROVIDERS] = "providers",
	};

	assert((unsigned)kind < sizeof(texts) / sizeof(*texts));
	return texts[kind];
}

const char *
stage_kind_text(enum stage_kind kind)
{
	static const char *const texts[STAGES] = {
		[STAGE_PROVIDERS] = "providers",
		[STAGE_SERVERS] = "servers",
		[STAGE_NETWORK] = "network",
		[STAGE_RECURSE] = "recurse",
	};

	assert((unsigned)kind < STAGES);
	return texts[kind];
}
