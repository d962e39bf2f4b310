/*
 * Zones that recursion asks nobody for: those of split rules, and special-use names. An alias may lead into
 * one, and libunbound follows aliases by itself. So it gets each as a zone of its own, an empty one: the
 * name does not exist there, and the result is the alias and that denial. The stub goes on from the alias
 * by its own rules, and looks at no more.
 *
 * No chain of trust leads into such a zone; names in it are insecure by decree, so nobody is asked for its
 * DS records either. libunbound takes zones from configuration files alone: these are in memory.
 */
#ifndef ENGINE_DEADEND_H
#define ENGINE_DEADEND_H

#include "stubd/engine/engine.h"

struct ub_ctx;

/* Tells a context that is not in use yet: names, one a line; NULL: none. *zone is a descriptor, -1 where
 * there is none, to be closed when the context has started, which reads it then. Returns 0, or -EIO or
 * -ENOMEM and why, and there is nothing to close. */
int deadend_set(struct ub_ctx *ctx, const char *names, int *zone, char why[ENGINE_WHY_MAX]);

#endif
