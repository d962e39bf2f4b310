#include "stubd/engine/rootstate.h"

#include "stubd/base/state_file.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_VALID = 2, STATE_MISSING = 3, STATE_LAST = 5, LINE_TEXT_MAX = 8192 };

/* What libunbound has written behind the record; a record without it is a seed's. -1: malformed. */
static int
state_of(const char *line)
{
	static const char mark[] = ";;state=";
	const char *at = strstr(line, mark);
	int state;

	if (!at)
		return STATE_VALID;
	state = at[sizeof(mark) - 1] - '0';
	return state < 0 || state > STATE_LAST ? -1 : state;
}

/* Adds the record of a line to `out` if it is trusted. False: malformed. */
static bool
take_line(char *line, FILE *out)
{
	const int state = state_of(line);
	ldns_rr *rr = NULL;
	char *text = NULL;
	bool good;

	line[strcspn(line, ";")] = '\0';
	good = state >= 0 && ldns_rr_new_frm_str(&rr, line, 3600, NULL, NULL) == LDNS_STATUS_OK &&
	       ldns_dname_label_count(ldns_rr_owner(rr)) == 0 &&
	       (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DS ||
		   ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY);
	if (good && (state == STATE_VALID || state == STATE_MISSING)) {
		text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);
		good = text && fputs(text, out) >= 0;
	}
	free(text);
	ldns_rr_free(rr);
	return good;
}

/* Where all keys are revoked libunbound says so, and takes the root for insecure: not we. */
static bool
take_all(const char *text, size_t n, FILE *out)
{
	char line[LINE_TEXT_MAX];

	for (const char *end = text + n; text < end;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const size_t len = (size_t)((stop ? stop : end) - text);

		if (len >= sizeof(line) || memchr(text, '\0', len))
			return false;
		memcpy(line, text, len);
		line[len] = '\0';
		if (strncmp(line, ";;REVOKED", 9) == 0)
			return false;
		if (line[strspn(line, " \t\r")] && line[0] != ';' && !take_line(line, out))
			return false;
		text += len + 1;
	}
	return true;
}

char *
rootstate_trusted(const char *text, size_t n)
{
	char *list = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&list, &len);
	bool good;

	if (!out)
		return NULL;
	good = take_all(text, n, out);
	if (fclose(out) == 0 && good && len)
		return list;
	free(list);
	return NULL;
}

char *
rootstate_read(const char *path)
{
	char *text, *list;
	size_t n;

	if (state_file_read(path, ROOTSTATE_MAX, &text, &n) < 0)
		return NULL;
	list = rootstate_trusted(text, n);
	free(text);
	return list;
}

struct opening {
	const char *seed;
	char *path, *copy, *aside; /* owned */
	char *text;		   /* owned; of the seed */
	size_t n;
};

/* Is the file what it was seeded from, still? */
static bool
is_same_seed(const struct opening *o)
{
	char *text;
	size_t n;
	bool same;

	if (state_file_read(o->copy, ROOTSTATE_MAX, &text, &n) < 0)
		return false;
	same = n == o->n && memcmp(text, o->text, n) == 0;
	free(text);
	return same;
}

/* Records only: what libunbound would not read in such a file, a $TTL for one, is left out. */
static int
seed(const struct opening *o, char why[ROOTSTATE_WHY_MAX])
{
	char *records = rootstate_trusted(o->text, o->n);
	int err = records ? 0 : -EINVAL;

	if (!err)
		err = state_file_write(o->path, records, strlen(records));
	if (!err)
		err = state_file_write(o->copy, o->text, o->n);
	if (err == -EINVAL)
		snprintf(why, ROOTSTATE_WHY_MAX,
		    "%.200s does not have records of the root alone, each in one line: its keys "
		    "are taken as they are and not followed",
		    o->seed);
	else if (err)
		snprintf(why, ROOTSTATE_WHY_MAX,
		    "%.200s cannot be written (%s); the root's keys stay as they are in %.150s",
		    o->path, strerror(-err), o->seed);
	free(records);
	return err;
}

static int
open_state(const struct opening *o, char why[ROOTSTATE_WHY_MAX])
{
	char *trusted = rootstate_read(o->path), *text = NULL;
	const bool good = trusted != NULL, same = is_same_seed(o);
	size_t n;
	int err;

	free(trusted);
	if (good && same)
		return 0;
	err = state_file_read(o->path, ROOTSTATE_MAX, &text, &n);
	free(text);
	if (err != -ENOENT && rename(o->path, o->aside) == 0) {
		if (!good)
			snprintf(why, ROOTSTATE_WHY_MAX,
			    "%.200s is malformed or holds no key that is trusted: it is "
			    "root.key.old "
			    "now, and the keys are those of %.150s again",
			    o->path, o->seed);
	}
	return seed(o, why);
}

int
rootstate_open(const char *seed_file, const char *folder, char **path, char why[ROOTSTATE_WHY_MAX])
{
	struct opening o = { .seed = seed_file };
	int err = -ENOMEM;

	snprintf(why, ROOTSTATE_WHY_MAX, "out of memory");
	if (asprintf(&o.path, "%s/root.key", folder) < 0)
		o.path = NULL;
	if (asprintf(&o.copy, "%s/root.key.seed", folder) < 0)
		o.copy = NULL;
	if (asprintf(&o.aside, "%s/root.key.old", folder) < 0)
		o.aside = NULL;
	if (o.path && o.copy && o.aside) {
		why[0] = '\0';
		err = state_file_read(seed_file, ROOTSTATE_MAX, &o.text, &o.n);
		if (err)
			snprintf(why, ROOTSTATE_WHY_MAX, "%.200s: %s", seed_file, strerror(-err));
		else
			err = open_state(&o, why);
	}
	if (!err) {
		*path = o.path;
		o.path = NULL;
	}
	free(o.path);
	free(o.copy);
	free(o.aside);
	free(o.text);
	return err;
}
