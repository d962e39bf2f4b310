#include "policy/stubctl/show_exposure.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/show.h"

#include <string.h>
#include <time.h>

static const char *const columns[] = { "queries", "domains", "failovers", "hedges", "repeats",
	"probes", "chain", "prefetches", "stale", "addresses" };

enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

static void
row(FILE *out, const char *name, const json_t *counts, size_t n)
{
	fprintf(out, "  %-24s", name);
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %*lld", (int)strlen(columns[i]), show_int(counts, columns[i]));
	fputc('\n', out);
}

/* One block: who was asked at all, in the account of that name. */
static void
block(FILE *out, const json_t *json, const char *account)
{
	const json_t *provider, *recursion = json_object_get(json, "recursion");
	const json_t *servers = json_object_get(json, "network_servers");
	size_t i;

	fprintf(out, "  %-24s", "");
	for (i = 0; i < COLUMNS; i++)
		fprintf(out, " %s", columns[i]);
	fputc('\n', out);
	json_array_foreach(json_object_get(json, "providers"), i, provider)
	{
		const json_t *counts = json_object_get(provider, account);

		if (show_int(counts, "queries"))
			row(out, show_str(provider, "name"), counts, COLUMNS);
	}
	if (show_int(json_object_get(servers, account), "queries"))
		row(out, "network's own", json_object_get(servers, account), COLUMNS);
	if (show_int(json_object_get(recursion, account), "queries"))
		row(out, "recursion, in plaintext", json_object_get(recursion, account), 2);
}

/* Writes "2026-11-27" into text[32]; returns text. */
static char *
day(long long seconds, char text[32])
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(text, 32, "%Y-%m-%d", &tm))
		snprintf(text, 32, "?");
	return text;
}

int
show_exposure(FILE *out, const json_t *json)
{
	const json_t *network = json_object_get(json, "network");
	const long long moves = show_int(network, "number"), since = show_int(json, "kept_since");
	char age[32], begun[32];

	if (!out)
		return EXIT_OK;
	fprintf(out, "on this network, for %s\n", show_duration(show_int(network, "age_ms"), age));
	block(out, json, "network");
	if (since)
		fprintf(out, "\non all networks since %s, over restarts\n", day(since, begun));
	else if (moves)
		fprintf(out, "\non all networks since the start, changed %lld time%s\n", moves,
		    moves == 1 ? "" : "s");
	if (since || moves)
		block(out, json, "total");
	fprintf(out, "\ndomains are estimates, give or take %.0f %%; no name is kept\n",
	    json_number_value(json_object_get(json, "error_percent")));
	return EXIT_OK;
}
