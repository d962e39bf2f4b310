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

	if (same(own->insecure, exceptions->insecure))
		return 0;
	copy.insecure = strdup(exceptions->insecure ? exceptions->insecure : "");
	if (!copy.insecure)
		return -ENOMEM;
	trust_clear(own);
	*own = copy;
	return 1;
}

void
trust_clear(struct engine_exceptions *own)
{
	free(own->insecure);
	own->insecure = NULL;
}

static int
refused(const char *what, int error, char why[ENGINE_WHY_MAX])
{
	snprintf(why, ENGINE_WHY_MAX, "libunbound refuses %.150s: %s", what, ub_strerror(error));
	return error == UB_NOMEM ? -ENOMEM : -EIO;
}

/* Each line of text is one value of the option. */
static int
set_each(struct ub_ctx *ctx, const char *option, const char *text, char why[ENGINE_WHY_MAX])
{
	char *copy = text ? strdup(text) : NULL, *rest = copy, *line;
	int error = 0;

	if (text && !copy)
		return refused(option, UB_NOMEM, why);
	while (!error && (line = strsep(&rest, "\n"))) {
		const int ub = *line ? ub_ctx_set_option(ctx, option, line) : 0;

		if (ub)
			error = refused(line, ub, why);
	}
	free(copy);
	return error;
}

int
trust_set(struct ub_ctx *ctx, const struct engine_config *config, char why[ENGINE_WHY_MAX])
{
	const int error = ub_ctx_set_option(ctx, "trust-anchor-file:", config->trust_anchors);

	if (error)
		return refused(config->trust_anchors, error, why);
	return set_each(ctx, "domain-insecure:", config->exceptions.insecure, why);
}
