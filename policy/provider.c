#include "policy/provider.h"

#include "policy/catalogue.h"
#include "policy/config_load.h"
#include "policy/lists.h"
#include "policy/stamp.h"
#include "policy/url.h"
#include "policy/value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STUBD_DATA_DIR
#define STUBD_DATA_DIR "/usr/share/stubd"
#endif

enum { PATH_TEXT_MAX = 80 };

/* A custom provider; name is NULL where it is missing, spec empty where something was wrong. */
struct custom {
	const char *name; /* borrowed from the JSON */
	struct upstream_spec spec;
	bool good;
};

struct offers {
	struct config_load *load;
	struct custom *custom; /* owned */
	size_t ncustom;
	struct catalogue catalogue;
	bool broken; /* the catalogue could not be read: reported */
};

/* --- custom providers ------------------------------------------------------------------------- */

static int
read_addresses(struct config_load *load, const json_t *array, const char *path,
    const struct url *url, struct upstream_spec *spec)
{
	struct why why = { "" };

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && value_addr(text, url->port, false, &spec->addresses[spec->naddresses],
				&why) == 0)
			spec->naddresses++;
	}
	if (json_array_size(array) > 0)
		return spec->naddresses ? 0 : -EINVAL;
	if (spec->naddresses)
		return 0;
	if (!url->literal) {
		config_error(load, path,
		    "has no \"addresses\", and nothing is resolved for it; write where %s is, like "
		    "[ \"192.0.2.1\" ]",
		    url->host);
		return -EINVAL;
	}
	spec->addresses[spec->naddresses++] = url->addr;
	return 0;
}

static void
read_pins(const json_t *array, struct upstream_spec *spec)
{
	struct why why = { "" };

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && value_pin(text, spec->pins[spec->npins], &why) == 0)
			spec->npins++;
	}
}

/* What a plain provider may not be, or have. */
static int
check_plain(struct config_load *load, const json_t *entry, const char *path)
{
	char at[PATH_TEXT_MAX + 8];

	if (load->policy->privacy != PRIVACY_OPPORTUNISTIC) {
		snprintf(at, sizeof(at), "%s/%s", path,
		    json_object_get(entry, "stamp") ? "stamp" : "url");
		config_error(load, at,
		    "is plain DNS, which privacy \"%s\" does not allow; write an https:// or "
		    "tls:// "
		    "URL, or \"privacy\": \"opportunistic\"",
		    privacy_text(load->policy->privacy));
		return -EINVAL;
	}
	if (json_array_size(json_object_get(entry, "pins")) > 0 ||
	    json_is_string(json_object_get(entry, "ca_file"))) {
		config_error(load, path,
		    "has \"pins\" or a \"ca_file\", which plain DNS cannot check; leave them out");
		return -EINVAL;
	}
	if (json_object_get(entry, "ecs")) {
		config_error(
		    load, path, "has \"ecs\", which is for encrypted providers; leave it out");
		return -EINVAL;
	}
	return 0;
}

/* Where it is: by a URL or by a stamp, which may bring the address and hashes along. What is wrong
 * with one of them was reported when it was checked. */
static int
read_place(const json_t *entry, struct url *url, struct upstream_spec *spec)
{
	const json_t *written = json_object_get(entry, "url");
	const json_t *stamped = json_object_get(entry, "stamp");
	struct why why = { "" };
	struct stamp stamp;

	if (written)
		return json_is_string(written) ? url_parse(url, json_string_value(written), &why)
					       : -EINVAL;
	if (!json_is_string(stamped) || stamp_parse(&stamp, json_string_value(stamped), &why) < 0)
		return -EINVAL;
	*url = stamp.url;
	spec->claims = stamp.claims;
	spec->nhashes = stamp.nhashes;
	memcpy(spec->hashes, stamp.hashes, sizeof(spec->hashes));
	if (stamp.has_address && json_array_size(json_object_get(entry, "addresses")) == 0)
		spec->addresses[spec->naddresses++] = stamp.address;
	return 0;
}

/* The second URL. Returns 0 when there is none or all is well; else it is reported. */
static int
read_other(
    struct config_load *load, const json_t *entry, const char *path, struct upstream_spec *spec)
{
	const char *text = json_string_value(json_object_get(entry, "other_url"));
	struct why why = { "" };
	char at[PATH_TEXT_MAX + 16];
	struct url url;

