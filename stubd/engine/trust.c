#include "stubd/engine/trust.h"

#include "stubd/engine/rootstate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unbound.h>

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

void
trust_copy_clear(struct trust_copy *copy)
{
	free(copy->path);
	free(copy->keys);
	*copy = (struct trust_copy){ .path = NULL };
}

static struct timespec
time_written(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtim : (struct timespec){ .tv_sec = 0 };
}

/* The file is written more often than its keys change. */
bool
trust_copy_outdated(struct trust_copy *copy)
{
	struct timespec written;
	char *keys;
	bool others;

	if (!copy->path)
		return false;
	written = time_written(copy->path);
	if (written.tv_sec == copy->written.tv_sec && written.tv_nsec == copy->written.tv_nsec)
		return false;
	copy->written = written;
	keys = rootstate_read(copy->path);
	others = keys && strcmp(keys, copy->keys) != 0;
	free(keys);
	return others;
}

/* Keeps what was given in *copy (takes keys). Returns 0 or -ENOMEM. */
static int
keep_copy(struct trust_copy *copy, const char *path, char *keys)
{
	copy->keys = keys;
	copy->path = strdup(path);
	if (copy->path)
		copy->written = time_written(path);
	return copy->path ? 0 : -ENOMEM;
}

/* libunbound would start without any anchor from a file that is broken: then from the static one. */
static int
set_root(struct ub_ctx *ctx, const struct engine_config *config, struct trust_copy *copy,
    char why[ENGINE_WHY_MAX])
{
	const struct engine_exceptions *exceptions = &config->exceptions;
	const bool follow = !copy || exceptions->root_by_recursion;
	char *keys = exceptions->root_state ? rootstate_read(exceptions->root_state) : NULL;
	int error;

	if (!keys) {
		error = ub_ctx_set_option(ctx, "trust-anchor-file:", config->trust_anchors);
		return error ? refused(config->trust_anchors, error, why) : 0;
	}
	if (follow) {
		free(keys);
		error = ub_ctx_add_ta_autr(ctx, exceptions->root_state);
		return error ? refused(exceptions->root_state, error, why) : 0;
	}
	error = set_each(ctx, keys, add_anchor, why);
	if (!error && keep_copy(copy, exceptions->root_state, keys) == 0)
		return 0;
	if (error)
		free(keys);
	return error ? error : refused("a copy of the root's keys", UB_NOMEM, why);
}

int
trust_set(struct ub_ctx *ctx, const struct engine_config *config, struct trust_copy *copy,
    char why[ENGINE_WHY_MAX])
{
	const struct engine_exceptions *exceptions = &config->exceptions;
	int error = set_root(ctx, config, copy, why);

	if (!error)
		error = set_each(ctx, exceptions->insecure, set_insecure, why);
	if (!error && !copy)
		error = set_each(ctx, exceptions->anchors, add_anchor, why);
	return error;
}
