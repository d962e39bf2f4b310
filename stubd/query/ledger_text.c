/*
 * The exposure ledger as a text:
 *
 *	exposure 1
 *	since SECONDS
 *	secret BASE64
 *	PARTY QUERIES FAILOVERS HEDGES REPEATS PROBES CHAIN PREFETCHES STALE ADDRESSES SKETCH
 *
 * PARTY is a provider's name, or "!recursion", "!network", "!others"; SKETCH is base64, or "-" when no
 * domain was seen. A text with one fault counts for nothing as a whole.
 */
#include "policy/base64.h"
#include "stubd/query/ledger_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "exposure 1"

enum {
	DIGITS_MAX = 18,
	NAME_MAX_OCTETS = 64,
	RUN_MAX = 64 - SKETCH_BITS + 1, /* the longest run of a register, plus 1 */
};

/* --- writing ---------------------------------------------------------------------------------- */

static bool
is_empty(const struct sketch *sketch)
{
	static const struct sketch none;

	return memcmp(sketch, &none, sizeof(none)) == 0;
}

static void
write_party(FILE *out, const char *name, const struct party *party)
{
	struct account all = party->before;
	const struct ledger_counts *c = &all.counts;
	char domains[BASE64_TEXT(SKETCH_REGISTERS)];

	ledger_add(&all, &party->now);
	if (!c->queries)
		return;
	fprintf(out, "%s", name);
	for (size_t i = 0; i < LEDGER_COLUMNS; i++)
		fprintf(out, " %" PRIu64, *ledger_column(&all.counts, i));
	if (is_empty(&all.domains))
		fputs(" -\n", out);
	else
		fprintf(out, " %s\n",
		    base64_encode(BASE64_STANDARD, all.domains.runs, SKETCH_REGISTERS, domains));
}

char *
ledger_to_text(const struct ledger *ledger)
{
	char *text = NULL, secret[BASE64_TEXT(sizeof(ledger->secret))];
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	base64_encode(
	    BASE64_STANDARD, (const uint8_t *)ledger->secret, sizeof(ledger->secret), secret);
	fprintf(out, HEAD "\nsince %" PRId64 "\nsecret %s\n", ledger->since, secret);
	write_party(out, "!recursion", &ledger->recursion);
	write_party(out, "!network", &ledger->network);
	write_party(out, "!others", &ledger->others);
	for (size_t i = 0; i < ledger->n; i++)
		write_party(out, ledger->parties[i]->name, ledger->parties[i]);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int
read_number(const char *text, uint64_t *out)
{
	const size_t n = text ? strlen(text) : 0;

	if (!n || n > DIGITS_MAX || strspn(text, "0123456789") != n)
		return -EBADMSG;
	*out = strtoull(text, NULL, 10);
	return 0;
}

static int
read_octets(const char *text, uint8_t *out, size_t n)
{
	if (!text || base64_decode(BASE64_STANDARD, text, strlen(text), out, n) != (ssize_t)n)
		return -EBADMSG;
	return 0;
}

static int
read_sketch(const char *text, struct sketch *out)
{
	if (text && strcmp(text, "-") == 0)
		return 0;
	if (read_octets(text, out->runs, SKETCH_REGISTERS) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < SKETCH_REGISTERS; i++) {
		if (out->runs[i] > RUN_MAX)
			return -EBADMSG;
	}
	return 0;
}

static bool
is_name(const char *text)
{
	const size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	}
	return n && n < NAME_MAX_OCTETS && text[0] != '!';
}

/* Whose line is it? NULL: nobody's. */
static struct party *
party_of(struct ledger *ledger, const char *name)
{
	if (strcmp(name, "!recursion") == 0)
		return &ledger->recursion;
	if (strcmp(name, "!network") == 0)
		return &ledger->network;
	if (strcmp(name, "!others") == 0)
		return &ledger->others;
	return is_name(name) ? ledger_party(ledger, name) : NULL;
}

static int
read_party(struct ledger *ledger, char *line)
{
	const char *name = strsep(&line, " ");
	struct party *party = party_of(ledger, name);
	struct account *all = party ? &party->before : NULL;

	if (!all || all->counts.queries)
		return -EBADMSG;
	for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
		if (read_number(strsep(&line, " "), ledger_column(&all->counts, i)) < 0)
			return -EBADMSG;
	}
	if (!all->counts.queries || read_sketch(strsep(&line, " "), &all->domains) < 0)
		return -EBADMSG;
	return line ? -EBADMSG : 0;
}

/* The value of a line that has to begin so. NULL: it is another. */
static const char *
value_of(const char *line, const char *key)
{
	const size_t n = strlen(key);

	return line && strncmp(line, key, n) == 0 ? line + n : NULL;
}

static int
read_lines(struct ledger *ledger, char *rest)
{
	const char *head = strsep(&rest, "\n");
	uint64_t since;
	char *line;

	if (!head || strcmp(head, HEAD) != 0)
		return -EBADMSG;
	if (read_number(value_of(strsep(&rest, "\n"), "since "), &since) < 0)
		return -EBADMSG;
	ledger->since = (int64_t)since;
	if (read_octets(value_of(strsep(&rest, "\n"), "secret "), (uint8_t *)ledger->secret,
		sizeof(ledger->secret)) < 0)
		return -EBADMSG;
	while ((line = strsep(&rest, "\n")) && rest) {
		if (read_party(ledger, line) < 0)
			return -EBADMSG;
	}
	/* Behind the last line's end there is nothing. */
	return line && !*line ? 0 : -EBADMSG;
}

int
ledger_from_text(const char *text, size_t n, struct ledger **out)
{
	struct ledger *ledger = ledger_new();
	char *copy = strndup(text, n);
	int err = ledger && copy ? 0 : -ENOMEM;

	/* A NUL ends the copy early. */
	if (!err && strlen(copy) != n)
		err = -EBADMSG;
	if (!err)
		err = read_lines(ledger, copy);
	free(copy);
	if (err)
		ledger_free(ledger);
	else
		*out = ledger;
	return err;
}
