#include "policy/jsonline.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_START = 64, ROOT = -1, SILENT = -2 };

/* One member or element. */
struct entry {
	uint64_t hash; /* of its whole path */
	uint32_t line;
	int32_t parent; /* number of the entry around it, or ROOT */
	uint32_t key;	/* offset in the keys of a member's key, or the element's number */
	uint32_t key_len;
	bool element, escaped;
};

struct sorted {
	uint64_t hash;
	uint32_t number;
};

struct fault {
	enum jsonline_fault_kind kind;
	uint32_t number, first;
};

struct jsonline {
	struct entry *entries;
	size_t count, room;
	struct sorted *sorted; /* by hash, then in the order of the text */
	struct fault *faults;
	size_t nfaults;
	char *text; /* owned; a copy, for the keys */
};

struct scan {
	const char *base, *p, *end;
	uint32_t line;
	struct jsonline *out;
	bool nomem;
};

static bool value(struct scan *s, int32_t parent, uint64_t hash, unsigned depth);

/* FNV-1a over the path's text, so that a child's hash goes on from its parent's. */
static uint64_t
hash_text(uint64_t hash, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t
hash_start(void)
{
	return 0xcbf29ce484222325u;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
space(struct scan *s)
{
	for (; s->p < s->end && is_space(*s->p); s->p++)
		s->line += *s->p == '\n';
}

static bool
take(struct scan *s, char c)
{
	space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Reads a string; *start and *len are what stands between its quotes. */
static bool
string(struct scan *s, const char **start, size_t *len, bool *escaped)
{
	*escaped = false;
	if (!take(s, '"'))
		return false;
	*start = s->p;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\n')
			return false;
		if (*s->p == '\\') {
			*escaped = true;
			if (++s->p == s->end)
				return false;
		}
	}
	*len = (size_t)(s->p - *start);
	return take(s, '"');
}

/* Adds an entry; returns its number, or SILENT when out of memory. */
static int32_t
add(struct scan *s, const struct entry *entry)
{
	struct jsonline *l = s->out;

	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : ENTRIES_START;
		struct entry *entries =
		    room > INT32_MAX ? NULL : reallocarray(l->entries, room, sizeof(*entries));

		if (!entries) {
			s->nomem = true;
			return SILENT;
		}
		l->entries = entries;
		l->room = room;
	}
	l->entries[l->count] = *entry;
	return (int32_t)l->count++;
}

static bool
member(struct scan *s, int32_t parent, uint64_t hash, unsigned depth)
{
	struct entry entry = { .parent = parent };
	const char *key;
	size_t len;

	space(s);
	entry.line = s->line;
	if (!string(s, &key, &len, &entry.escaped) || !take(s, ':'))
		return false;
	if (parent == SILENT || depth >= JSONLINE_DEPTH || (len >= 2 && memcmp(key, "//", 2) == 0))
		return value(s, SILENT, hash, depth);
	hash = hash_text(hash_text(hash, "/", 1), key, len);
	entry.hash = hash;
	entry.key = (uint32_t)(key - s->base);
	entry.key_len = (uint32_t)len;
	return value(s, add(s, &entry), hash, depth);
}

static bool
element(struct scan *s, int32_t parent, uint64_t hash, unsigned depth, uint32_t number)
{
	struct entry entry = { .parent = parent, .element = true, .key = number };
	char text[16];
	int n = snprintf(text, sizeof(text), "/%u", (unsigned)number);

	space(s);
	entry.line = s->line;
	if (parent == SILENT || depth >= JSONLINE_DEPTH)
		return value(s, SILENT, hash, depth);
	hash = hash_text(hash, text, (size_t)n);
	entry.hash = hash;
	return value(s, add(s, &entry), hash, depth);
}

/* Past JSONLINE_DEPTH nothing is noted: brackets are only counted, so that the stack stays small.
 */
static bool
skip_deep(struct scan *s)
{
	const char *start;
	size_t len, open = 0;
	bool escaped;

	do {
		space(s);
		if (s->p == s->end)
			return false;
		if (*s->p == '"') {
			if (!string(s, &start, &len, &escaped))
				return false;
			continue;
		}
		if (*s->p == '{' || *s->p == '[')
			open++;
		if (*s->p == '}' || *s->p == ']')
			open--;
		s->p++;
	} while (open);
	return true;
}

static bool
container(struct scan *s, int32_t parent, uint64_t hash, unsigned depth)
{
	bool array = *s->p == '[';
	char close = array ? ']' : '}';

	if (depth >= JSONLINE_DEPTH)
		return skip_deep(s);
	s->p++;
	if (take(s, close))
		return true;
	for (uint32_t number = 0;; number++) {
		if (array ? !element(s, parent, hash, depth + 1, number)
			  : !member(s, parent, hash, depth + 1))
			return false;
		if (take(s, close))
			return true;
		if (!take(s, ','))
			return false;
	}
}

static bool
value(struct scan *s, int32_t parent, uint64_t hash, unsigned depth)
{
	const char *start;
	size_t len;
	bool escaped;

	space(s);
	if (s->p == s->end || s->nomem)
		return false;
	if (*s->p == '{' || *s->p == '[')
		return container(s, parent, hash, depth);
	if (*s->p == '"')
		return string(s, &start, &len, &escaped);
	for (start = s->p; s->p < s->end && *s->p && !strchr(",]}:\" \t\r\n", *s->p);)
		s->p++;
	return s->p > start;
}

static int
by_hash(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void
note(struct jsonline *l, enum jsonline_fault_kind kind, uint32_t number, uint32_t first)
{
	l->faults[l->nfaults++] = (struct fault){ .kind = kind, .number = number, .first = first };
}

/* Sorts, and finds the faults; at most two an entry. */
static int
finish(struct jsonline *l)
{
	l->sorted = calloc(l->count + 1, sizeof(*l->sorted));
	l->faults = calloc(2 * l->count + 1, sizeof(*l->faults));
	if (!l->sorted || !l->faults)
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		l->sorted[i] = (struct sorted){ .hash = l->entries[i].hash, .number = (uint32_t)i };
		if (l->entries[i].escaped)
			note(l, JSONLINE_ESCAPED, (uint32_t)i, 0);
	}
	qsort(l->sorted, l->count, sizeof(*l->sorted), by_hash);
	for (size_t i = 1; i < l->count; i++) {
		if (l->sorted[i].hash == l->sorted[i - 1].hash &&
		    l->entries[l->sorted[i].number].parent ==
			l->entries[l->sorted[i - 1].number].parent)
			note(l, JSONLINE_TWICE, l->sorted[i].number, l->sorted[i - 1].number);
	}
	return 0;
}

struct jsonline *
jsonline_new(const char *text, size_t n)
{
	struct jsonline *l = calloc(1, sizeof(*l));
	struct scan s = { .line = 1, .out = l };

	if (!l)
		return NULL;
	l->text = strndup(text, n);
	if (!l->text)
		return jsonline_free(l);
	s.base = s.p = l->text;
	s.end = l->text + strlen(l->text);
	value(&s, ROOT, hash_start(), 0);
	if (s.nomem || finish(l) < 0)
		return jsonline_free(l);
	return l;
}

struct jsonline *
jsonline_free(struct jsonline *lines)
{
	if (lines) {
		free(lines->entries);
		free(lines->sorted);
		free(lines->faults);
		free(lines->text);
		free(lines);
	}
	return NULL;
}

static unsigned
find_exactly(const struct jsonline *l, const char *path, size_t n)
{
	const uint64_t hash = hash_text(hash_start(), path, n);
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->sorted[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == l->count || l->sorted[low].hash != hash)
		return 0;
	return l->entries[l->sorted[low].number].line;
}

unsigned
jsonline_find(const struct jsonline *lines, const char *path)
{
	size_t n = strlen(path);

	while (n > 1) {
		unsigned line = find_exactly(lines, path, n);

		if (line)
			return line;
		while (n > 0 && path[n - 1] != '/')
			n--;
		n -= n > 0;
	}
	return 1;
}

/* Writes the path of an entry; returns its length, which may be more than fits. */
static size_t
write_path(const struct jsonline *l, int32_t number, char path[JSONLINE_PATH_MAX])
{
	const struct entry *e;
	size_t at, left;
	int n;

	if (number < 0)
		return 0;
	e = &l->entries[number];
	at = write_path(l, e->parent, path);
	if (at >= JSONLINE_PATH_MAX)
		return at;
	left = JSONLINE_PATH_MAX - at;
	if (e->element)
		n = snprintf(path + at, left, "/%u", (unsigned)e->key);
	else
		n = snprintf(path + at, left, "/%.*s", (int)(e->key_len < left ? e->key_len : left),
		    l->text + e->key);
	return at + (size_t)(n > 0 ? n : 0);
}

bool
jsonline_fault(const struct jsonline *lines, size_t i, struct jsonline_fault *out)
{
	const struct fault *fault;

	if (i >= lines->nfaults)
		return false;
	fault = &lines->faults[i];
	out->kind = fault->kind;
	out->line = lines->entries[fault->number].line;
	out->first_line = lines->entries[fault->first].line;
	out->path[0] = '\0';
	write_path(lines, (int32_t)fault->number, out->path);
	return true;
}
