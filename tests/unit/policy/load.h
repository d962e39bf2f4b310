/*
 * Loading a configuration from text, for the tests of policy: no catalogue, no hosts file, unless a
 * test brings them.
 */
#ifndef UNIT_POLICY_LOAD_H
#define UNIT_POLICY_LOAD_H

#include "policy/config.h"
#include "policy/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct policy_load_options no_files = {
	.data_dir = "/nonexistent",
	.hosts_file = "/nonexistent/hosts",
};

/* NULL when it is refused; then the errors are printed. */
static inline struct policy *
load_with(const char *json, const struct policy_load_options *options)
{
	struct policy_errors errors = { .n = 0 };
	struct policy *policy = NULL;

	if (policy_load_text(json, strlen(json), "test.json", options, &policy, &errors) < 0) {
		for (size_t i = 0; i < errors.n; i++)
			fprintf(stderr, "%s\n", errors.lines[i]);
		policy_errors_clear(&errors);
	}
	return policy;
}

static inline struct policy *
load(const char *json)
{
	return load_with(json, &no_files);
}

/* The errors of a configuration, one a line, owned by the caller; "" when it is accepted. */
static inline char *
errors_with(const char *json, const struct policy_load_options *options)
{
	struct policy_errors errors = { .n = 0 };
	struct policy *policy = NULL;
	char *text = calloc(1, 256 * 1024);

	policy_load_text(json, strlen(json), "test.json", options, &policy, &errors);
	for (size_t i = 0; text && i < errors.n; i++) {
		strcat(text, errors.lines[i]);
		strcat(text, "\n");
	}
	policy_errors_clear(&errors);
	policy_free(policy);
	return text;
}

/* True when exactly n errors are reported and one of them holds `part`. */
static inline bool
refused(const char *json, size_t n, const char *part)
{
	char *text = errors_with(json, &no_files);
	size_t lines = 0;
	bool right;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	right = lines == n && strstr(text, part);
	if (!right)
		fprintf(stderr, "wanted %zu with \"%s\", got:\n%s", n, part, text);
	free(text);
	return right;
}

static inline struct question
ask(const char *name, uint16_t type)
{
	struct question q = { .type = type, .class = CLASS_IN };

	if (name_from_text(&q.name, name) < 0)
		abort();
	return q;
}

static inline struct netview
no_links(void)
{
	struct netview netview = { .nlinks = 0 };

	name_from_text(&netview.hostname, ".");
	return netview;
}

static inline struct view
view_of(const struct policy *policy, const char *name, uint16_t type)
{
	const struct question q = ask(name, type);
	const struct netview netview = no_links();
	struct view view;

	policy_view(policy, &q, &netview, &view);
	return view;
}

#endif
