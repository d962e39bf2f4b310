#include "policy/config_doc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int
config_doc_parse(
    struct config_doc *doc, const char *file, const char *text, size_t n, struct report *report)
{
	json_error_t error;
	size_t before = report->n;

	*doc = (struct config_doc){ .file = strdup(file) };
	if (!doc->file)
		return -ENOMEM;
	doc->root = json_loadb(text, n, 0, &error);
	if (!doc->root) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -ENOMEM;
		report_add(report, file, error.line > 0 ? (unsigned)error.line : 1, "/",
		    "is not JSON: %s; mend the syntax at this line", error.text);
		return -EINVAL;
	}
	doc->lines = jsonline_new(text, n);
	if (!doc->lines)
		return -ENOMEM;
	report_faults(doc, report);
	if (!json_is_object(doc->root)) {
		report_add(report, file, 1, "/", "is not an object; write { ... }");
		json_decref(doc->root);
		doc->root = NULL;
	}
	return report->n == before ? 0 : -EINVAL;
}

int
config_doc_read(struct config_doc *doc, const char *file, struct report *report)
{
	FILE *f = fopen(file, "re");
	char *text = NULL;
	size_t n;
	int r;

	*doc = (struct config_doc){ .file = NULL };
	if (!f)
		return -errno;
	text = malloc(CONFIG_FILE_MAX + 1);
	r = text ? 0 : -ENOMEM;
	if (r == 0) {
		errno = 0;
		n = fread(text, 1, CONFIG_FILE_MAX + 1, f);
		if (ferror(f))
			r = errno ? -errno : -EIO;
		else if (n > CONFIG_FILE_MAX)
			r = -EFBIG;
		else
			r = config_doc_parse(doc, file, text, n, report);
	}
	free(text);
	fclose(f);
	return r;
}

void
config_doc_clear(struct config_doc *doc)
{
	free(doc->file);
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
    const struct config_doc *doc, struct report *report, const char *path, const char *fmt, ...)
{
	char text[REPORT_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_add(
	    report, doc->file, doc->lines ? jsonline_find(doc->lines, path) : 1, path, "%s", text);
}
