#include "stubd/front/report_exposure.h"

#include "policy/sketch.h"
#include "stubd/front/report_parts.h"
#include "stubd/net/loop.h"
#include "stubd/query/ledger.h"
#include "stubd/query/resolver.h"

static json_t *
counts(const struct ledger_counts *c)
{
	return report_counts((const struct report_count[]){
	    { "queries", c->queries },
	    { "failovers", c->failovers },
	    { "hedges", c->hedges },
	    { "repeats", c->repeats },
	    { "probes", c->probes },
	    { "chain", c->chain },
	    { "prefetches", c->prefetches },
	    { "stale", c->stale },
	    { "addresses", c->addresses },
	    { "domains", c->domains },
	    { NULL, 0 },
	});
}

static json_t *
provider(const struct ledger_row *row)
{
	return json_pack("{s:o, s:o, s:o}", "name", report_text(row->name), "network",
	    counts(&row->network), "total", counts(&row->total));
}

/* Only what is told of recursion: its questions to the authorities are libunbound's. */
static json_t *
recursion_counts(const struct ledger_counts *c)
{
	return report_counts((const struct report_count[]){
	    { "queries", c->queries }, { "domains", c->domains }, { NULL, 0 } });
}

json_t *
report_exposure(const struct resolver *r)
{
	json_t *providers = json_array();
	struct ledger_row row, own;

	for (size_t i = 0; i < ledger_count(r->ledger); i++) {
		ledger_read(r->ledger, i, &row);
		json_array_append_new(providers, provider(&row));
	}
	ledger_read_recursion(r->ledger, &row);
	ledger_read_network(r->ledger, &own);
	return json_pack("{s:{s:I, s:I}, s:I, s:f, s:o, s:{s:o, s:o}, s:{s:o, s:o}}", "network",
	    "number", (json_int_t)r->epoch.number, "age_ms",
	    (json_int_t)(loop_now(r->loop) - r->epoch.since), "kept_since",
	    (json_int_t)ledger_since(r->ledger), "error_percent", SKETCH_ERROR * 100, "providers",
	    providers, "network_servers", "network", counts(&own.network), "total",
	    counts(&own.total), "recursion", "network", recursion_counts(&row.network), "total",
	    recursion_counts(&row.total));
}
