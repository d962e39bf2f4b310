#include "policy/split.h"

#include "policy/config_check.h"
#include "policy/config_load.h"
#include "policy/prefix.h"
#include "policy/split_trust.h"
#include "policy/suffix.h"
#include "policy/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 80 };

/* Makes the rule, and nobody else, the owner of a suffix. */
static void
add_domain(struct config_load *load, struct split_rule *rule, const char *path, const char *text,
    const struct name *name)
{
	const uint16_t number = (uint16_t)(rule - load->policy->rules);
	struct suffix_owner *owner = suffixes_owner(load->policy->suffixes, name);
	size_t n = rule->ndomains;

	if (!owner) {
		load->report.nomem = true;
		return;
	}
	if (owner->rule) {
		config_error(load, path, "\"%s\" is in /split/%u already; write it once", text,
		    owner->rule - 1u);
		return;
	}
	if (n == POLICY_RULE_DOMAINS_MAX) {
		config_error(load, path,
		    "is one domain or reverse zone too many; write at most %d in one rule",
		    POLICY_RULE_DOMAINS_MAX);
		return;
	}
	rule->domain_texts[n] = config_strdup(load, text);
	rule->domains[n] = *name;
	rule->ndomains++;
	owner->rule = (uint16_t)(number + 1);
	owner->domain = (uint16_t)n;
}

static void
add_prefix(struct config_load *load, struct split_rule *rule, const char *path, const char *text)
{
	struct prefix prefix;
	struct name zone;
	struct why why = { "" };
	size_t before = load->report.n;

	if (prefix_from_text(&prefix, text, &why) < 0)
		return;
	for (size_t i = 0; i < prefix_zones(&prefix) && load->report.n == before; i++) {
		prefix_zone(&prefix, i, &zone);
		add_domain(load, rule, path, text, &zone);
	}
}

static void
build_domains(
    struct config_load *load, struct split_rule *rule, const json_t *array, const char *rule_path)
{
	char path[PATH_TEXT_MAX];
	struct name name;

	rule->domains = calloc(POLICY_RULE_DOMAINS_MAX, sizeof(*rule->domains));
	rule->domain_texts = calloc(POLICY_RULE_DOMAINS_MAX, sizeof(*rule->domain_texts));
	if (!rule->domains || !rule->domain_texts) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		snprintf(path, sizeof(path), "%.40s/domains/%zu", rule_path, i);
		if (!text)
			continue;
		if (strchr(text, '/'))
			add_prefix(load, rule, path, text);
		else if (name_from_text(&name, text) == 0)
			add_domain(load, rule, path, text, &name);
	}
	/* Most rules own a few names: give the rest back. */
	if (rule->ndomains > 0) {
		void *names = reallocarray(rule->domains, rule->ndomains, sizeof(*rule->domains));
		void *texts =
		    reallocarray(rule->domain_texts, rule->ndomains, sizeof(*rule->domain_texts));

		rule->domains = names ? names : rule->domains;
		rule->domain_texts = texts ? texts : rule->domain_texts;
	}
}

/* The server's name for status and logs: the rule's first domain and the server as written. */
static char *
server_name(struct config_load *load, const struct split_rule *rule, const char *text)
{
	char name[400];

	snprintf(name, sizeof(name), "%s/%.100s", rule->ndomains ? rule->domain_texts[0] : "split",
	    text);
	return config_strdup(load, name);
}

static void
build_server(struct config_load *load, struct split_rule *rule, const json_t *entry,
    const char *text, const char *path)
{
	const json_t *timeout = json_object_get(entry, "timeout");
	struct upstream_spec spec = { .split = true, .timeout = SPLIT_TIMEOUT_DEFAULT };
	struct url url;
	struct why why = { "" };

	if (url_parse(&url, text, &why) < 0)
		return;
	if (timeout)
		spec.timeout = (uint32_t)config_time(timeout);
	spec.scheme = url.scheme;
	spec.addresses[spec.naddresses++] = url.addr;
	spec.name = server_name(load, rule, text);
	spec.host = config_strdup(load, url.host[0] ? url.host : NULL);
	spec.link = config_strdup(load, rule->link);
	if (url.scheme == SCHEME_TLS)
		spec.ca_file =
		    config_strdup(load, json_string_value(json_object_get(entry, "ca_file")));
	if (config_add_upstream(load, path, &spec) >= 0)
		rule->nupstreams++;
}

static void
build_servers(
    struct config_load *load, struct split_rule *rule, const json_t *entry, const char *rule_path)
{
	const json_t *array = json_object_get(entry, "servers");
	char path[PATH_TEXT_MAX];

	rule->first_upstream = (uint16_t)load->policy->nupstreams;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));
		bool twice = false;

		snprintf(path, sizeof(path), "%.40s/servers/%zu", rule_path, i);
		for (size_t j = 0; text && j < i; j++) {
			const char *other = json_string_value(json_array_get(array, j));

			twice |= other && strcmp(other, text) == 0;
		}
		if (twice)
			config_error(load, path, "\"%s\" is listed twice; write it once", text);
		else if (text)
			build_server(load, rule, entry, text, path);
	}
}

/* A private CA that cannot be read, or that no server would be checked by, is a mistake. */
static void
check_ca(struct config_load *load, const struct split_rule *rule, const json_t *entry,
    const char *rule_path)
{
	const char *file = json_string_value(json_object_get(entry, "ca_file"));
	const struct policy *p = load->policy;
	bool encrypted = false;
	char path[PATH_TEXT_MAX];

	for (size_t i = rule->first_upstream; i < p->nupstreams; i++)
		encrypted |= p->upstreams[i]->scheme == SCHEME_TLS;
	snprintf(path, sizeof(path), "%.40s/ca_file", rule_path);
	if (config_check_readable(load, path, file) == 0 && file && !encrypted)
		config_error(load, rule_path,
		    "has a \"ca_file\", but no tls:// server to check by it; leave it out");
}

void
split_build(struct config_load *load)
{
	const json_t *array = config_at(load, "/split");
	struct policy *p = load->policy;
	size_t n = json_array_size(array);
	char path[PATH_TEXT_MAX];

	p->rules = calloc(n + 1, sizeof(*p->rules));
	if (!p->rules) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < n && i < POLICY_RULES_MAX; i++) {
		const json_t *entry = json_array_get(array, i);
		struct split_rule *rule = &p->rules[p->nrules++];

		snprintf(path, sizeof(path), "/split/%zu", i);
		rule->link = config_strdup(load, json_string_value(json_object_get(entry, "link")));
		build_domains(load, rule, json_object_get(entry, "domains"), path);
		build_servers(load, rule, entry, path);
		check_ca(load, rule, entry, path);
		split_trust_build(load, rule, entry, path);
	}
	split_trust_check(load);
}
