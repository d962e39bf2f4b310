#include "policy/split_trust.h"

#include "policy/anchors.h"
#include "policy/nametable.h"
#include "policy/suffix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_TEXT_MAX = 80 };

static enum dnssec_mode
read_mode(const char *text, bool has_anchors)
{
	if (!text)
		return has_anchors ? DNSSEC_VALIDATE : DNSSEC_OFF;
	if (strcmp(text, "validate") == 0)
		return DNSSEC_VALIDATE;
	return strcmp(text, "trust") == 0 ? DNSSEC_TRUST : DNSSEC_OFF;
}

void
split_trust_build(
    struct config_load *load, struct split_rule *rule, const json_t *entry, const char *rule_path)
{
	const char *mode = json_string_value(json_object_get(entry, "dnssec"));
	const char *file = json_string_value(json_object_get(entry, "trust_anchors"));
	char path[PATH_TEXT_MAX];
	struct why why = { "" };
	int err;

	rule->dnssec = read_mode(mode, file != NULL);
	if (rule->dnssec == DNSSEC_VALIDATE && !file) {
		snprintf(path, sizeof(path), "%.40s/dnssec", rule_path);
		config_error(load, path,
		    "\"validate\" needs the keys of the rule's own zones; write \"trust_anchors\": "
		    "\"FILE\" beside it");
		return;
	}
	if (!file)
		return;
	snprintf(path, sizeof(path), "%.40s/trust_anchors", rule_path);
	if (rule->dnssec != DNSSEC_VALIDATE) {
		config_error(load, path,
		    "has no use with \"dnssec\": \"%s\"; leave it out, or write \"validate\"",
		    mode);
		return;
	}
	err = anchors_read(file, &rule->anchors, &rule->nanchors, &why);
	if (err == -ENOMEM)
		load->report.nomem = true;
	else if (err)
		config_error(load, path, "%s", why.text);
}

static void
check_rule(struct config_load *load, const struct split_rule *rule, unsigned number)
{
	char path[PATH_TEXT_MAX], text[NAME_TEXT_MAX];
	struct question domain = { .type = TYPE_A };
	struct nametable_walk walk;
	struct suffix_match match;

	for (size_t i = 0; i < rule->nanchors; i++) {
		nametable_walk(&walk, &rule->anchors[i].name);
		suffixes_match(load->policy->suffixes, &walk, &match);
		if (match.owner.rule == number + 1)
			continue;
		snprintf(path, sizeof(path), "/split/%u/trust_anchors", number);
		config_error(load, path,
		    "has an anchor for %.150s, which is not one of this rule's names; leave it out",
		    name_to_text(&rule->anchors[i].name, text));
	}
	for (size_t i = 0; rule->nanchors && i < rule->ndomains; i++) {
		domain.name = rule->domains[i];
		if (anchors_cover(rule->anchors, rule->nanchors, &domain))
			continue;
		snprintf(path, sizeof(path), "/split/%u/trust_anchors", number);
		config_error(load, path,
		    "has no anchor for \"%.150s\"; add one, or write that domain in another rule",
		    rule->domain_texts[i]);
	}
}

void
split_trust_check(struct config_load *load)
{
	for (size_t i = 0; i < load->policy->nrules; i++)
		check_rule(load, &load->policy->rules[i], (unsigned)i);
}
