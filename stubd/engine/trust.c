#include "stubd/engine/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

static bool
same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

int
trust_keep(struct engine_exceptions *own, const struct engine_exceptions *exceptions)
{
	struct engine_exceptions copy;

	if (same(own->insecure, exceptions->insecure) && same(own->anchors, exceptions->anchors))
		return 0;
	copy.insecure = strdup(exceptions->insecure ? exceptions->insecure : "");
	copy.anchors = strdup(exceptions->anchors ? exceptions->anchors : "");
	if (!copy.insecure || !copy.anchors) {
		trust_clear(&copy);
		return -ENOMEM;
	}
	trust_clear(own);
	*own = copy;
	return 1;
}

void
trust_clear(struct engine_exceptions *own)
{
	free(own->insecure);
	free(own->anchors);
	*own = (struct engine_exceptions){ NULL, NULL };
}

static int
refused(const char *what, int error, char why[ENGINE_WHY_MAX])
{
	snprintf(why, ENGINE_WHY_MAX, "libunbound refuses %.150s: %s", what, ub_strerror(error));
	return error == UB_NOMEM ? -ENOMEM : -EIO;
}

static int
add_anchor(struct ub_ctx *ctx, const char *line)
{
	return ub_ctx_add_ta(ctx, line);
}

static int
set_insecure(struct ub_ctx *ctx, const char *line)
{
	return ub_ctx_set_option(ctx, "domain-insecure:", line);
}

/* Tells each line of text. */
static int
set_each(struct ub_ctx *ctx, const char *text, int (*set)(struct ub_ctx *ctx, const char *line),
    char why[ENGINE_WHY_MAX])
{
	char *copy = text ? strdup(text) : NULL, *rest = copy, *line;
	int error = 0;

	if (text && !copy)
		return refused("a list of names", UB_NOMEM, why);
	while (!error && (line = strsep(&rest, "\n"))) {
		const int ub = *line ? set(ctx, line) : 0;

		if (ub)
			error = refused(line, ub, why);
	}
	free(copy);
	return error;
}

int
trust_set(struct ub_ctx *ctx, const struct engine_config *config, bool own_anchors,
    char why[ENGINE_WHY_MAX])
{
	const struct engine_exceptions *exceptions = &config->exceptions;
	int error = ub_ctx_set_option(ctx, "trust-anchor-file:", config->trust_anchors);

	if (error)
		return refused(config->trust_anchors, error, why);
	error = set_each(ctx, exceptions->insecure, set_insecure, why);
	if (!error && own_anchors)
		error = set_each(ctx, exceptions->anchors, add_anchor, why);
	return error;
}
