/*
 * What a context of libunbound trusts and what it leaves unproved: the file of trust anchors, and the
 * person's exceptions (negative trust anchors, RFC 7646), and the anchors of split zones.
 *
 * libunbound itself takes an excepted name for one that is insecure by decree, as if its parent had
 * proved that it has no DS. So a chain of CNAMEs that enters or leaves the name is judged link by
 * link, and nothing above it is excepted.
 */
#ifndef ENGINE_TRUST_H
#define ENGINE_TRUST_H

#include "stubd/engine/engine.h"

#include <stdbool.h>
#include <time.h>

struct ub_ctx;

/* The root's keys as a context has got them that does not follow them itself. */
struct trust_copy {
	char *path, *keys; /* owned; NULL: it has not */
	struct timespec written;
};

void trust_copy_clear(struct trust_copy *copy);

/* Are they others now? */
bool trust_copy_outdated(struct trust_copy *copy);

/* Tells a context that is not in use yet: one that validates (copy is NULL) takes the anchors of split
 * zones, too; one that recurses may get a copy of the root's keys. Returns 0, or -EIO or -ENOMEM and
 * why. */
int trust_set(struct ub_ctx *ctx, const struct engine_config *config, struct trust_copy *copy,
    char why[ENGINE_WHY_MAX]);

#endif
