#include "policy/catalogue.h"

#include "policy/config_doc.h"
#include "policy/url.h"
#include "policy/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 64 };

struct reader {
	struct config_doc *doc;
	struct report *errors, *warnings;
	const json_t *operators; /* borrowed */
	/* the entry that is being read */
	const json_t *entry; /* borrowed */
	const char *name;    /* borrowed; NULL: it has none */
	size_t number;
};

/* Leaves the entry out: says why, at its member `key` (NULL: the entry itself). Returns -EINVAL. */
static int __attribute__((format(printf, 3, 4)))
leave_out(const struct reader *r, const char *key, const char *fmt, ...)
{
	char path[PATH_TEXT_MAX], why[REPORT_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	snprintf(
	    path, sizeof(path), "/providers/%zu%s%s", r->number, key ? "/" : "", key ? key : "");
	if (r->name)
		config_doc_error(r->doc, r->warnings, path, "%s; \"%s\" is left out", why, r->name);
	else
		config_doc_error(r->doc, r->warnings, path, "%s; the entry is left out", why);
	return -EINVAL;
}

/* The value of a fact: NULL where nobody knows. Returns 0 or -EINVAL. */
static int
read_fact(const struct reader *r, const char *key, const json_t **value)
{
	const json_t *fact = json_object_get(r->entry, key);

	*value = NULL;
	if (!fact || json_is_null(fact))
		return 0;
	*value = json_object_get(fact, "value");
	if (*value)
		return 0;
	return leave_out(r, key, "is no fact; write { \"value\": ... }, or null");
}

static int
read_claim(const struct reader *r, const char *key, enum claim *out)
{
	const json_t *value;

	if (read_fact(r, key, &value) < 0)
		return -EINVAL;
	if (value && !json_is_boolean(value))
		return leave_out(r, key, "is neither true nor false; write one, or null");
	*out = !value ? CLAIM_UNKNOWN : json_is_true(value) ? CLAIM_YES : CLAIM_NO;
	return 0;
}

/* What is filtered: a list of kinds. Which they are does not matter here. */
static int
read_filters(const struct reader *r, enum claim *out)
{
	const json_t *value;

	if (read_fact(r, "filters", &value) < 0)
		return -EINVAL;
	if (value && !json_is_array(value))
		return leave_out(
		    r, "filters", "is no list; write one like [ \"malware\" ], or null");
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_is_string(json_array_get(value, i)))
			return leave_out(
			    r, "filters", "has a kind that is no text; write it in quotes");
	}
	*out = !value ? CLAIM_UNKNOWN : json_array_size(value) ? CLAIM_YES : CLAIM_NO;
	return 0;
}

/* One way to ask. Returns 1 when *out is filled, 0 where the entry has none, or -EINVAL. */
static int
read_url(const struct reader *r, const char *key, enum scheme scheme, struct url *out)
{
	const json_t *value;
	const char *text;
	struct why why = { "" };
	struct url url;

	if (read_fact(r, key, &value) < 0)
		return -EINVAL;
	if (!value)
		return 0;
	text = json_string_value(value);
	if (!text)
		return leave_out(r, key, "is no text; write a URL in quotes");
	if (url_parse(&url, text, &why) < 0)
		return leave_out(r, key, "%s", why.text);
	if (url.scheme != scheme)
		return leave_out(r, key, "is of another scheme; write %s",
		    scheme == SCHEME_HTTPS ? "https://host/path" : "tls://host");
	*out = url;
	return 1;
}

/* The ways to ask, DoH before DoT. Returns how many there are, 1 or 2, or -EINVAL. */
static int
pick_urls(const struct reader *r, struct url out[2])
{
	int has_doh = read_url(r, "doh", SCHEME_HTTPS, &out[0]);
	int has_dot = has_doh < 0 ? has_doh : read_url(r, "dot", SCHEME_TLS, &out[has_doh]);

	if (has_doh < 0 || has_dot < 0)
		return -EINVAL;
	if (!has_doh && !has_dot)
		return leave_out(r, NULL, "has neither \"doh\" nor \"dot\"; write one");
	return has_doh + has_dot;
}

static int
read_addresses(const struct reader *r, uint16_t port, struct upstream_spec *spec)
{
	const json_t *value;
	size_t n;
	struct why why = { "" };

	if (read_fact(r, "addresses", &value) < 0)
		return -EINVAL;
	n = json_array_size(value);
	if (n == 0 || n > SPEC_ADDRESSES_MAX)
		return leave_out(r, "addresses", "is no list of 1 to %d addresses; write one",
		    SPEC_ADDRESSES_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(value, i));

		if (!text)
			return leave_out(
			    r, "addresses", "has an address that is no text; write it in quotes");
		if (value_addr(text, port, false, &spec->addresses[i], &why) < 0)
			return leave_out(r, "addresses", "%s", why.text);
	}
	spec->naddresses = n;
	return 0;
}

/* The name of the entry's operator, borrowed, or NULL: reported. */
static const char *
find_operator(const struct reader *r)
{
	const char *id = json_string_value(json_object_get(r->entry, "operator"));
	const json_t *operator;
	size_t i;

	json_array_foreach(r->operators, i, operator)
	{
		const char *other = json_string_value(json_object_get(operator, "id"));
		const char *name = json_string_value(json_object_get(operator, "name"));

		if (id && other && name && strcmp(id, other) == 0)
			return name;
	}
	leave_out(
	    r, "operator", "is not the \"id\" of one of \"operators\" with a \"name\"; write one");
	return NULL;
}

