#include "stubd/front/report_standing.h"

#include "policy/addr.h"
#include "stubd/front/report_parts.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"
#include "stubd/upstream/record.h"

static json_t *
times(const struct times *t)
{
	return json_pack("{s:I, s:f, s:f, s:f}", "times", (json_int_t)t->n, "mean_ms",
	    t->smooth_us / 1000.0, "p50_ms", times_quantile(t, 50) / 1000.0, "p99_ms",
	    times_quantile(t, 99) / 1000.0);
}

static json_t *
trouble(const struct trouble_row *row, msec now)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:I}", "when", trouble_when_text(row->when), "kind",
	    ask_fail_text(row->kind), "text", report_text(row->text), "times",
	    (json_int_t)row->times, "ms_ago", (json_int_t)(now - row->last));
}

json_t *
report_found(const struct resolver *resolver, uint16_t upstream)
{
	struct addr found[POOL_FOUND];
	const size_t n = pool_found(resolver->pool, upstream, found);
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, report_addr(&found[i]));
	return array;
}

/* Questions that failed since the start, by kind, those kinds alone that there were. */
static json_t *
fails(const struct pool_stats *stats)
{
	json_t *json = json_object();

	for (int kind = ASK_OK + 1; kind < ASK_FAILS; kind++) {
		if (stats->fails[kind])
			json_object_set_new(json, ask_fail_text((enum ask_fail)kind),
			    json_integer((json_int_t)stats->fails[kind]));
	}
	return json;
}

void
report_standing(json_t *json, const struct upstream_info *info, msec now)
{
	const struct record *record = info->record;
	json_t *troubles;

	json_object_set_new(json, "fails", fails(&info->stats));
	if (!record)
		return;
	if (record->handshake.n)
		json_object_set_new(json, "handshake", times(&record->handshake));
	if (record->query.n)
		json_object_set_new(json, "query", times(&record->query));
	if (record->used)
		json_object_set_new(
		    json, "asked_ms_ago", json_integer((json_int_t)(now - record->used)));
	troubles = json_array();
	for (size_t i = 0; i < record->ntroubles; i++)
		json_array_append_new(troubles, trouble(&record->troubles[i], now));
	json_object_set_new(json, "troubles", troubles);
	json_object_set_new(json, "other_troubles", json_integer(record->other));
}
