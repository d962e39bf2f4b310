#include "policy/hosts.h"

#include "policy/nametable.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_TTL = 60, TOKEN_MAX = 256, ADDRESSES_START = 64, NAMES_START = 256, NOBODY = -1 };

static_assert((int)NAMES_START >= (int)NAMETABLE_PATH_MAX, "any name must fit");

/* One address of one name. */
struct host_address {
	uint16_t family;
	int next; /* of the same name; NOBODY at the end */
	uint8_t ip[16];
};

/* What the file says of a name; all NOBODY: it is there for what is below it. */
struct host_name {
	int first; /* its first address */
	int owner; /* of a reverse name: the number of the name that it gives */
};

struct hosts {
	struct nametable *names;   /* owned; reverse names of the addresses, too */
	struct host_name *entries; /* owned; one for each of them, and the new ones' room behind */
	struct host_address *addresses;
	size_t naddresses, addresses_room, entries_room;
};

struct hosts *
hosts_free(struct hosts *hosts)
{
	if (hosts) {
		nametable_free(hosts->names);
		free(hosts->entries);
		free(hosts->addresses);
		free(hosts);
	}
	return NULL;
}

static struct hosts *
hosts_new(void)
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->names = nametable_new();
	return h->names ? h : hosts_free(h);
}

/* The number of a name, with an entry of NOBODY when it is new; or -ENOMEM. */
static int
number_of(struct hosts *h, const struct name *name)
{
	if (nametable_count(h->names) + NAMETABLE_PATH_MAX > h->entries_room) {
		size_t room = h->entries_room ? 2 * h->entries_room : NAMES_START;
		struct host_name *bigger = reallocarray(h->entries, room, sizeof(*h->entries));

		if (!bigger)
			return -ENOMEM;
		for (size_t i = h->entries_room; i < room; i++)
			bigger[i] = (struct host_name){ .first = NOBODY, .owner = NOBODY };
		h->entries = bigger;
		h->entries_room = room;
	}
	return nametable_add(h->names, name);
}

static int
grow(struct hosts *h)
{
	size_t room = h->addresses_room ? 2 * h->addresses_room : ADDRESSES_START;
	struct host_address *bigger;

	if (h->naddresses < h->addresses_room)
		return 0;
	bigger = reallocarray(h->addresses, room, sizeof(*h->addresses));
	if (!bigger)
		return -ENOMEM;
	h->addresses = bigger;
	h->addresses_room = room;
	return 0;
}

/* Appends an address to a name; one that is there, or beyond LOCAL_ADDRESSES_MAX, is left out. */
static int
append(struct hosts *h, int number, int family, const uint8_t ip[16])
{
	int last = NOBODY;
	unsigned n = 0;

	for (int i = h->entries[number].first; i != NOBODY; i = h->addresses[i].next) {
		const struct host_address *a = &h->addresses[i];

		if (++n == LOCAL_ADDRESSES_MAX ||
		    (a->family == family && memcmp(a->ip, ip, 16) == 0))
			return 0;
		last = i;
	}
	if (grow(h) < 0)
		return -ENOMEM;
	h->addresses[h->naddresses].family = (uint16_t)family;
	h->addresses[h->naddresses].next = NOBODY;
	memcpy(h->addresses[h->naddresses].ip, ip, 16);
	if (last == NOBODY)
		h->entries[number].first = (int)h->naddresses;
	else
		h->addresses[last].next = (int)h->naddresses;
	h->naddresses++;
	return 0;
}

