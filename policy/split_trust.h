/*
 * DNSSEC of split rules. A rule's names are proved from the rule's own trust anchors, or not at all: the
 * public parents know nothing of a private zone, and would prove that it does not exist.
 *
 * Each anchor has to be of a name that the rule owns, and each domain of the rule has to be at or below
 * one: so that keys and delegations are asked of the rule's servers alone, and nothing is left unproved
 * by oversight.
 */
#ifndef POLICY_SPLIT_TRUST_H
#define POLICY_SPLIT_TRUST_H

#include "policy/config_load.h"

struct split_rule;

/* Reads the rule's mode and anchors from its entry; errors are reported. */
void split_trust_build(
    struct config_load *load, struct split_rule *rule, const json_t *entry, const char *rule_path);

/* Compares anchors and domains, once all rules are built. */
void split_trust_check(struct config_load *load);

#endif
