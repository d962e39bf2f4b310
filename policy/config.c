#include "policy/config.h"

#include "policy/anchors.h"
#include "policy/config_check.h"
#include "policy/config_load.h"
#include "policy/fingerprint.h"
#include "policy/lists.h"
#include "policy/registrable.h"
#include "policy/schema.h"
#include "policy/suffix.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STUBD_ETC_DIR
#define STUBD_ETC_DIR "/etc/stubd"
#endif

enum { CONFIG_FILES_MAX = 256 };

/* --- files ------------------------------------------------------------------------------------ */

static void
note_nomem(struct config_load *load, int r)
{
	if (r == -ENOMEM)
		load->report.nomem = true;
}

/* The next free document, or NULL: reported. */
static struct config_doc *
new_doc(struct config_load *load, const char *file)
{
	if (!load->docs)
		load->docs = calloc(CONFIG_FILES_MAX, sizeof(*load->docs));
	if (!load->docs) {
		load->report.nomem = true;
		return NULL;
	}
	if (load->ndocs == CONFIG_FILES_MAX) {
		report_add(&load->report, file, 1, "/", "is one file too many; write at most %d",
		    CONFIG_FILES_MAX);
		return NULL;
	}
	return &load->docs[load->ndocs++];
}

/* may_be_missing: then a file that is not there is no error. */
static void
read_file(struct config_load *load, const char *file, bool may_be_missing)
{
	struct config_doc *doc = new_doc(load, file);
	int r;

	if (!doc)
		return;
	r = config_doc_read(doc, file, &load->report);
	note_nomem(load, r);
	if (r < 0 && !doc->file) {
		load->ndocs--;
		load->incomplete |= r != -ENOENT || !may_be_missing;
		if (r == -EFBIG)
			report_add(&load->report, file, 1, "/",
			    "is larger than %d octets; write a shorter one", CONFIG_FILE_MAX);
		else if (r != -ENOENT || !may_be_missing)
			report_add(&load->report, file, 1, "/",
			    "cannot be read: %s; name a file that can", strerror(-r));
	}
}

static int
is_drop_in(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_dir(struct config_load *load, const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_drop_in, by_name);
	char path[PATH_MAX];

	if (n < 0 && errno != ENOENT)
		report_add(&load->report, dir, 1, "/", "cannot be read: %s; mend the folder",
		    strerror(errno));
	for (int i = 0; i < n; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) <
		    sizeof(path))
			read_file(load, path, false);
		free(entries[i]);
	}
	free(entries);
}

static void
read_files(struct config_load *load)
{
	const struct policy_load_options *o = load->options;

	read_file(load, o->file ? o->file : STUBD_ETC_DIR "/stubd.json", !o->file);
	if (o->dir || !o->file)
		read_dir(load, o->dir ? o->dir : STUBD_ETC_DIR "/stubd.d");
}

static void
read_text(struct config_load *load, const char *name, const char *text, size_t n)
{
	struct config_doc *doc = new_doc(load, name);

	if (doc)
		note_nomem(load, config_doc_parse(doc, name, text, n, &load->report));
}

/* --- merging ---------------------------------------------------------------------------------- */

/* Sets a default at its place; the objects around it came before it in the schema. */
static void
set_default(json_t *root, const struct schema_key *key)
{
	char parent[64] = "/";
	const char *slash = strrchr(key->path, '/');
	json_t *value = json_loads(key->fallback, JSON_DECODE_ANY, NULL);

	assert(value);
	if (slash)
		snprintf(parent, sizeof(parent), "/%.*s", (int)(slash - key->path), key->path);
	json_object_set_new(config_doc_at(root, parent), slash ? slash + 1 : key->path, value);
}

static void
merge(struct config_load *load)
{
	load->merged = json_object();
	for (size_t i = 0; load->merged && i < schema_keys; i++) {
		if (schema[i].fallback)
			set_default(load->merged, &schema[i]);
	}
	for (size_t i = 0; load->merged && i < load->ndocs; i++) {
		/* A copy: merging into it must not change what another file says. */
		json_t *copy = json_deep_copy(load->docs[i].root);

		if (load->docs[i].root &&
		    (!copy || json_object_update_recursive(load->merged, copy) < 0))
			load->report.nomem = true;
		json_decref(copy);
	}
	if (!load->merged)
		load->report.nomem = true;
}

static void
note_files(struct config_load *load)
{
	struct policy *p = load->policy;

	p->files = calloc(load->ndocs + 1, sizeof(*p->files));
	for (size_t i = 0; p->files && i < load->ndocs; i++) {
		p->files[i] = config_strdup(load, load->docs[i].file);
		p->nfiles++;
	}
	if (!p->files)
		load->report.nomem = true;
}

