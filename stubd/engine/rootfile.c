#include "stubd/engine/rootfile.h"

#include <errno.h>
#include <fcntl.h>
#include <ldns/dname.h>
#include <ldns/error.h>
#include <ldns/rr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kind {
	const char *title;
	const char *misfit;  /* said of a record of another type */
	const char *missing; /* said of the whole file */
};

static const struct kind kinds[] = {
	[ROOTFILE_HINTS] = { "root hints", "only NS, A and AAAA records belong here",
	    "no NS record of the root with an address" },
	[ROOTFILE_ANCHORS] = { "trust anchors", "only DS and DNSKEY records belong here",
	    "no DS or DNSKEY record of the root" },
};

struct seen {
	bool anchor, server, address;
};

/* Returns the file, or NULL with errno set. Never waits: a FIFO or a device is no such file. */
static FILE *
open_regular(const char *path)
{
	struct stat st;
	FILE *file = NULL;
	int error = 0, fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		error = errno;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (!S_ISREG(st.st_mode))
		error = EINVAL;
	else if (st.st_size > ROOTFILE_SIZE_MAX)
		error = EFBIG;
	else if (!(file = fdopen(fd, "r")))
		error = errno;
	if (!file) {
		close(fd);
		errno = error;
	}
	return file;
}

/* False: a record of this type has no place in such a file. */
static bool
take(enum rootfile_kind kind, const ldns_rr *rr, struct seen *seen)
{
	bool root = ldns_dname_label_count(ldns_rr_owner(rr)) == 0;

	switch (ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_DS:
	case LDNS_RR_TYPE_DNSKEY:
		seen->anchor |= root;
		return kind == ROOTFILE_ANCHORS;
	case LDNS_RR_TYPE_NS:
		seen->server |= root;
		return kind == ROOTFILE_HINTS;
	case LDNS_RR_TYPE_A:
	case LDNS_RR_TYPE_AAAA:
		seen->address = true;
		return kind == ROOTFILE_HINTS;
	default:
		return false;
	}
}

/* Reads all records. Returns NULL, or what is wrong with the record that starts in *line. */
static const char *
read_records(FILE *file, enum rootfile_kind kind, struct seen *seen, int *line)
{
	ldns_rdf *origin = ldns_dname_new_frm_str("."), *owner = NULL;
	const char *wrong = origin ? NULL : strerror(ENOMEM);
	uint32_t ttl = 3600;
	int next = *line;

	while (!wrong && !feof(file)) {
		ldns_rr *rr = NULL;
		ldns_status status;

		*line = next;
		status = ldns_rr_new_frm_fp_l(&rr, file, &ttl, &origin, &owner, &next);
		if (ferror(file))
			wrong = strerror(EIO);
		else if (status == LDNS_STATUS_OK && !take(kind, rr, seen))
			wrong = kinds[kind].misfit;
		else if (status != LDNS_STATUS_OK && status != LDNS_STATUS_SYNTAX_EMPTY &&
			 status != LDNS_STATUS_SYNTAX_TTL && status != LDNS_STATUS_SYNTAX_ORIGIN)
			wrong = ldns_get_errorstr_by_id(status);
		if (rr)
			ldns_rr_free(rr);
	}
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(owner);
	return wrong;
}

int
rootfile_check(const char *path, enum rootfile_kind kind, char *why, size_t n)
{
	const char *title = kinds[kind].title, *wrong;
	struct seen seen = { 0 };
	FILE *file = open_regular(path);
	int line = 1;

	if (!file) {
		snprintf(why, n, "%s %s: %s", title, path, strerror(errno));
		return -EIO;
	}
	wrong = read_records(file, kind, &seen, &line);
	fclose(file);
	if (wrong) {
		snprintf(why, n, "%s %s:%d: %s", title, path, line, wrong);
		return -EIO;
	}
	if (kind == ROOTFILE_HINTS ? !seen.server || !seen.address : !seen.anchor) {
		snprintf(why, n, "%s %s: %s", title, path, kinds[kind].missing);
		return -EIO;
	}
	return 0;
}
