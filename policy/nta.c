#include "policy/nta.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_TEXT = NAME_TEXT_MAX + 32 };

static void
take(struct nta_table *table, size_t i)
{
	table->n--;
	memmove(
	    &table->entries[i], &table->entries[i + 1], (table->n - i) * sizeof(table->entries[0]));
}

bool
nta_remove(struct nta_table *table, const struct name *name)
{
	for (size_t i = 0; i < table->n; i++) {
		if (name_equal(&table->entries[i].name, name)) {
			take(table, i);
			return true;
		}
	}
	return false;
}

int
nta_add(struct nta_table *table, const struct name *name, int64_t until, int64_t now)
{
	const struct nta entry = { .name = *name, .until = until };
	size_t at = 0;

	if (name->len <= 1)
		return -EINVAL;
	if (until <= now || until - now > NTA_TIME_MAX)
		return -ERANGE;
	if (!nta_remove(table, name) && table->n == NTA_MAX)
		return -ENOSPC;
	while (at < table->n && table->entries[at].until <= until)
		at++;
	memmove(&table->entries[at + 1], &table->entries[at],
	    (table->n - at) * sizeof(table->entries[0]));
	table->entries[at] = entry;
	table->n++;
	return 0;
}

bool
nta_take_over(struct nta_table *table, int64_t now, struct nta *out)
{
	if (!table->n || table->entries[0].until > now)
		return false;
	*out = table->entries[0];
	take(table, 0);
	return true;
}

size_t
nta_shorten(struct nta_table *table, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++) {
		if (table->entries[i].until - now <= NTA_TIME_MAX)
			continue;
		table->entries[i].until = now + NTA_TIME_MAX;
		n++;
	}
	return n;
}

const struct nta *
nta_find(const struct nta_table *table, const struct name *name)
{
	const struct nta *best = NULL;

	for (size_t i = 0; i < table->n; i++) {
		const struct nta *entry = &table->entries[i];

		if (name_is_under(name, &entry->name) &&
		    (!best || entry->name.len > best->name.len))
			best = entry;
	}
	return best;
}

/* Reads one line, "NAME SECONDS". Returns NULL, or what is wrong with it. */
static const char *
read_line(struct nta_table *table, char *line, int64_t now)
{
	char *time = strchr(line, ' '), *end;
	int64_t until;
	struct name name;

	if (!time)
		return "is not a name and a time";
	*time++ = '\0';
	if (name_from_text(&name, line) < 0)
		return "does not begin with a domain name";
	errno = 0;
	until = strtoll(time, &end, 10);
	if (errno || end == time || *end || until < 0)
		return "does not end with a time in seconds since 1970";
	if (until <= now)
		return NULL;
	if (until - now > NTA_TIME_MAX)
		until = now + NTA_TIME_MAX;
	switch (nta_add(table, &name, until, now)) {
	case 0:
		return NULL;
	case -ENOSPC:
		return "is one name too many";
	default:
		return "is for the root, which cannot have one";
	}
}

void
nta_read(struct nta_table *table, const char *text, size_t n, int64_t now, nta_complain *complain,
    void *arg)
{
	char line[LINE_MAX_TEXT];
	const char *end = text + n;

	for (unsigned number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const size_t len = (size_t)((stop ? stop : end) - text);
		const char *wrong = NULL;

		if (len >= sizeof(line) || memchr(text, '\0', len)) {
			wrong = "is not a name and a time";
		} else if (len && text[0] != ';') {
			memcpy(line, text, len);
			line[len] = '\0';
			wrong = read_line(table, line, now);
		}
		if (wrong)
			complain(arg, number, wrong);
		text += len + 1;
	}
}

char *
nta_write(const struct nta_table *table)
{
	char name[NAME_TEXT_MAX], *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	fputs("; negative trust anchors (RFC 7646): name, end in seconds since 1970\n", f);
	for (size_t i = 0; i < table->n; i++)
		fprintf(f, "%s %" PRId64 "\n", name_to_text(&table->entries[i].name, name),
		    table->entries[i].until);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
