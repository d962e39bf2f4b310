#include "policy/lists.h"

#include "policy/catalogue.h"
#include "policy/config_load.h"
#include "policy/minisig.h"
#include "policy/registrable.h"
#include "policy/stamp.h"
#include "policy/value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 80, SIGNATURE_FILE_MAX = 8192 };

/* --- entries ---------------------------------------------------------------------------------- */

struct parsing {
	struct provider_list *list;
	struct catalogue *catalogue;
	char name[LABEL_TEXT_MAX + 8]; /* of the entry; "" before the first, and after a bad one */
	unsigned line, stamps;
};

static void
note(struct parsing *p, const char *what)
{
	char path[sizeof(p->name) + 1];

	snprintf(path, sizeof(path), "/%s", p->name);
	report_add(
	    &p->list->notes, p->list->file, p->line, path, "%s; the entry is left out", what);
}

static void
begin_entry(struct parsing *p, const char *text, size_t n)
{
	char name[sizeof(p->name)];
	struct why why;

	while (n && strchr(" \t\r", text[n - 1]))
		n--;
	while (n && strchr(" \t", *text))
		text++, n--;
	p->stamps = 0;
	snprintf(
	    name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : (int)sizeof(name) - 1, text);
	p->name[0] = '\0';
	if (value_label(name, &why) < 0)
		note(p, why.text);
	else
		strcpy(p->name, name);
}

static enum claim
claim_of(const struct stamp *stamp, uint8_t claim, enum claim yes, enum claim no)
{
	return stamp->claims & claim ? yes : no;
}

/* Makes an entry of a stamp; it is cleared when that fails. Returns 0 or -ENOMEM. */
static int
make_entry(struct catalogue_entry *entry, const char *name, const struct stamp *stamp)
{
	struct upstream_spec *spec = &entry->spec;
	const bool doh = stamp->url.scheme == SCHEME_HTTPS;

	*entry = (struct catalogue_entry){
		.logs = claim_of(stamp, SPEC_NO_LOGS, CLAIM_NO, CLAIM_YES),
		.filters = claim_of(stamp, SPEC_NO_FILTER, CLAIM_NO, CLAIM_YES),
		.dnssec = claim_of(stamp, SPEC_DNSSEC, CLAIM_YES, CLAIM_NO),
	};
	spec->scheme = stamp->url.scheme;
	spec->claims = stamp->claims;
	spec->addresses[spec->naddresses++] = stamp->address;
	spec->nhashes = stamp->nhashes;
	memcpy(spec->hashes, stamp->hashes, sizeof(spec->hashes));
	spec->name = strdup(name);
	spec->host = stamp->url.host[0] ? strdup(stamp->url.host) : NULL;
	spec->path = doh ? strdup(stamp->url.path) : NULL;
	if (spec->name && (!stamp->url.host[0] || spec->host) && (!doh || spec->path))
		return 0;
	upstream_spec_clear(spec);
	return -ENOMEM;
}

