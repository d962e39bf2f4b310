#include "policy/suffix.h"

#include "policy/nametable.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 128, OWNERS_START = 128 };

struct suffixes {
	struct nametable *names; /* owned */
	struct suffix_owner *owners;
	size_t room;
};

struct suffixes *
suffixes_new(void)
{
	struct suffixes *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->names = nametable_new();
	return s->names ? s : suffixes_free(s);
}

struct suffixes *
suffixes_free(struct suffixes *suffixes)
{
	if (suffixes) {
		nametable_free(suffixes->names);
		free(suffixes->owners);
		free(suffixes);
	}
	return NULL;
}

struct suffix_owner *
suffixes_owner(struct suffixes *suffixes, const struct name *suffix)
{
	int number;

	/* Room first: a name without an owner must not stay in the table. */
	if (nametable_count(suffixes->names) == suffixes->room) {
		size_t room = suffixes->room ? 2 * suffixes->room : OWNERS_START;
		struct suffix_owner *owners = reallocarray(suffixes->owners, room, sizeof(*owners));

		if (!owners)
			return NULL;
		memset(owners + suffixes->room, 0, (room - suffixes->room) * sizeof(*owners));
		suffixes->owners = owners;
		suffixes->room = room;
	}
	number = nametable_add(suffixes->names, suffix);
	return number < 0 ? NULL : &suffixes->owners[number];
}

void
suffixes_match(const struct suffixes *suffixes, const struct name *name, struct suffix_match *out)
{
	uint8_t starts[LABELS_MAX];
	unsigned n = 0;
	size_t at = 0, done = name->len;
	uint64_t hash = NAMETABLE_HASH_START;

	*out = (struct suffix_match){ .rule_len = 0 };
	for (;; at += 1 + (size_t)name->wire[at]) {
		starts[n++] = (uint8_t)at;
		if (!name->wire[at])
			break;
	}
	/* From the root down: a longer suffix overwrites a shorter one. */
	while (n-- > 0) {
		size_t len = name->len - (size_t)starts[n];
		int number;

		while (done > starts[n])
			hash = nametable_hash_step(hash, name->wire[--done]);
		number = nametable_find(suffixes->names, name->wire + starts[n], len, hash);
		if (number < 0)
			continue;
		if (suffixes->owners[number].rule) {
			out->owner.rule = suffixes->owners[number].rule;
			out->owner.domain = suffixes->owners[number].domain;
			out->rule_len = (uint8_t)len;
		}
		if (suffixes->owners[number].zone) {
			out->owner.zone = suffixes->owners[number].zone;
			out->zone_len = (uint8_t)len;
		}
	}
}