/* Checks, merges and builds what was read; ends the load. */
static int
finish(struct config_load *load, struct policy **out, struct policy_errors *errors)
{
	int r = 0;

	for (size_t i = 0; i < load->ndocs; i++) {
		load->incomplete |= !load->docs[i].root;
		config_check(&load->docs[i], &load->report);
	}
	merge(load);
	load->policy = calloc(1, sizeof(*load->policy));
	if (load->policy && load->merged) {
		note_files(load);
		/* What a file that cannot be read would have said is not known: no guesses. */
		if (!load->incomplete)
			config_build(load);
	}
	if (load->policy && load->merged)
		load->policy->fingerprint = fingerprint_of(load->merged, load->policy);
	if (!load->policy || load->report.nomem || load->warnings.nomem)
		r = -ENOMEM;
	else if (load->report.n)
		r = -EINVAL;
	for (size_t i = 0; i < load->ndocs; i++)
		config_doc_clear(&load->docs[i]);
	free(load->docs);
	json_decref(load->merged);
	if (r == 0) {
		*out = load->policy;
		(*out)->warnings =
		    (struct policy_errors){ .lines = load->warnings.lines, .n = load->warnings.n };
		report_clear(&load->report);
		return 0;
	}
	policy_free(load->policy);
	report_clear(&load->warnings);
	if (r == -EINVAL) {
		*errors =
		    (struct policy_errors){ .lines = load->report.lines, .n = load->report.n };
		return r;
	}
	report_clear(&load->report);
	return r;
}

int
policy_load(
    const struct policy_load_options *options, struct policy **out, struct policy_errors *errors)
{
	struct config_load load = { .options = options };

	read_files(&load);
	return finish(&load, out, errors);
}

int
policy_load_text(const char *text, size_t n, const char *name,
    const struct policy_load_options *options, struct policy **out, struct policy_errors *errors)
{
	struct config_load load = { .options = options };

	read_text(&load, name, text, n);
	return finish(&load, out, errors);
}

void
policy_errors_clear(struct policy_errors *errors)
{
	struct report report = { .lines = errors->lines, .n = errors->n };

	report_clear(&report);
	*errors = (struct policy_errors){ .n = 0 };
}

/* --- the snapshot ----------------------------------------------------------------------------- */

static void
free_rule(struct split_rule *rule)
{
	for (size_t i = 0; rule->domain_texts && i < rule->ndomains; i++)
		free(rule->domain_texts[i]);
	free(rule->domain_texts);
	free(rule->domains);
	free(rule->link);
	anchors_free(rule->anchors, rule->nanchors);
}

bool
policy_has_step(const struct policy *policy, enum miss_step step)
{
	for (size_t i = 0; i < policy->non_miss; i++) {
		if (policy->on_miss[i] == step)
			return true;
	}
	return false;
}

bool
policy_validates(const struct policy *policy)
{
	for (size_t i = 0; i < policy->nrules; i++)
		if (policy->rules[i].dnssec == DNSSEC_VALIDATE)
			return true;
	return policy->dnssec == DNSSEC_VALIDATE;
}

struct policy *
policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	for (size_t i = 0; i < policy->nupstreams; i++) {
		upstream_spec_clear(policy->upstreams[i]);
		free(policy->upstreams[i]);
	}
	for (size_t i = 0; i < policy->nrules; i++)
		free_rule(&policy->rules[i]);
	for (size_t i = 0; i < policy->nfiles; i++)
		free(policy->files[i]);
	free(policy->listen);
	free(policy->upstreams);
	free(policy->rules);
	lists_free(policy->lists, policy->nlists);
	suffixes_free(policy->suffixes);
	registrable_free(policy->public_suffixes);
	hosts_free(policy->hosts);
	rebinding_clear(&policy->rebinding);
	network_clear(&policy->network);
	clients_clear(&policy->clients);
	doh_clear(&policy->doh);
	free(policy->root_hints);
	free(policy->trust_anchors);
	free(policy->control);
	free(policy->state);
	free(policy->catalogue);
	free(policy->files);
	policy_errors_clear(&policy->warnings);
	free(policy);
	return NULL;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

size_t
policy_restart_keys(
    const struct policy *a, const struct policy *b, const char *out[POLICY_RESTART_KEYS])
{
	size_t n = 0;

	if (!addrs_equal(a->listen, a->nlisten, b->listen, b->nlisten))
		out[n++] = "listen";
	if (!same_text(a->root_hints, b->root_hints))
		out[n++] = "engine/root_hints";
	if (!same_text(a->trust_anchors, b->trust_anchors))
		out[n++] = "engine/trust_anchors";
	if (a->cache_size != b->cache_size)
		out[n++] = "cache/size";
	if (!same_text(a->control, b->control))
		out[n++] = "control";
	if (!same_text(a->state, b->state))
		out[n++] = "state";
	if (a->workers != b->workers)
		out[n++] = "workers";
	out[n] = NULL;
	return n;
}

const char *
privacy_text(enum privacy v)
{
	static const char *const texts[] = { "encrypted", "strict", "opportunistic" };

	assert((unsigned)v < sizeof(texts) / sizeof(*texts));
	return texts[v];
}

const char *
strategy_text(enum strategy v)
{
	static const char *const texts[] = { "one", "spread", "shard", "fastest", "ordered" };

	assert((unsigned)v < sizeof(texts) / sizeof(*texts));
	return texts[v];
}

const char *
miss_step_text(enum miss_step v)
{
	static const char *const texts[] = { "providers", "network", "recurse" };

	assert((unsigned)v < sizeof(texts) / sizeof(*texts));
	return texts[v];
}

const char *
dnssec_mode_text(enum dnssec_mode v)
{
	static const char *const texts[] = { "off", "trust", "validate" };

	assert((unsigned)v < sizeof(texts) / sizeof(*texts));
	return texts[v];
}

const char *
dns64_mode_text(enum dns64_mode v)
{
	static const char *const texts[] = { "never", "auto", "always" };

	assert((unsigned)v < sizeof(texts) / sizeof(*texts));
	return texts[v];
}