	if (!text)
		return 0;
	if (url_parse(&url, text, &why) < 0)
		return -EINVAL; /* the schema has reported it */
	if (url.scheme == SCHEME_DNS || spec->scheme == SCHEME_DNS || url.scheme == spec->scheme) {
		snprintf(at, sizeof(at), "%s/other_url", path);
		config_error(load, at,
		    "is not the other encrypted transport; write a tls:// URL beside an https:// "
		    "one, or an https:// URL beside a tls:// one");
		return -EINVAL;
	}
	if (upstream_spec_add_other(spec, &url) < 0)
		load->report.nomem = true;
	return 0;
}

static void
read_custom(struct config_load *load, const json_t *entry, const char *path, struct custom *out)
{
	const char *ca_file = json_string_value(json_object_get(entry, "ca_file"));
	struct upstream_spec *spec = &out->spec;
	const char *ecs;
	char at[PATH_TEXT_MAX + 8];
	struct url url;

	snprintf(at, sizeof(at), "%s/ca_file", path);
	out->name = json_string_value(json_object_get(entry, "name"));
	if (read_place(entry, &url, spec) < 0)
		return;
	spec->scheme = url.scheme;
	read_pins(json_object_get(entry, "pins"), spec);
	if (read_addresses(load, json_object_get(entry, "addresses"), path, &url, spec) < 0 ||
	    (url.scheme == SCHEME_DNS && check_plain(load, entry, path) < 0) ||
	    config_check_readable(load, at, ca_file) < 0 || !out->name)
		return;
	spec->name = config_strdup(load, out->name);
	spec->host = config_strdup(load, url.host[0] ? url.host : NULL);
	spec->path = config_strdup(load, url.scheme == SCHEME_HTTPS ? url.path : NULL);
	ecs = json_string_value(json_object_get(entry, "ecs"));
	spec->ecs = !ecs || strcmp(ecs, "off") == 0 ? ECS_OFF
		    : strcmp(ecs, "zero") == 0	    ? ECS_ZERO
						    : ECS_PASS;
	spec->untied = json_is_false(json_object_get(entry, "tickets"));
	spec->ca_file = config_strdup(load, ca_file);
	out->good = read_other(load, entry, path, spec) == 0;
}

static struct custom *
find_custom(const struct offers *offers, const char *name)
{
	for (size_t i = 0; i < offers->ncustom; i++) {
		if (offers->custom[i].name && strcmp(offers->custom[i].name, name) == 0)
			return &offers->custom[i];
	}
	return NULL;
}

static void
read_customs(struct offers *offers)
{
	const json_t *array = config_at(offers->load, "/providers/custom");
	size_t n = json_array_size(array);
	char path[PATH_TEXT_MAX];

	offers->custom = calloc(n + 1, sizeof(*offers->custom));
	if (!offers->custom) {
		offers->load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct custom one = { .name = NULL };

		snprintf(path, sizeof(path), "/providers/custom/%zu", i);
		if (json_is_object(json_array_get(array, i)))
			read_custom(offers->load, json_array_get(array, i), path, &one);
		if (one.name && find_custom(offers, one.name)) {
			config_error(offers->load, path,
			    "has the name \"%s\", which is taken; write another", one.name);
			upstream_spec_clear(&one.spec);
			one.good = false;
		}
		offers->custom[offers->ncustom++] = one;
	}
}

/* --- the catalogue ---------------------------------------------------------------------------- */

/* The catalogue may be missing where nobody wrote it and there is something else to ask. */
static bool
may_be_missing(const struct offers *offers)
{
	return !config_written(offers->load, "/providers/catalogue") &&
	       (offers->ncustom > 0 || !policy_has_step(offers->load->policy, MISS_PROVIDERS));
}

static void
read_catalogue(struct offers *offers)
{
	struct config_load *load = offers->load;
	const char *dir = load->options->data_dir ? load->options->data_dir : STUBD_DATA_DIR;
	const char *file = config_text(load, "/providers/catalogue");
	char shipped[PATH_MAX];
	int r;

	if (!file && config_written(load, "/providers/catalogue"))
		return;
	snprintf(shipped, sizeof(shipped), "%s/providers.brief.json", dir);
	file = file ? file : shipped;
	r = catalogue_read(&offers->catalogue, file, &load->report, &load->warnings);
	offers->broken = r < 0;
	if (r == 0)
		load->policy->catalogue = config_strdup(load, file);
	if (r == -ENOMEM)
		load->report.nomem = true;
	else if (r == -ENOENT && may_be_missing(offers))
		offers->broken = false;
	else if (r < 0 && r != -EINVAL)
		config_error(load, "/providers/catalogue",
		    "\"%s\" cannot be read: %s; name the file, or write null and \"custom\" "
		    "providers",
		    file, strerror(-r));
}

