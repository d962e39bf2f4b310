/*
 * What the engine's validator asks for, asked of providers by raw flights: the keys and delegations
 * of a chain of trust. Only names that belong to providers are asked; a split or special name never
 * leaves by this way.
 */
#ifndef QUERY_FETCH_H
#define QUERY_FETCH_H

#include "stubd/engine/engine.h"

/* An engine_fetch_cb; arg is the struct resolver. */
void fetch_start(void *arg, const struct question *question, struct engine_fetch *fetch);

#endif