/* The first line that lists an address gives its name; 0.0.0.0 and :: are nobody's. */
static int
append_reverse(struct hosts *h, int number, int family, const uint8_t ip[16])
{
	static const uint8_t zero[16];
	struct name name;
	int reverse;

	if (memcmp(ip, zero, 16) == 0)
		return 0;
	name_reverse(family, ip, family == AF_INET ? 32 : 128, &name);
	reverse = number_of(h, &name);
	if (reverse < 0)
		return reverse;
	if (h->entries[reverse].owner == NOBODY)
		h->entries[reverse].owner = number;
	return 0;
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* Takes the next word of a line into token; 0 at the end, -EINVAL for one that is no name. */
static int
next_token(const char **p, const char *end, char token[TOKEN_MAX])
{
	const char *start;
	size_t n;

	while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r'))
		(*p)++;
	start = *p;
	while (*p < end && **p != ' ' && **p != '\t' && **p != '\r')
		(*p)++;
	n = (size_t)(*p - start);
	if (n == 0)
		return 0;
	if (n >= TOKEN_MAX || memchr(start, '\0', n) || memchr(start, '\\', n))
		return -EINVAL;
	memcpy(token, start, n);
	token[n] = '\0';
	return 1;
}

static int
read_address(char *token, uint8_t ip[16])
{
	char *scope = strchr(token, '%');

	memset(ip, 0, 16);
	if (inet_pton(AF_INET, token, ip) == 1)
		return AF_INET;
	if (scope)
		*scope = '\0';
	return inet_pton(AF_INET6, token, ip) == 1 ? AF_INET6 : 0;
}

/* Returns 1 when the line was understood or empty, 0 when not, or -ENOMEM. */
static int
parse_line(struct hosts *h, const char *p, const char *end)
{
	char token[TOKEN_MAX];
	uint8_t ip[16];
	struct name name;
	int family, r, names = 0, understood = 1;

	r = next_token(&p, end, token);
	if (r <= 0)
		return r == 0;
	family = read_address(token, ip);
	if (!family)
		return 0;
	while ((r = next_token(&p, end, token)) != 0) {
		int number;

		if (r < 0 || name_from_text(&name, token) < 0 || name.len <= 1) {
			understood = 0;
			continue;
		}
		number = number_of(h, &name);
		if (number < 0 || append(h, number, family, ip) < 0)
			return -ENOMEM;
		if (names++ == 0 && append_reverse(h, number, family, ip) < 0)
			return -ENOMEM;
	}
	return understood && names > 0;
}

struct hosts *
hosts_parse(const char *text, size_t n, size_t *skipped)
{
	struct hosts *h = hosts_new();
	const char *end = text + n;
	size_t bad = 0, lines = 0;

	while (h && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		const char *comment = memchr(text, '#', (size_t)(stop - text));
		int r = 0;

		if (lines++ < HOSTS_LINES_MAX)
			r = parse_line(h, text, comment ? comment : stop);
		if (r < 0)
			return hosts_free(h);
		bad += r == 0;
		text = newline ? newline + 1 : end;
	}
	if (skipped)
		*skipped = bad;
	return h;
}

int
hosts_read(const char *path, struct hosts **out)
{
	FILE *f = fopen(path, "re");
	struct hosts *h = NULL;
	char *text = NULL;
	size_t n = 0;
	int r = 0;

	if (!f && errno != ENOENT)
		return -errno;
	while (f && r == 0 && !feof(f)) {
		char *bigger = n <= HOSTS_FILE_MAX ? realloc(text, 2 * n + BUFSIZ) : NULL;

		if (!bigger) {
			r = n > HOSTS_FILE_MAX ? -EFBIG : -ENOMEM;
			break;
		}
		text = bigger;
		errno = 0;
		n += fread(text + n, 1, n + BUFSIZ, f);
		if (ferror(f))
			r = errno ? -errno : -EIO;
	}
	if (r == 0) {
		h = hosts_parse(text ? text : "", n, NULL);
		r = h ? 0 : -ENOMEM;
	}
	if (r == 0)
		*out = h;
	free(text);
	if (f)
		fclose(f);
	return r;
}

/* --- answering -------------------------------------------------------------------------------- */

static void
fill_addresses(
    const struct hosts *h, int number, const struct question *q, struct local_answer *out)
{
	const int family = q->type == TYPE_A ? AF_INET : q->type == TYPE_AAAA ? AF_INET6 : 0;

	for (int i = h->entries[number].first; i != NOBODY; i = h->addresses[i].next) {
		if (h->addresses[i].family == family && q->class == CLASS_IN)
			memcpy(out->addresses[out->naddresses++], h->addresses[i].ip, 16);
	}
	if (out->naddresses)
		out->kind = LOCAL_ADDRESSES;
}

bool
hosts_answer(const struct hosts *hosts, const struct question *question,
    struct nametable_walk *walk, struct local_answer *out)
{
	int number = nametable_find_walked(hosts->names, walk);
	const struct host_name *entry;

	if (number <= NAMETABLE_ROOT) /* which is in the table, but is no host */
		return false;
	entry = &hosts->entries[number];
	if (entry->first == NOBODY && entry->owner == NOBODY)
		return false;
	out->kind = LOCAL_NODATA;
	out->ttl = HOSTS_TTL;
	out->naddresses = 0;
	if (entry->first != NOBODY) {
		fill_addresses(hosts, number, question, out);
	} else if (question->type == TYPE_PTR && question->class == CLASS_IN) {
		out->kind = LOCAL_PTR;
		nametable_name(hosts->names, (unsigned)entry->owner, &out->ptr);
	}
	return true;
}

void
hosts_meet(const struct hosts *hosts, struct strangers *strangers)
{
	nametable_meet(hosts->names, strangers);
}
