#include "policy/stubctl/show_question.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/show.h"
#include "policy/stubctl/show_nta.h"

#include <string.h>

static void
line(FILE *out, const char *label, const char *text)
{
	fprintf(out, "  %-8s%s\n", label, text);
}

static void
show_view(FILE *out, const json_t *view)
{
	const json_t *rule = json_object_get(view, "rule");
	const char *owner = show_str(view, "owner");

	fprintf(out, "  %-8s%s", "view", show_str(view, "kind"));
	if (*owner)
		fprintf(out, ", by the suffix %s", owner);
	fputc('\n', out);
	if (json_is_integer(rule)) /* as the configuration's own errors name it */
		fprintf(out, "  %-8s/split/%lld\n", "rule", (long long)json_integer_value(rule));
	if (*show_str(view, "why"))
		line(out, "why", show_str(view, "why"));
}

static void
show_local(FILE *out, const json_t *local)
{
	const json_t *v;
	size_t i;

	fprintf(out, "  %-8s%s, time to live %lld s\n", "answer", show_str(local, "kind"),
	    show_int(local, "ttl"));
	json_array_foreach(json_object_get(local, "data"), i, v)
	    line(out, "", json_string_value(v) ? json_string_value(v) : "");
}

static void
show_stages(FILE *out, const json_t *stages)
{
	const json_t *stage;
	size_t i;

	json_array_foreach(stages, i, stage)
	{
		const json_t *candidates = json_object_get(stage, "candidates");

		fprintf(out, "  %-8s%zu. %s\n", i ? "" : "asks", i + 1, show_str(stage, "kind"));
		show_upstreams(out, candidates, 13);
	}
	if (json_array_size(stages) == 0)
		line(out, "asks", "nobody: the question fails");
}

/* Why those are asked in that order. */
static void
show_strategy(FILE *out, const json_t *json)
{
	const char *strategy = show_str(json, "strategy");

	if (!*strategy)
		return;
	fprintf(out, "  %-8s%s", "order", strategy);
	if (strcmp(strategy, "spread") == 0 || strcmp(strategy, "fastest") == 0)
		fputs(", drawn anew for each question; such as this", out);
	else if (*show_str(json, "shard"))
		fprintf(out, ", by the domain %s", show_str(json, "shard"));
	else if (strcmp(strategy, "shard") == 0)
		fputs(", a public suffix: it goes to the fixed member", out);
	fputc('\n', out);
}

static void
show_cache(FILE *out, const json_t *cache)
{
	if (strcmp(show_str(cache, "state"), "fresh") == 0)
		fprintf(out, "  %-8sfresh, %lld s left, %s%s%s\n", "cache",
		    show_int(cache, "ttl_left"), show_str(cache, "security"),
		    *show_str(cache, "label") ? "; " : "", show_str(cache, "label"));
	else
		line(out, "cache", show_str(cache, "state"));
}

int
show_explain(FILE *out, const json_t *json)
{
	const json_t *local = json_object_get(json, "local");

	if (!out)
		return EXIT_OK;
	fprintf(out, "%s %s\n", show_str(json, "name"), show_str(json, "type"));
	show_view(out, json_object_get(json, "view"));
	if (local) {
		show_local(out, local);
	} else {
		line(out, "DNSSEC", show_str(json, "dnssec"));
		show_strategy(out, json);
		show_nta_line(out, json_object_get(json, "nta"));
		show_stages(out, json_object_get(json, "stages"));
		show_cache(out, json_object_get(json, "cache"));
	}
	return EXIT_OK;
}

static void
show_records(FILE *out, const json_t *records, const char *prefix)
{
	int width = 0;
	const json_t *r;
	size_t i;

	json_array_foreach(records, i, r)
	{
		int n = (int)strlen(show_str(r, "name"));

		width = n > width && n <= 60 ? n : width;
	}
	json_array_foreach(records, i, r) fprintf(out, "%s%-*s  %6lld  %-6s  %s\n", prefix, width,
	    show_str(r, "name"), show_int(r, "ttl"), show_str(r, "type"), show_str(r, "data"));
}

