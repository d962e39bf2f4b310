#include "policy/config_doc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_START = 32 << 10 };

static void
report_faults(const struct config_doc *doc, struct report *report)
{
	struct jsonline_fault fault;

	for (size_t i = 0; jsonline_fault(doc->lines, i, &fault); i++) {
		if (fault.kind == JSONLINE_TWICE)
			report_add(report, doc->file, fault.line, fault.path,
			    "is written twice, in line %u too; write it once", fault.first_line);
		else
			report_add(report, doc->file, fault.line, fault.path,
			    "has a key with a backslash; write the key without escapes");
	}
}

/* Duplicates and escapes are looked for with a scan only where there can be any. */
static int
parse(struct config_doc *doc, struct report *report)
{
	const size_t before = report->n;
	json_error_t error;
	bool suspect;

	doc->root = json_loadb(doc->text, doc->n, JSON_REJECT_DUPLICATES, &error);
	suspect = !doc->root || memchr(doc->text, '\\', doc->n);
	if (!doc->root && json_error_code(&error) == json_error_duplicate_key)
		doc->root = json_loadb(doc->text, doc->n, 0, &error);
	if (!doc->root) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -ENOMEM;
		report_add(report, doc->file, error.line > 0 ? (unsigned)error.line : 1, "/",
		    "is not JSON: %s; mend the syntax at this line", error.text);
		return -EINVAL;
	}
	if (suspect) {
		doc->lines = jsonline_new(doc->text, doc->n);
		if (!doc->lines)
			return -ENOMEM;
		report_faults(doc, report);
	}
	if (!json_is_object(doc->root)) {
		report_add(report, doc->file, 1, "/", "is not an object; write { ... }");
		json_decref(doc->root);
		doc->root = NULL;
	}
	return report->n == before ? 0 : -EINVAL;
}

int
config_doc_parse(
    struct config_doc *doc, const char *file, const char *text, size_t n, struct report *report)
{
	*doc = (struct config_doc){ .file = strdup(file), .text = malloc(n + 1), .n = n };
	if (!doc->file || !doc->text)
		return -ENOMEM;
	memcpy(doc->text, text, n);
	return parse(doc, report);
}

/* Room grows with the file: one large block that is given back would teach malloc() to keep such
 * blocks for ever. */
static int
read_text(struct config_doc *doc, FILE *f)
{
	size_t room = 0;

	errno = 0;
	while (doc->n == room) {
		char *more;

		if (room > CONFIG_FILE_MAX)
			return -EFBIG;
		room = room ? 2 * room : READ_START;
		more = realloc(doc->text, room);
		if (!more)
			return -ENOMEM;
		doc->text = more;
		doc->n += fread(doc->text + doc->n, 1, room - doc->n, f);
	}
	if (ferror(f))
		return errno ? -errno : -EIO;
	return doc->n > CONFIG_FILE_MAX ? -EFBIG : 0;
}

int
config_doc_read(struct config_doc *doc, const char *file, struct report *report)
{
	FILE *f = fopen(file, "re");
	int r;

	*doc = (struct config_doc){ .file = NULL };
	if (!f)
		return -errno;
	doc->file = strdup(file);
	r = doc->file ? read_text(doc, f) : -ENOMEM;
	fclose(f);
	if (r == 0)
		return parse(doc, report);
	config_doc_clear(doc);
	return r;
}

void
config_doc_clear(struct config_doc *doc)
{
	free(doc->file);
	free(doc->text);
	json_decref(doc->root);
	jsonline_free(doc->lines);
	*doc = (struct config_doc){ .file = NULL };
}

json_t *
config_doc_at(json_t *root, const char *path)
{
	json_t *at = root;

	while (at && *path == '/' && path[1]) {
		const char *key = path + 1;
		size_t n = strcspn(key, "/");

		if (json_is_array(at))
			at = json_array_get(at, strtoul(key, NULL, 10));
		else
			at = json_object_getn(at, key, n);
		path = key + n;
	}
	return at;
}

void
config_doc_error(
    struct config_doc *doc, struct report *report, const char *path, const char *fmt, ...)
{
	char text[REPORT_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!doc->lines)
		doc->lines = jsonline_new(doc->text, doc->n);
	report_add(
	    report, doc->file, doc->lines ? jsonline_find(doc->lines, path) : 1, path, "%s", text);
}
