#include "policy/stubctl/facts.h"

#include "policy/catalogue.h"
#include "policy/config_doc.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/show.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* What a person is shown, in this order. */
static const struct {
	const char *key, *label;
	bool of_operator;
} members[] = {
	{ "jurisdiction", "law of", true },
	{ "funding", "funding", true },
	{ "logs", "logs", false },
	{ "retention", "keeps", false },
	{ "filters", "blocks", false },
	{ "dnssec", "validates", false },
	{ "ecs", "sends ECS", false },
	{ "doh", "DoH", false },
	{ "dot", "DoT", false },
	{ "addresses", "addresses", false },
};

static json_t *
read_file(const char *file, FILE *err)
{
	struct report report = { .n = 0 };
	struct config_doc doc;
	json_t *catalogue = NULL;
	int r = config_doc_read(&doc, file, &report);

	if (r == 0 && json_integer_value(json_object_get(doc.root, "version")) == CATALOGUE_VERSION)
		catalogue = json_incref(doc.root);
	for (size_t i = 0; i < report.n; i++)
		fprintf(err, "stubctl: %s\n", report.lines[i]);
	if (!catalogue && report.n == 0)
		fprintf(err, "stubctl: %s: %s\n", file,
		    r < 0 ? strerror(-r) : "is no catalogue that is known here");
	config_doc_clear(&doc);
	report_clear(&report);
	return catalogue;
}

/* The file that a brief one names, in the same folder. Takes brief. */
static json_t *
read_sources(json_t *brief, const char *file, FILE *err)
{
	const char *sources = json_string_value(json_object_get(brief, "sources"));
	const char *slash = strrchr(file, '/');
	char path[PATH_MAX];
	json_t *whole;

	if (!sources)
		return brief;
	snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - file) : 0, file, sources);
	whole = read_file(path, err);
	json_decref(brief);
	return whole;
}

json_t *
facts_read(const char *file, FILE *err)
{
	json_t *catalogue = read_file(file, err);

	if (catalogue)
		catalogue = read_sources(catalogue, file, err);
	if (catalogue)
		show_clean(catalogue);
	return catalogue;
}

static const json_t *
named(const json_t *array, const char *key, const char *name)
{
	const json_t *object;
	size_t i;

	json_array_foreach(
	    array, i, object) if (strcmp(show_str(object, key), name) == 0) return object;
	return NULL;
}

static const json_t *
operator_of(const json_t *catalogue, const json_t *provider)
{
	return named(json_object_get(catalogue, "operators"), "id", show_str(provider, "operator"));
}

static const json_t *
value(const json_t *object, const char *key)
{
	return json_object_get(json_object_get(object, key), "value");
}

/* "yes", "a text", "a, b"; "nothing" for an empty list, "?" for what is not known. */
static void
print_value(FILE *out, const json_t *v)
{
	const json_t *item;
	size_t i;

	if (json_is_boolean(v)) {
		fputs(json_is_true(v) ? "yes" : "no", out);
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, item) fprintf(out, "%s%s", i ? ", " : "",
		    json_string_value(item) ? json_string_value(item) : "?");
		if (json_array_size(v) == 0)
			fputs("nothing", out);
	} else {
		fputs(json_string_value(v) ? json_string_value(v) : "?", out);
	}
}

static void
list_one(FILE *out, const json_t *catalogue, const json_t *provider)
{
	const json_t *run_by = operator_of(catalogue, provider);
	const char *law = json_string_value(value(run_by, "jurisdiction"));
	const char *doh = json_is_object(json_object_get(provider, "doh")) ? "DoH" : "";
	const char *dot = json_is_object(json_object_get(provider, "dot")) ? "DoT" : "";

	fprintf(out, "%-22s  %-3s %-3s  %-2s  logs ", show_str(provider, "name"), doh, dot,
	    law ? law : "?");
	print_value(out, value(provider, "logs"));
	fputs(", blocks ", out);
	print_value(out, value(provider, "filters"));
	fprintf(out, "; %s\n", show_str(run_by, "name"));
}

int
facts_list(FILE *out, const json_t *catalogue)
{
	const json_t *providers = json_object_get(catalogue, "providers"), *provider;
	size_t i;

	if (!out)
		return EXIT_OK;
	json_array_foreach(providers, i, provider) list_one(out, catalogue, provider);
	fprintf(out, "%zu entries of %zu operators; what they log is what they say\n",
	    json_array_size(providers), json_array_size(json_object_get(catalogue, "operators")));
	return EXIT_OK;
}

json_t *
facts_of(const json_t *catalogue, const char *name)
{
	const json_t *provider = named(json_object_get(catalogue, "providers"), "name", name);
	const json_t *run_by = provider ? operator_of(catalogue, provider) : NULL;

	if (!provider)
		return NULL;
	return json_pack("{s:O, s:O*}", "provider", provider, "operator", run_by);
}

static void
show_fact(FILE *out, const char *label, const json_t *fact)
{
	const char *dated = show_str(fact, "dated");

	fprintf(out, "  %-11s", label);
	print_value(out, json_object_get(fact, "value"));
	if (!json_is_object(fact)) {
		fputc('\n', out);
		return;
	}
	if (json_is_true(json_object_get(fact, "claimed")))
		fputs("  (claimed)", out);
	fprintf(out, "\n             \"%s\"\n             %s\n             read %s%s%s\n",
	    show_str(fact, "quote"), show_str(fact, "source"), show_str(fact, "read"),
	    *dated ? ", dated " : "", dated);
}

int
facts_show(FILE *out, const json_t *facts)
{
	const json_t *provider = json_object_get(facts, "provider");
	const json_t *run_by = json_object_get(facts, "operator");

	if (!out)
		return EXIT_OK;
	fprintf(out, "%s, by %s\n  %s\n", show_str(provider, "name"), show_str(run_by, "name"),
	    show_str(run_by, "home"));
	if (*show_str(provider, "note"))
		fprintf(out, "  %s\n", show_str(provider, "note"));
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		show_fact(out, members[i].label,
		    json_object_get(members[i].of_operator ? run_by : provider, members[i].key));
	return EXIT_OK;
}