/* Who answered, or, when nobody did, who was asked. */
static void
show_flight(FILE *out, const json_t *trace)
{
	const char *upstream = show_str(trace, "upstream"), *address = show_str(trace, "address");
	const char *transport = show_str(trace, "transport");
	char text[32];

	fprintf(out, "  %-8s%s", *upstream || *transport ? "from" : "asked",
	    *upstream ? upstream : show_str(trace, "stage"));
	if (*upstream && *transport)
		fprintf(out, " by %s", transport);
	fprintf(out, "%s%s\n", *address ? ", " : "", address);
	if (*upstream)
		fprintf(out, "  %-8s%s old; the answer took %.1f ms on it\n", "conn.",
		    show_duration(show_int(trace, "connection_age_ms"), text),
		    json_number_value(json_object_get(trace, "rtt_ms")));
	if (show_int(trace, "asks") > 1)
		fprintf(out, "  %-8s%lld asked, %lld hedges, %lld failovers\n", "tries",
		    show_int(trace, "asks"), show_int(trace, "hedges"),
		    show_int(trace, "failovers"));
}

/* How it came: from the cache, from here, or from whom. */
static void
show_way(FILE *out, const json_t *json)
{
	const json_t *trace = json_object_get(json, "trace"), *view = json_object_get(json, "view");

	if (json_is_true(json_object_get(json, "cached"))) {
		fprintf(out, "  %-8sthe cache, %lld s left\n", "from", show_int(json, "ttl_left"));
	} else if (json_is_object(trace)) {
		show_flight(out, trace);
	} else if (strcmp(show_str(view, "kind"), "local") == 0) {
		fprintf(out, "  %-8sstubd itself: %s\n", "from", show_str(view, "why"));
	}
}

static void
show_outcome(FILE *out, const json_t *json)
{
	const json_t *ede = json_object_get(json, "ede");

	fprintf(out, "  %-8s%s%s\n", "answer", show_str(json, "rcode"),
	    json_is_true(json_object_get(json, "authenticated")) ? ", authenticated" : "");
	if (strcmp(show_str(json, "security"), "unchecked") != 0)
		line(out, "DNSSEC", show_str(json, "security"));
	if (json_is_object(ede))
		fprintf(out, "  %-8s%s (extended error %lld)\n", "because",
		    *show_str(ede, "text") ? show_str(ede, "text") : "no reason was given",
		    show_int(ede, "code"));
	show_way(out, json);
	fprintf(out, "  %-8s%lld ms\n", "took", show_int(json, "took_ms"));
}

static int
verdict(const json_t *json)
{
	bool readable = !json_object_get(json, "unreadable");
	bool yes = strcmp(show_str(json, "rcode"), "NOERROR") == 0 &&
		   (json_array_size(json_object_get(json, "answers")) || !readable);

	return yes ? EXIT_OK : EXIT_NO;
}

int
show_query(FILE *out, const json_t *json)
{
	const json_t *answers = json_object_get(json, "answers");

	if (!out)
		return verdict(json);
	show_records(out, answers, "");
	if (json_object_get(json, "unreadable"))
		fprintf(out, "%s\n", show_str(json, "unreadable"));
	else if (strcmp(show_str(json, "rcode"), "NXDOMAIN") == 0)
		fprintf(out, "%s does not exist\n", show_str(json, "name"));
	else if (strcmp(show_str(json, "rcode"), "NOERROR") != 0)
		fprintf(out, "%s got no answer\n", show_str(json, "name"));
	else if (json_array_size(answers) == 0)
		fprintf(
		    out, "%s has no %s record\n", show_str(json, "name"), show_str(json, "type"));
	fputc('\n', out);
	show_outcome(out, json);
	return verdict(json);
}

int
show_live(FILE *out, const json_t *json)
{
	if (!out)
		return verdict(json);
	fputs("\nasked just now\n", out);
	show_outcome(out, json);
	show_records(out, json_object_get(json, "answers"), "  ");
	return verdict(json);
}
