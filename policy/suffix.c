#include "policy/suffix.h"

#include "policy/nametable.h"
#include "policy/strangers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OWNERS_START = 256 };

static_assert((int)OWNERS_START >= (int)NAMETABLE_PATH_MAX, "any name must fit");

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
	s->owners = calloc(OWNERS_START, sizeof(*s->owners));
	s->room = OWNERS_START;
	return s->names && s->owners ? s : suffixes_free(s);
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
	if (nametable_count(suffixes->names) + NAMETABLE_PATH_MAX > suffixes->room) {
		size_t room = 2 * suffixes->room;
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
suffixes_meet(const struct suffixes *suffixes, struct strangers *strangers)
{
	const struct suffix_owner *root = &suffixes->owners[NAMETABLE_ROOT];

	if (root->rule || root->zone)
		strangers_none(strangers);
	nametable_meet(suffixes->names, strangers);
}

void
suffixes_match(
    const struct suffixes *suffixes, struct nametable_walk *walk, struct suffix_match *out)
{
	int number = NAMETABLE_ROOT;

	*out = (struct suffix_match){ .rule_len = 0 };
	nametable_again(walk);
	/* From the root down: a longer suffix overwrites a shorter one. */
	for (; number >= 0; number = nametable_down(suffixes->names, walk)) {
		const struct suffix_owner *owner = &suffixes->owners[number];

		if (owner->rule) {
			out->owner.rule = owner->rule;
			out->owner.domain = owner->domain;
			out->rule_len = walk->len;
		}
		if (owner->zone) {
			out->owner.zone = owner->zone;
			out->zone_len = walk->len;
		}
	}
}
