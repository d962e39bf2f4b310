/*
 * Which suffix of a name is owned by whom: the split rules' domains and the special-use zones in
 * one table, asked once a question, before the cache. One walk from the root down, one probe a label,
 * as long as something below is owned (policy/nametable).
 */
#ifndef POLICY_SUFFIX_H
#define POLICY_SUFFIX_H

#include "policy/name.h"

#include <stdint.h>

struct suffixes;
struct nametable_walk;
struct strangers;

/* Who owns one suffix; 0 is nobody. */
struct suffix_owner {
	uint16_t rule;	 /* number of the split rule, plus 1 */
	uint16_t domain; /* which of its domains, when rule is set */
	uint16_t zone;	 /* number of the special-use zone (policy/zone), plus 1 */
};

/* The longest suffix of each sort. Lengths are octets of the suffix's wire form. */
struct suffix_match {
	struct suffix_owner owner; /* rule and domain of the longest rule; zone of the longest */
	uint8_t rule_len, zone_len;
};

/* NULL: out of memory. */
struct suffixes *suffixes_new(void);
struct suffixes *suffixes_free(struct suffixes *suffixes);

/* The owner of a suffix, to be read or set; borrowed until the next call. NULL: out of memory. */
struct suffix_owner *suffixes_owner(struct suffixes *suffixes, const struct name *suffix);

/* Fills *out for the name of a walk, which begins again for it; zeros where no suffix is owned.
 * Allocates nothing. */
void suffixes_match(
    const struct suffixes *suffixes, struct nametable_walk *walk, struct suffix_match *out);

/* Makes every name known of which a suffix is owned; all of them, where the root is. */
void suffixes_meet(const struct suffixes *suffixes, struct strangers *strangers);

#endif