static int
copy_texts(
    struct upstream_spec *spec, const char *name, const char *operator_name, const struct url *url)
{
	spec->name = strdup(name);
	spec->operator_name = strdup(operator_name);
	spec->host = url->host[0] ? strdup(url->host) : NULL;
	spec->path = url->scheme == SCHEME_HTTPS ? strdup(url->path) : NULL;
	if (!spec->name || !spec->operator_name || (url->host[0] && !spec->host) ||
	    (url->scheme == SCHEME_HTTPS && !spec->path))
		return -ENOMEM;
	return 0;
}

/* Returns 0 with *out filled, -EINVAL (reported) or -ENOMEM; the caller clears its spec. */
static int
read_entry(const struct reader *r, const struct catalogue *before, struct catalogue_entry *out)
{
	const char *operator_name;
	struct why why = { "" };
	struct url urls[2];
	int n;

	if (!r->name)
		return leave_out(r, NULL, "has no \"name\"; write a text in quotes");
	if (value_label(r->name, &why) < 0)
		return leave_out(r, "name", "%s", why.text);
	if (catalogue_find(before, r->name))
		return leave_out(r, "name", "is taken; write another");
	operator_name = find_operator(r);
	n = operator_name ? pick_urls(r, urls) : -EINVAL;
	if (n < 0 || read_addresses(r, urls[0].port, &out->spec) < 0 ||
	    read_claim(r, "logs", &out->logs) < 0 || read_claim(r, "dnssec", &out->dnssec) < 0 ||
	    read_filters(r, &out->filters) < 0)
		return -EINVAL;
	out->spec.scheme = urls[0].scheme;
	if (copy_texts(&out->spec, r->name, operator_name, &urls[0]) < 0)
		return -ENOMEM;
	return n > 1 ? upstream_spec_add_other(&out->spec, &urls[1]) : 0;
}

static int
read_all(struct reader *r, const json_t *array, struct catalogue *out)
{
	size_t n = json_array_size(array);

	out->entries = calloc(n + 1, sizeof(*out->entries));
	if (!out->entries)
		return -ENOMEM;
	for (r->number = 0; r->number < n; r->number++) {
		struct catalogue_entry *entry = &out->entries[out->n];
		int e;

		r->entry = json_array_get(array, r->number);
		r->name = json_string_value(json_object_get(r->entry, "name"));
		e = read_entry(r, out, entry);
		if (e == 0) {
			out->n++;
			continue;
		}
		upstream_spec_clear(&entry->spec);
		if (e == -ENOMEM)
			return e;
		*entry = (struct catalogue_entry){ .logs = CLAIM_UNKNOWN };
	}
	if (n > 0 && out->n == 0) {
		config_doc_error(r->doc, r->errors, "/providers",
		    "has no entry that can be used; mend what is named below");
		report_append(r->errors, r->warnings);
		return -EINVAL;
	}
	return 0;
}

static int
read_doc(
    struct config_doc *doc, struct report *errors, struct report *warnings, struct catalogue *out)
{
	const json_t *version = json_object_get(doc->root, "version");
	const json_t *array = json_object_get(doc->root, "providers");
	struct reader reader = {
		.doc = doc,
		.errors = errors,
		.warnings = warnings,
		.operators = json_object_get(doc->root, "operators"),
	};

	if (json_integer_value(version) != CATALOGUE_VERSION) {
		config_doc_error(doc, errors, "/version",
		    "is not %d, and no other form of the catalogue is known here; write the form "
		    "of "
		    "docs/providers.md",
		    CATALOGUE_VERSION);
		return -EINVAL;
	}
	if (!json_is_array(array) || json_array_size(array) > CATALOGUE_MAX) {
		config_doc_error(doc, errors, "/providers",
		    "is not an array of at most %d; write one", CATALOGUE_MAX);
		return -EINVAL;
	}
	return read_all(&reader, array, out);
}

int
catalogue_parse(struct catalogue *out, const char *file, const char *text, size_t n,
    struct report *errors, struct report *warnings)
{
	struct config_doc doc;
	int r;

	*out = (struct catalogue){ .n = 0 };
	r = config_doc_parse(&doc, file, text, n, errors);
	if (r == 0)
		r = read_doc(&doc, errors, warnings, out);
	config_doc_clear(&doc);
	return r;
}

int
catalogue_read(
    struct catalogue *out, const char *file, struct report *errors, struct report *warnings)
{
	struct config_doc doc;
	int r;

	*out = (struct catalogue){ .n = 0 };
	r = config_doc_read(&doc, file, errors);
	if (r == 0)
		r = read_doc(&doc, errors, warnings, out);
	config_doc_clear(&doc);
	return r;
}

void
catalogue_clear(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->n; i++)
		upstream_spec_clear(&catalogue->entries[i].spec);
	free(catalogue->entries);
	*catalogue = (struct catalogue){ .n = 0 };
}

struct catalogue_entry *
catalogue_find(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n; i++) {
		const char *other = catalogue->entries[i].spec.name;

		if (other && strcmp(other, name) == 0)
			return &catalogue->entries[i];
	}
	return NULL;
}
