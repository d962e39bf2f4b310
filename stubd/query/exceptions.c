#include "stubd/query/exceptions.h"

#include "policy/anchors.h"
#include "policy/config.h"
#include "policy/nta.h"
#include "policy/zone.h"
#include "stubd/base/log.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/query/flight.h"
#include "stubd/query/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct nta *
exceptions_find(const struct resolver *resolver, const struct name *name)
{
	return resolver->ntas ? nta_find(resolver->ntas, name) : NULL;
}

static enum dnssec_mode
split_mode(const struct split_rule *rule, const struct question *question)
{
	if (rule->dnssec == DNSSEC_VALIDATE &&
	    !anchors_cover(rule->anchors, rule->nanchors, question))
		return DNSSEC_OFF; /* the DS of the zone that the anchor is of */
	return rule->dnssec;
}

/* With "validate" the engine knows of exceptions, and judges a chain of CNAMEs link by link. */
enum dnssec_mode
exceptions_mode(
    const struct resolver *resolver, const struct view *view, const struct question *question)
{
	enum dnssec_mode mode = DNSSEC_OFF;

	if (view->kind == VIEW_PROVIDERS &&
	    network_has_time(resolver->policy, &resolver->netview, &question->name))
		return DNSSEC_OFF;
	if (view->kind == VIEW_PROVIDERS)
		mode = resolver->policy->dnssec;
	else if (view->kind == VIEW_SPLIT)
		mode = split_mode(&resolver->policy->rules[view->rule], question);
	if (mode == DNSSEC_TRUST && exceptions_find(resolver, &question->name))
		return DNSSEC_OFF;
	return mode;
}

bool
exceptions_may_prove(const struct resolver *resolver, const struct view *view)
{
	return view->kind == VIEW_PROVIDERS ||
	       (view->kind == VIEW_SPLIT &&
		   resolver->policy->rules[view->rule].dnssec == DNSSEC_VALIDATE);
}

/* Another number when a rule that is validated has another view than before. */
static uint64_t
links_seen(const struct resolver *resolver)
{
	const struct policy *policy = resolver->policy;
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	struct view view;
	uint64_t seen = 0;

	for (size_t i = 0; i < policy->nrules; i++) {
		if (policy->rules[i].dnssec != DNSSEC_VALIDATE || !policy->rules[i].ndomains)
			continue;
		question.name = policy->rules[i].domains[0];
		policy_view(policy, &question, &resolver->netview, &view);
		seen = seen * 0x100000001b3u + (uint64_t)view.id * 2 + view.closed;
	}
	return seen;
}

void
exceptions_links_changed(struct resolver *resolver)
{
	const uint64_t seen = links_seen(resolver);

	if (seen != resolver->links_seen)
		engine_forget(resolver->engine);
	resolver->links_seen = seen;
}

/* The names, one a line; owned. NULL: out of memory. */
static char *
names(const struct resolver *resolver)
{
	const struct nta_table *table = resolver->ntas;
	const struct network *network = &resolver->policy->network;
	char text[NAME_TEXT_MAX], *list = NULL;
	size_t n;
	FILE *f = open_memstream(&list, &n);

	if (!f)
		return NULL;
	for (size_t i = 0; table && i < table->n; i++)
		fprintf(f, "%s\n", name_to_text(&table->entries[i].name, text));
	for (size_t i = 0; resolver->netview.unsynchronised && i < network->ntime_names; i++)
		fprintf(f, "%s\n", name_to_text(&network->time_names[i], text));
	if (fclose(f) == 0)
		return list;
	free(list);
	return NULL;
}

/* The rules' anchors, one a line; owned. An exception at or above an anchor is stronger. NULL: out of
 * memory. */
static char *
anchors(const struct resolver *resolver)
{
	const struct policy *policy = resolver->policy;
	char *list = NULL;
	size_t n;
	FILE *f = open_memstream(&list, &n);

	if (!f)
		return NULL;
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct split_rule *rule = &policy->rules[i];

		for (size_t k = 0; k < rule->nanchors; k++)
			if (!exceptions_find(resolver, &rule->anchors[k].name))
				fprintf(f, "%s\n", rule->anchors[k].text);
	}
	if (fclose(f) == 0)
		return list;
	free(list);
	return NULL;
}

/* Special-use names and the domains of split rules, one a line; owned. NULL: out of memory. */
static char *
dead_ends(const struct policy *policy)
{
	char text[NAME_TEXT_MAX], *list = NULL;
	struct name name;
	size_t n;
	FILE *f = open_memstream(&list, &n);

	if (!f)
		return NULL;
	for (size_t i = 0; zone_name(i, &name); i++)
		fprintf(f, "%s\n", name_to_text(&name, text));
	for (size_t i = 0; i < policy->nrules; i++)
		for (size_t k = 0; k < policy->rules[i].ndomains; k++)
			if (policy->rules[i].domains[k].len >
			    1) /* with a rule for the root nobody recurses */
				fprintf(
				    f, "%s\n", name_to_text(&policy->rules[i].domains[k], text));
	if (fclose(f) == 0)
		return list;
	free(list);
	return NULL;
}

int
exceptions_tell(struct resolver *resolver)
{
	struct engine_exceptions exceptions = {
		.insecure = names(resolver),
		.anchors = anchors(resolver),
		.dead_ends = dead_ends(resolver->policy),
		.root_state = resolver->root_state,
		.root_by_recursion = !policy_validates(resolver->policy),
	};
	int err = exceptions.insecure && exceptions.anchors && exceptions.dead_ends ? 0 : -ENOMEM;

	if (!err)
		err = engine_set_exceptions(resolver->engine, &exceptions);
	free(exceptions.insecure);
	free(exceptions.anchors);
	free(exceptions.dead_ends);
	return err;
}

int
exceptions_changed(struct resolver *resolver, const struct name *name)
{
	const int err = exceptions_tell(resolver);

	cache_flush(resolver->cache, name, true);
	cache_flush_chains(resolver->cache);
	/* Those of chains that lead there, too; nobody knows which they are. */
	cache_forget_failures(resolver->cache);
	flight_reroute_all(resolver);
	return err;
}

void
exceptions_clock_changed(struct resolver *resolver)
{
	const struct network *network;

	if (!resolver->policy || resolver->policy->network.ntime_names == 0)
		return;
	network = &resolver->policy->network;
	for (size_t i = 0; i < network->ntime_names; i++)
		cache_flush(resolver->cache, &network->time_names[i], true);
	/* Some may lead to one of them. */
	cache_flush_chains(resolver->cache);
	if (exceptions_tell(resolver) < 0)
		log_error("out of memory: recursion judges names of time servers as before");
	flight_reroute_all(resolver);
}
