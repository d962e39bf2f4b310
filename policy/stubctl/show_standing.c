#include "policy/stubctl/show_standing.h"
#include "policy/stubctl/show.h"

static double
ms(const json_t *times, const char *key)
{
	return json_number_value(json_object_get(times, key));
}

/* "answers: half within 12.0 ms, 99 % within 80.0 ms" */
static void
show_times(FILE *out, int indent, const char *what, const json_t *times)
{
	if (show_int(times, "times"))
		fprintf(out,
		    "%*s%s: %.1f ms on average, half within %.1f ms, 99 %% within %.1f ms\n",
		    indent, "", what, ms(times, "mean_ms"), ms(times, "p50_ms"),
		    ms(times, "p99_ms"));
}

/* "3 times timeout, connecting: no connection within 2.5 s; 12 s ago" */
static void
show_trouble(FILE *out, int indent, const json_t *trouble)
{
	const long long times = show_int(trouble, "times");
	char ago[32];

	fprintf(out, "%*s%lld time%s %s, %s: %s; %s ago\n", indent, "", times,
	    times == 1 ? "" : "s", show_str(trouble, "kind"), show_str(trouble, "when"),
	    show_str(trouble, "text"), show_duration(show_int(trouble, "ms_ago"), ago));
}

/* Says nothing where none were found. */
static void
show_found(FILE *out, int indent, const json_t *found)
{
	const json_t *addr;
	size_t i;

	if (json_array_size(found))
		fprintf(out, "%*sfound at", indent, "");
	json_array_foreach(found, i, addr) fprintf(
	    out, "%s%s", i ? ", " : " ", json_string_value(addr) ? json_string_value(addr) : "");
	if (json_array_size(found))
		fputc('\n', out);
}

void
show_standing(FILE *out, const json_t *upstream, int indent)
{
	const json_t *used = json_object_get(upstream, "asked_ms_ago"), *trouble;
	char ago[32];
	size_t i;

	if (used)
		fprintf(out, "%*slast asked %s ago\n", indent, "",
		    show_duration(json_integer_value(used), ago));
	show_found(out, indent, json_object_get(upstream, "found"));
	show_times(out, indent, "handshakes", json_object_get(upstream, "handshake"));
	show_times(out, indent, "answers", json_object_get(upstream, "query"));
	json_array_foreach(json_object_get(upstream, "troubles"), i, trouble)
	    show_trouble(out, indent, trouble);
	if (show_int(upstream, "other_troubles"))
		fprintf(out, "%*s%lld times something else\n", indent, "",
		    show_int(upstream, "other_troubles"));
}
