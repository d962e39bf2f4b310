#include "policy/registrable.h"

#include <errno.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libpsl said of a suffix. */
struct remembered {
	uint8_t n; /* octets; 0: there is none yet */
	uint8_t wire[REGISTRABLE_MEMO_OCTETS];
	bool is_public;
};

struct registrable_list {
	psl_ctx_t *psl; /* owned */
	/* Owned; REGISTRABLE_MEMO of them. Those whose hashes fall together share a pair, the one that
	 * was looked up last before the other. */
	struct remembered (*memo)[2];
};

static int
read_file(const char *file, psl_ctx_t **out)
{
	FILE *f = fopen(file, "re");

	if (!f)
		return -errno;
	*out = psl_load_fp(f);
	fclose(f);
	return *out && psl_suffix_count(*out) != 0 ? 0 : -EINVAL;
}

int
registrable_open(const char *file, struct registrable_list **out)
{
	struct registrable_list *list = calloc(1, sizeof(*list));
	int err = -ENOMEM;

	if (list)
		list->memo = calloc(REGISTRABLE_MEMO / 2, sizeof(*list->memo));
	if (list && list->memo)
		err = 0;
	if (!err && file)
		err = read_file(file, &list->psl);
	else if (!err)
		list->psl = psl_latest(NULL);
	if (!err && !list->psl)
		err = -ENOENT;
	if (err < 0) {
		registrable_free(list);
		return err;
	}
	*out = list;
	return 0;
}

struct registrable_list *
registrable_free(struct registrable_list *list)
{
	if (list) {
		psl_free(list->psl);
		free(list->memo);
	}
	free(list);
	return NULL;
}

/* Asks libpsl, with the suffix as it reads one: without the last dot. An octet that no suffix has becomes
 * '_', so that a dot within a label does not look like the end of one. */
static bool
look_up(const struct registrable_list *list, const uint8_t *wire)
{
	char text[NAME_WIRE_MAX];
	size_t at = 0;

	for (; *wire; wire += *wire + 1) {
		if (at)
			text[at++] = '.';
		for (size_t k = 1; k <= *wire; k++) {
			const uint8_t c = wire[k];
			const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

			text[at++] = plain || c == '-' ? (char)c : '_';
		}
	}
	text[at] = '\0';
	return psl_is_public_suffix(list->psl, text);
}

static bool
is_of(const struct remembered *r, const uint8_t *wire, size_t n)
{
	return r->n == n && memcmp(r->wire, wire, n) == 0;
}

/* libpsl searches its whole list from the left: what many names end in is asked for once. Who finds
 * suffixes that share a pair has each looked up, as if there were no memo. */
static bool
is_public(const struct registrable_list *list, const uint8_t *wire, size_t n, uint32_t hash)
{
	struct remembered *pair = list->memo[hash % (REGISTRABLE_MEMO / 2)];

	if (n > sizeof(pair->wire))
		return look_up(list, wire);
	if (is_of(&pair[0], wire, n))
		return pair[0].is_public;
	if (is_of(&pair[1], wire, n))
		return pair[1].is_public;
	pair[1] = pair[0];
	pair[0].is_public = look_up(list, wire);
	pair[0].n = (uint8_t)n;
	memcpy(pair[0].wire, wire, n);
	return pair[0].is_public;
}

/* Where the suffixes of a name begin, the longest first, and their hashes (FNV-1a). The whole name, which
 * is hardly ever asked for, is not hashed: it is remembered behind the next one. */
struct endings {
	unsigned n;
	uint8_t at[NAME_WIRE_MAX / 2];
	uint32_t hash[NAME_WIRE_MAX / 2];
};

static void
find_endings(const struct name *name, struct endings *s)
{
	uint32_t hash = 2166136261;
	size_t end = name->len;

	s->n = 0;
	for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u)
		s->at[s->n++] = (uint8_t)at;
	for (unsigned i = s->n; i-- > 1; end = s->at[i]) {
		for (size_t k = s->at[i]; k < end; k++)
			hash = (hash ^ name->wire[k]) * 16777619;
		s->hash[i] = hash;
	}
}

size_t
registrable_octets(const struct registrable_list *list, const struct name *name)
{
	struct endings s;

	find_endings(name, &s);
	for (unsigned i = 1; i < s.n; i++) {
		const size_t at = s.at[i];

		if (!is_public(list, name->wire + at, name->len - at, s.hash[i]))
			continue;
		if (i == 1 && is_public(list, name->wire, name->len, s.hash[1] + 1))
			return 0;
		return name->len - (size_t)s.at[i - 1];
	}
	return 0;
}

bool
registrable_domain(const struct registrable_list *list, const struct name *name, struct name *out)
{
	const size_t octets = registrable_octets(list, name);

	if (octets)
		name_suffix(name, octets, out);
	return octets > 0;
}
