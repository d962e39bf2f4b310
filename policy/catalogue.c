#include "policy/catalogue.h"

#include "policy/config_doc.h"
#include "policy/url.h"
#include "policy/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const struct config_doc *doc;
	struct report *report;
};

static enum claim
claim(const json_t *entry, const char *key)
{
	const json_t *v = json_object_get(entry, key);

	if (!json_is_boolean(v))
		return CLAIM_UNKNOWN;
	return json_is_true(v) ? CLAIM_YES : CLAIM_NO;
}

static int
refuse(const struct reader *r, const char *path, const char *why)
{
	config_doc_error(r->doc, r->report, path, "%s", why);
	return -EINVAL;
}

/* Picks the entry's URL: DoH before DoT; schemes that are not known are passed over. Returns 1 when
 * there is one, 0 when there is none, or -EINVAL. */
static int
pick_url(const struct reader *r, const json_t *urls, const char *path, struct url *out)
{
	static const char *const prefixes[] = { "https://", "tls://" };
	struct why why = { "" };

	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < json_array_size(urls); i++) {
			const char *text = json_string_value(json_array_get(urls, i));

			if (!text || strncmp(text, prefixes[p], strlen(prefixes[p])) != 0)
				continue;
			if (url_parse(out, text, &why) < 0)
				return refuse(r, path, why.text);
			return 1;
		}
	}
	return 0;
}

static int
read_addresses(const struct reader *r, const json_t *addresses, const char *path, uint16_t port,
    struct upstream_spec *spec)
{
	size_t n = json_array_size(addresses);
	struct why why = { "" };

	if (n == 0 || n > SPEC_ADDRESSES_MAX)
		return refuse(r, path, "has no addresses, or more than 8; write 1 to 8");
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(addresses, i));

		if (!text)
			return refuse(
			    r, path, "has an address that is no text; write it in quotes");
		if (value_addr(text, port, false, &spec->addresses[i], &why) < 0)
			return refuse(r, path, why.text);
	}
	spec->naddresses = n;
	return 0;
}

static int
copy_texts(
    struct upstream_spec *spec, const char *name, const char *operator_name, const struct url *url)
{
	spec->name = strdup(name);
	spec->operator_name = operator_name ? strdup(operator_name) : NULL;
	spec->host = url->host[0] ? strdup(url->host) : NULL;
	spec->path = url->scheme == SCHEME_HTTPS ? strdup(url->path) : NULL;
	if (!spec->name || (operator_name && !spec->operator_name) ||
	    (url->host[0] && !spec->host) || (url->scheme == SCHEME_HTTPS && !spec->path))
		return -ENOMEM;
	return 0;
}

/* Returns 1 when *out is filled, 0 when the entry has nothing that we speak, or -errno. */
static int
read_entry(
    const struct reader *r, const json_t *entry, const char *path, struct catalogue_entry *out)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	struct why why = { "" };
	struct url url;
	int found;

	if (!name)
		return refuse(r, path, "has no \"name\"; write a text in quotes");
	if (value_label(name, &why) < 0)
		return refuse(r, path, why.text);
	found = pick_url(r, json_object_get(entry, "urls"), path, &url);
	if (found <= 0)
		return found;
	out->spec.scheme = url.scheme;
	if (read_addresses(r, json_object_get(entry, "addresses"), path, url.port, &out->spec) < 0)
		return -EINVAL;
	out->logs = claim(entry, "logs");
	out->filters = claim(entry, "filters");
	out->dnssec = claim(entry, "dnssec");
	if (copy_texts(
		&out->spec, name, json_string_value(json_object_get(entry, "operator")), &url) < 0)
		return -ENOMEM;
	return 1;
}

static int
read_all(const struct reader *r, const json_t *array, struct catalogue *out)
{
	int result = 0;

	if (!json_is_array(array) || json_array_size(array) > CATALOGUE_MAX)
		return refuse(r, "/providers", "is not an array of at most 512; write one");
	out->entries = calloc(json_array_size(array) + 1, sizeof(*out->entries));
	if (!out->entries)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct catalogue_entry *entry = &out->entries[out->n];
		char path[48];
		int e;

		snprintf(path, sizeof(path), "/providers/%zu", i);
		e = read_entry(r, json_array_get(array, i), path, entry);
		if (e > 0 && catalogue_find(out, entry->spec.name))
			e = refuse(r, path, "has a name that is taken; write another");
		if (e > 0) {
			out->n++;
			continue;
		}
		upstream_spec_clear(&entry->spec);
		if (e == -ENOMEM)
			return e;
		result = e < 0 ? e : result;
	}
	return result;
}

int
catalogue_read(struct catalogue *out, const char *file, struct report *report)
{
	struct config_doc doc;
	struct reader reader = { .doc = &doc, .report = report };
	int r;

	*out = (struct catalogue){ .n = 0 };
	r = config_doc_read(&doc, file, report);
	if (r == 0)
		r = read_all(&reader, json_object_get(doc.root, "providers"), out);
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
