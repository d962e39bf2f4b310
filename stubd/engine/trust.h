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

struct ub_ctx;

/* Keeps copies in *own. Returns 1 when they differ from what was there, 0 when not, or -ENOMEM and
 * nothing changed. */
int trust_keep(struct engine_exceptions *own, const struct engine_exceptions *exceptions);
void trust_clear(struct engine_exceptions *own);

/* Tells a context that is not in use yet; one that answers for split views takes their own anchors, too.
 * Returns 0, or -EIO or -ENOMEM and why. */
int trust_set(struct ub_ctx *ctx, const struct engine_config *config, bool own_anchors,
    char why[ENGINE_WHY_MAX]);

#endif
