#include "policy/anchors.h"

#include <errno.h>
#include <fcntl.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG_ZONE = 0x100, FLAG_REVOKED = 0x80, PROTOCOL_DNSSEC = 3 };

struct reading {
	const char *path;
	FILE *file;
	struct anchor *anchors;
	size_t n;
};

/* Never waits: a FIFO or a device is no such file. Returns it, or NULL with errno set. */
static FILE *
open_regular(const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= ANCHORS_FILE_MAX)
		file = fdopen(fd, "r");
	else
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	if (!file)
		close(fd);
	return file;
}

static bool
is_one_of(unsigned v, const unsigned *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == v)
			return true;
	return false;
}

/* The algorithms that a validator has to know (RFC 8624 sections 3.1 and 3.3), SHA-1 left out. */
static int
check_algorithms(const ldns_rr *rr, struct why *why)
{
	static const unsigned algorithms[] = { 8, 10, 13, 14, 15 }, digests[] = { 2, 4 };
	const bool is_ds = ldns_rr_get_type(rr) == LDNS_RR_TYPE_DS;
	const unsigned algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, is_ds ? 1 : 2));
	const unsigned digest = is_ds ? ldns_rdf2native_int8(ldns_rr_rdf(rr, 2)) : 2;

	if (!is_one_of(algorithm, algorithms, sizeof(algorithms) / sizeof(*algorithms)))
		return why_set(why,
		    "algorithm %u is not supported; write an anchor of algorithm 8, 10, 13, 14 or "
		    "15",
		    algorithm);
	if (!is_one_of(digest, digests, sizeof(digests) / sizeof(*digests)))
		return why_set(why,
		    "digest type %u is not supported; write a DS of digest type 2 or 4", digest);
	return 0;
}

static int
check_record(const ldns_rr *rr, struct why *why)
{
	const ldns_rr_type type = ldns_rr_get_type(rr);
	unsigned flags;

	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
	    (type != LDNS_RR_TYPE_DS && type != LDNS_RR_TYPE_DNSKEY))
		return why_set(why, "only DS and DNSKEY records of class IN belong here; leave it "
				    "out");
	if (ldns_dname_label_count(ldns_rr_owner(rr)) == 0)
		return why_set(why, "the root's keys are no rule's; write them in \"engine\"/"
				    "\"trust_anchors\"");
	if (type == LDNS_RR_TYPE_DNSKEY) {
		flags = ldns_rdf2native_int16(ldns_rr_rdf(rr, 0));
		if (!(flags & FLAG_ZONE) || flags & FLAG_REVOKED ||
		    ldns_rdf2native_int8(ldns_rr_rdf(rr, 1)) != PROTOCOL_DNSSEC)
			return why_set(why,
			    "flags %u: this is no key that is in force for a zone; write one with "
			    "flags 257",
			    flags);
	}
	return check_algorithms(rr, why);
}

/* Appends the record. Returns 0, -EINVAL and why, or -ENOMEM. */
static int
take(struct reading *r, const ldns_rr *rr, struct why *why)
{
	struct anchor *a = &r->anchors[r->n];
	const ldns_rdf *owner = ldns_rr_owner(rr);

	if (check_record(rr, why) < 0)
		return -EINVAL;
	if (r->n == ANCHORS_MAX)
		return why_set(why, "is one record too many; write at most %d", ANCHORS_MAX);
	if (name_from_wire(&a->name, ldns_rdf_data(owner), ldns_rdf_size(owner)) < 0)
		return why_set(why, "does not begin with a domain name; write one");
	a->text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);
	if (!a->text)
		return -ENOMEM;
	a->text[strcspn(a->text, "\n")] = '\0';
	r->n++;
	return 0;
}

static bool
is_no_record(ldns_status status)
{
	return status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
	       status == LDNS_STATUS_SYNTAX_ORIGIN;
}

/* ldns counts empty lines before a record as part of it. */
static void
skip_empty(FILE *file, int *line)
{
	int c;

	while ((c = getc(file)) == '\n')
		(*line)++;
	if (c != EOF)
		ungetc(c, file);
}

/* Reads all records. *line is where the last began. */
static int
read_records(struct reading *r, int *line, struct why *why)
{
	ldns_rdf *origin = ldns_dname_new_frm_str("."), *owner = NULL;
	int next = *line, err = origin ? 0 : -ENOMEM;
	uint32_t ttl = 3600;

	while (!err && !feof(r->file)) {
		ldns_rr *rr = NULL;
		ldns_status status;

		skip_empty(r->file, &next);
		*line = next;
		status = ldns_rr_new_frm_fp_l(&rr, r->file, &ttl, &origin, &owner, &next);
		if (ferror(r->file))
			err = why_set(why, "%s", strerror(EIO));
		else if (status == LDNS_STATUS_OK)
			err = take(r, rr, why);
		else if (!is_no_record(status))
			err = why_set(why, "%s; write a DS or DNSKEY record",
			    ldns_get_errorstr_by_id(status));
		if (rr)
			ldns_rr_free(rr);
	}
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(owner);
	return err;
}

int
anchors_read(const char *path, struct anchor **out, size_t *n, struct why *why)
{
	struct reading r = { .path = path, .file = open_regular(path) };
	struct why what = { "" };
	int line = 1, err = -ENOMEM;

	if (!r.file)
		return why_set(
		    why, "%.200s: %s; name a file that can be read", path, strerror(errno));
	r.anchors = calloc(ANCHORS_MAX + 1, sizeof(*r.anchors));
	if (r.anchors)
		err = read_records(&r, &line, &what);
	fclose(r.file);
	if (err == -EINVAL)
		why_set(why, "%.100s:%d: %s", path, line, what.text);
	else if (!err && !r.n)
		err = why_set(why, "%.200s: has no DS or DNSKEY record; write one", path);
	if (err) {
		anchors_free(r.anchors, r.n);
		return err;
	}
	*out = r.anchors;
	*n = r.n;
	return 0;
}

bool
anchors_cover(const struct anchor *anchors, size_t n, const struct question *question)
{
	struct name name = question->name;

	if (question->type == TYPE_DS)
		name_strip(&name, 1, &name);
	for (size_t i = 0; i < n; i++)
		if (name_is_under(&name, &anchors[i].name))
			return true;
	return false;
}

struct anchor *
anchors_free(struct anchor *anchors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(anchors[i].text);
	free(anchors);
	return NULL;
}