/* --- choosing --------------------------------------------------------------------------------- */

static bool
meets(struct config_load *load, const char *path, enum claim claim)
{
	const json_t *v = config_at(load, path);

	if (!json_is_boolean(v))
		return true;
	return claim == (json_is_true(v) ? CLAIM_YES : CLAIM_NO);
}

static void
take_custom(struct offers *offers, struct custom *custom)
{
	char path[PATH_TEXT_MAX];

	if (!custom->good)
		return;
	custom->good = false;
	snprintf(path, sizeof(path), "/providers/custom/%zu", (size_t)(custom - offers->custom));
	config_add_upstream(offers->load, path, &custom->spec);
}

static void
take_entry(struct offers *offers, const char *path, struct catalogue_entry *entry)
{
	entry->spec.claims = (entry->dnssec == CLAIM_YES ? SPEC_DNSSEC : 0) |
			     (entry->logs == CLAIM_NO ? SPEC_NO_LOGS : 0) |
			     (entry->filters == CLAIM_NO ? SPEC_NO_FILTER : 0);
	config_add_upstream(offers->load, path, &entry->spec);
}

static void
take_all(struct offers *offers)
{
	for (size_t i = 0; i < offers->ncustom; i++)
		take_custom(offers, &offers->custom[i]);
	for (size_t i = 0; i < offers->catalogue.n; i++) {
		struct catalogue_entry *entry = &offers->catalogue.entries[i];

		if (find_custom(offers, entry->spec.name) ||
		    !meets(offers->load, "/providers/require/logs", entry->logs) ||
		    !meets(offers->load, "/providers/require/filters", entry->filters))
			continue;
		take_entry(offers, "/providers/catalogue", entry);
	}
}

static bool
chosen_before(const json_t *choose, size_t i, const char *name)
{
	for (size_t j = 0; j < i; j++) {
		const char *other = json_string_value(json_array_get(choose, j));

		if (other && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

static void
take_chosen(struct offers *offers, const json_t *choose, size_t i)
{
	const char *name = json_string_value(json_array_get(choose, i));
	struct custom *custom;
	struct catalogue_entry *entry;
	char path[PATH_TEXT_MAX];

	if (!name)
		return;
	snprintf(path, sizeof(path), "/providers/choose/%zu", i);
	if (chosen_before(choose, i, name)) {
		config_error(offers->load, path, "\"%s\" is chosen twice; write it once", name);
		return;
	}
	custom = find_custom(offers, name);
	if (custom) {
		take_custom(offers, custom);
		return;
	}
	entry = catalogue_find(&offers->catalogue, name);
	if (entry) {
		take_entry(offers, path, entry);
	} else if (!offers->broken) {
		config_error(offers->load, path,
		    "\"%s\" is neither in the catalogue nor in a list nor a custom provider; write "
		    "one of their "
		    "names",
		    name);
	}
}

static void
check_any(struct config_load *load)
{
	const struct policy *p = load->policy;

	if (policy_has_step(p, MISS_PROVIDERS) && p->nproviders == 0 && load->report.n == 0)
		config_error(load, "/providers",
		    "leaves no provider to ask; choose one, loosen \"require\", write a "
		    "\"custom\" one, or \"on_miss\": [ \"recurse\" ]");
}

void
provider_build(struct config_load *load)
{
	struct offers offers = { .load = load };
	const json_t *choose = config_at(load, "/providers/choose");

	read_customs(&offers);
	if (load->report.nomem)
		goto end;
	read_catalogue(&offers);
	lists_read(load, &offers.catalogue);
	for (size_t i = 0; i < json_array_size(choose); i++)
		take_chosen(&offers, choose, i);
	if (json_array_size(choose) == 0)
		take_all(&offers);
	load->policy->nproviders = load->policy->nupstreams;
	for (size_t i = 0; i < load->policy->nproviders; i++)
		load->policy->ecs_pass |= load->policy->upstreams[i]->ecs == ECS_PASS;
	check_any(load);
end:
	for (size_t i = 0; i < offers.ncustom; i++)
		upstream_spec_clear(&offers.custom[i].spec);
	free(offers.custom);
	catalogue_clear(&offers.catalogue);
}
