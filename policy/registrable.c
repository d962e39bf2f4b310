#include "policy/registrable.h"

#include <errno.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registrable_list {
	psl_ctx_t *psl; /* owned */
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
	int err = list ? 0 : -ENOMEM;

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
	if (list)
		psl_free(list->psl);
	free(list);
	return NULL;
}

/* The name as libpsl reads it, without the last dot. An octet that no suffix has becomes '_', so that
 * a dot within a label does not look like the end of one. */
static void
write_text(const struct name *name, char text[NAME_WIRE_MAX])
{
	const uint8_t *wire = name->wire;
	size_t at = 0;

	for (size_t i = 0; wire[i]; i += wire[i] + 1u) {
		if (at)
			text[at++] = '.';
		for (size_t k = 1; k <= wire[i]; k++) {
			const uint8_t c = wire[i + k];
			const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

			text[at++] = plain || c == '-' ? (char)c : '_';
		}
	}
	text[at] = '\0';
}

bool
registrable_domain(const struct registrable_list *list, const struct name *name, struct name *out)
{
	char text[NAME_WIRE_MAX];
	const char *domain;
	unsigned labels = 1;

	if (name->len == 1)
		return false;
	write_text(name, text);
	domain = psl_registrable_domain(list->psl, text);
	if (!domain)
		return false;
	for (const char *p = domain; *p; p++)
		labels += *p == '.';
	name_strip(name, name_labels(name) - labels, out);
	return true;
}
