#include "stubd/query/exceptions.h"

#include "policy/nta.h"
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

/* With "validate" the engine knows, and judges a chain of CNAMEs link by link. */
enum dnssec_mode
exceptions_mode(const struct resolver *resolver, const struct view *view, const struct name *name)
{
	const enum dnssec_mode mode =
	    view->kind == VIEW_PROVIDERS ? resolver->policy->dnssec : DNSSEC_OFF;

	return mode == DNSSEC_TRUST && exceptions_find(resolver, name) ? DNSSEC_OFF : mode;
}

/* The names, one a line; owned. NULL: out of memory. */
static char *
names(const struct nta_table *table)
{
	char text[NAME_TEXT_MAX], *list = NULL;
	size_t n;
	FILE *f = open_memstream(&list, &n);

	if (!f)
		return NULL;
	for (size_t i = 0; table && i < table->n; i++)
		fprintf(f, "%s\n", name_to_text(&table->entries[i].name, text));
	if (fclose(f) == 0)
		return list;
	free(list);
	return NULL;
}

int
exceptions_tell(struct resolver *resolver)
{
	struct engine_exceptions exceptions = { .insecure = names(resolver->ntas) };
	int err = exceptions.insecure ? 0 : -ENOMEM;

	if (!err)
		err = engine_set_exceptions(resolver->engine, &exceptions);
	free(exceptions.insecure);
	return err;
}

int
exceptions_changed(struct resolver *resolver, const struct name *name)
{
	const int err = exceptions_tell(resolver);

	cache_flush(resolver->cache, name, true);
	cache_flush_chains(resolver->cache);
	flight_reroute_all(resolver);
	return err;
}