static int
add_entry(struct parsing *p, const char *name, const struct stamp *stamp)
{
	struct catalogue *c = p->catalogue;
	struct catalogue_entry *more;

	if (catalogue_find(c, name))
		return 0;
	if (c->n >= LISTS_ENTRIES_MAX) {
		note(p, "is one entry too many");
		return 0;
	}
	more = realloc(c->entries, (c->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	c->entries = more;
	if (make_entry(&more[c->n], name, stamp) < 0)
		return -ENOMEM;
	c->n++;
	p->list->entries++;
	return 0;
}

/* The second stamp of an entry that can be asked is NAME-2, and so on. */
static int
read_stamp(struct parsing *p, const char *text, size_t n)
{
	char stamp_text[STAMP_TEXT_MAX + 1], name[LABEL_TEXT_MAX + 24];
	struct stamp stamp;
	struct why why;
	int err;

	while (n && strchr(" \t\r", text[n - 1]))
		n--;
	if (!p->name[0])
		return 0;
	snprintf(stamp_text, sizeof(stamp_text), "%.*s",
	    n < sizeof(stamp_text) ? (int)n : (int)sizeof(stamp_text) - 1, text);
	err = stamp_parse(&stamp, stamp_text, &why);
	if (err == -EINVAL)
		note(p, why.text);
	if (err < 0 || !stamp.has_address || stamp.url.scheme == SCHEME_DNS)
		return 0;
	p->stamps++;
	snprintf(name, sizeof(name), "%s", p->name);
	if (p->stamps > 1)
		snprintf(name, sizeof(name), "%.40s-%u", p->name, p->stamps);
	return add_entry(p, name, &stamp);
}

int
lists_parse(struct provider_list *list, const char *text, size_t n, struct catalogue *catalogue)
{
	struct parsing p = { .list = list, .catalogue = catalogue };
	int err = 0;

	for (size_t at = 0; !err && at < n;) {
		const char *line = text + at, *end = memchr(line, '\n', n - at);
		const size_t len = end ? (size_t)(end - line) : n - at;

		p.line++;
		if (len > 3 && memcmp(line, "## ", 3) == 0)
			begin_entry(&p, line + 3, len - 3);
		else if (len > 7 && memcmp(line, "sdns://", 7) == 0)
			err = read_stamp(&p, line, len);
		at += len + 1;
	}
	return err;
}

/* --- operators -------------------------------------------------------------------------------- */

static bool
domain_of(const struct registrable_list *list, const char *host, struct name *out)
{
	struct name name;

	return host && name_from_text(&name, host) == 0 && registrable_domain(list, &name, out);
}

/* Gives the entries from `from` on their operators. Returns 0 or -ENOMEM. */
static int
name_operators(struct catalogue *c, size_t from, const struct registrable_list *list)
{
	struct name *domains = calloc(c->n + 1, sizeof(*domains)), domain;
	char text[NAME_TEXT_MAX];
	int err = domains ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < from; i++)
		if (c->entries[i].spec.operator_name)
			domain_of(list, c->entries[i].spec.host, &domains[i]);
	for (size_t i = from; !err && i < c->n; i++) {
		struct upstream_spec *spec = &c->entries[i].spec;
		const char *known = NULL;

		if (!domain_of(list, spec->host, &domain))
			continue;
		for (size_t k = 0; k < from && !known; k++)
			if (name_equal(&domains[k], &domain))
				known = c->entries[k].spec.operator_name;
		spec->operator_name = strdup(known ? known : name_to_text(&domain, text));
		err = spec->operator_name ? 0 : -ENOMEM;
	}
	free(domains);
	return err;
}

/* --- files ------------------------------------------------------------------------------------ */

struct candidate {
	char *text;   /* owned; the signature, then the list */
	size_t n, at; /* where the list begins */
	struct minisig_trusted trusted;
	struct why why;
	bool good;
};

/* Room for the largest file, freed as one block, would teach malloc() to keep such blocks. */
static void
give_back(struct candidate *c)
{
	char *less = realloc(c->text, c->n + 1);

	if (less)
		c->text = less;
}

/* Reads at most max octets, and one to see that there are more, behind what is there. Returns 0 or
 * -errno. */
static int
append_file(struct candidate *c, const char *file, size_t max)
{
	FILE *f = fopen(file, "re");
	char *more;
	int err = 0;

	if (!f)
		return -errno;
	more = realloc(c->text, c->n + max + 1);
	if (more) {
		c->text = more;
		errno = 0;
		c->n += fread(c->text + c->n, 1, max + 1, f);
		if (ferror(f))
			err = errno ? -errno : -EIO;
		give_back(c);
	} else {
		err = -ENOMEM;
	}
	fclose(f);
	return err;
}

static void
check(struct candidate *c, const struct config_load *load, const struct minisig_key *key,
    const char *file)
{
	const struct minisig_crypto *crypto = load->options->crypto;
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;

	if (c->n - c->at > LIST_FILE_MAX) {
		why_set(&c->why, "is larger than 4 MB");
		return;
	}
	if (!crypto) {
		why_set(&c->why, "cannot be verified by this program");
		return;
	}
	if (minisig_verify(crypto, key, c->text, c->at, (const uint8_t *)c->text + c->at,
		c->n - c->at, &c->trusted, &c->why) < 0)
		return;
	c->good = !c->trusted.file[0] || strcmp(c->trusted.file, base) == 0;
	if (!c->good)
		why_set(&c->why, "is signed as \"%.64s\", which is another list", c->trusted.file);
}

static void
read_new(struct candidate *c, const struct config_load *load, const struct minisig_key *key,
    const char *file)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s.minisig", file);
	err = append_file(c, path, SIGNATURE_FILE_MAX);
	if (err < 0) {
		why_set(&c->why, "has no signature \"%.128s\": %s", path, strerror(-err));
		return;
	}
	/* So that list and signature can be told apart in the copy. */
	if (!minisig_length(c->text, c->n) || c->text[c->n - 1] != '\n') {
		why_set(&c->why, "has a signature that is not one of minisign");
		return;
	}
	c->at = c->n = minisig_length(c->text, c->n);
	err = append_file(c, file, LIST_FILE_MAX);
	if (err < 0)
		why_set(&c->why, "cannot be read: %s", strerror(-err));
	else
		check(c, load, key, file);
}

