#include "policy/registrable.h"

#include <errno.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libpsl said of a suffix. */
struct remembered {
	char text[REGISTRABLE_MEMO_TEXT]; /* "": nothing */
	bool is_public;
};

struct registrable_list {
	psl_ctx_t *psl; /* owned */
	struct remembered
	    *memo; /* owned; REGISTRABLE_MEMO of them, each in the place of its hash */
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
		list->memo = calloc(REGISTRABLE_MEMO, sizeof(*list->memo));
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

/* The name as libpsl reads it, without the last dot, and where each label begins; returns how many
 * there are. An octet that no suffix has becomes '_', so that a dot within a label does not look like
 * the end of one. */
static unsigned
write_text(const struct name *name, char text[NAME_WIRE_MAX], uint8_t labels[NAME_WIRE_MAX / 2])
{
	const uint8_t *wire = name->wire;
	unsigned n = 0;
	size_t at = 0;

	for (size_t i = 0; wire[i]; i += wire[i] + 1u) {
		if (at)
			text[at++] = '.';
		labels[n++] = (uint8_t)at;
		for (size_t k = 1; k <= wire[i]; k++) {
			const uint8_t c = wire[i + k];
			const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

			text[at++] = plain || c == '-' ? (char)c : '_';
		}
	}
	text[at] = '\0';
	return n;
}

/* FNV-1a. Who finds suffixes that share a place has each looked up, as if there were no memo. */
static struct remembered *
place_of(const struct registrable_list *list, const char *text, size_t n)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619;
	return &list->memo[hash % REGISTRABLE_MEMO];
}

/* libpsl searches its whole list from the left: what many names end in is asked for once. */
static bool
is_public(const struct registrable_list *list, const char *text)
{
	const size_t n = strlen(text);
	struct remembered *r = place_of(list, text, n);

	if (n >= sizeof(r->text))
		return psl_is_public_suffix(list->psl, text);
	if (strcmp(r->text, text) != 0) {
		r->is_public = psl_is_public_suffix(list->psl, text);
		memcpy(r->text, text, n + 1);
	}
	return r->is_public;
}

size_t
registrable_octets(const struct registrable_list *list, const struct name *name)
{
	uint8_t labels[NAME_WIRE_MAX / 2];
	char text[NAME_WIRE_MAX];
	const unsigned n = write_text(name, text, labels);

	for (unsigned i = 1; i < n; i++) {
		if (is_public(list, text + labels[i]))
			return i == 1 && is_public(list, text) ? 0 : name->len - labels[i - 1];
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