static void
read_kept(struct candidate *c, const struct config_load *load, const struct minisig_key *key,
    const struct provider_list *list)
{
	if (append_file(c, list->kept, LIST_FILE_MAX + SIGNATURE_FILE_MAX) < 0)
		return;
	c->at = minisig_length(c->text, c->n);
	if (c->at)
		check(c, load, key, list->file);
}

/* The better of the two, or NULL: reported. */
static struct candidate *
choose(struct config_load *load, const char *path, struct provider_list *list,
    struct candidate *fresh, struct candidate *kept)
{
	if (fresh->good && (!kept->good || fresh->trusted.timestamp >= kept->trusted.timestamp))
		return fresh;
	if (!kept->good) {
		config_error(load, path, "\"%s\" %s; name a list with its signature beside it",
		    list->file, fresh->why.text);
		return NULL;
	}
	report_add(&list->notes, list->file, 1, path,
	    "%s; the list that was accepted before is used",
	    fresh->good ? "is older than the one before" : fresh->why.text);
	return kept;
}

/* Is it another list than the one that is kept? */
static bool
is_news(const struct candidate *chosen, const struct candidate *fresh, const struct candidate *kept)
{
	return chosen == fresh && !(kept->good && kept->n == fresh->n &&
				      memcmp(kept->text, fresh->text, kept->n) == 0);
}

static int
take(struct config_load *load, struct provider_list *list, struct candidate *chosen, bool fresh,
    struct catalogue *catalogue)
{
	const size_t from = catalogue->n;
	int err = lists_parse(list, chosen->text + chosen->at, chosen->n - chosen->at, catalogue);

	list->timestamp = chosen->trusted.timestamp;
	if (!err)
		err = name_operators(catalogue, from, load->policy->public_suffixes);
	if (!err && list->entries == 0)
		report_add(&list->notes, list->file, 1, "/", "has no entry that can be asked");
	if (fresh) {
		list->accepted = chosen->text;
		list->naccepted = chosen->n;
		chosen->text = NULL;
	}
	return err;
}

static void
read_list(struct config_load *load, const char *path, const json_t *json,
    struct provider_list *list, struct catalogue *catalogue)
{
	const char *file = json_string_value(json_object_get(json, "file"));
	const char *key_text = json_string_value(json_object_get(json, "key"));
	const char *slash = file ? strrchr(file, '/') : NULL;
	struct candidate fresh = { .text = NULL }, kept = { .text = NULL }, *chosen;
	char kept_path[PATH_MAX];
	struct minisig_key key;
	struct why why;
	int n = 0;

	if (!file || !key_text || minisig_read_key(&key, key_text, &why) < 0)
		return; /* reported by the check */
	n = snprintf(kept_path, sizeof(kept_path), "%.3000s/list-", load->policy->state);
	for (size_t i = 0; i < MINISIG_NUMBER; i++)
		n += snprintf(kept_path + n, sizeof(kept_path) - (size_t)n, "%02x", key.number[i]);
	snprintf(kept_path + n, sizeof(kept_path) - (size_t)n, "-%s", slash ? slash + 1 : file);
	list->file = config_strdup(load, file);
	list->kept = config_strdup(load, kept_path);
	if (load->report.nomem)
		return;
	read_new(&fresh, load, &key, file);
	read_kept(&kept, load, &key, list);
	chosen = choose(load, path, list, &fresh, &kept);
	if (chosen && take(load, list, chosen, is_news(chosen, &fresh, &kept), catalogue) < 0)
		load->report.nomem = true;
	free(fresh.text);
	free(kept.text);
}

void
lists_read(struct config_load *load, struct catalogue *catalogue)
{
	const json_t *array = config_at(load, "/providers/lists");
	const size_t n = json_array_size(array);
	struct policy *p = load->policy;
	char path[PATH_TEXT_MAX];

	p->lists = n && p->public_suffixes ? calloc(n, sizeof(*p->lists)) : NULL;
	if (!p->lists) {
		load->report.nomem |= n && p->public_suffixes;
		return;
	}
	for (size_t i = 0; i < n && !load->report.nomem; i++) {
		snprintf(path, sizeof(path), "/providers/lists/%zu", i);
		read_list(load, path, json_array_get(array, i), &p->lists[p->nlists], catalogue);
		p->nlists += p->lists[p->nlists].file != NULL;
	}
}

void
lists_free(struct provider_list *lists, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(lists[i].file);
		free(lists[i].kept);
		free(lists[i].accepted);
		report_clear(&lists[i].notes);
	}
	free(lists);
}
