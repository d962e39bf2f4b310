/*
 * Keeps the exposure ledger (query/ledger.h) over restarts, where the person wants that (`keep_exposure`):
 * in the state folder, file "exposure", mode 0600. It is written when the network changes, an hour after
 * providers were first asked since the last time, and at the end; a crash costs what was told in between.
 * Where the person does not want it, the file is removed; whoever turns it off begins a new ledger, since
 * what was kept is in the old one. One that is malformed is told and begun anew.
 */
#ifndef STUBD_EXPOSURE_H
#define STUBD_EXPOSURE_H

struct exposure;
struct policy;
struct resolver;

enum { EXPOSURE_PACE = 3600 * 1000 /* ms */ };

/* Reads nothing yet. The resolver is borrowed. NULL: out of memory. */
struct exposure *exposure_new(struct resolver *resolver, const char *state_dir);

/* Keeps the ledger once more. Before the resolver is closed. Returns NULL; NULL is allowed. */
struct exposure *exposure_free(struct exposure *exposure);

/* A policy is in force: begins to keep the ledger, or forgets what was kept. */
void exposure_apply(struct exposure *exposure, const struct policy *policy);

/* Providers were asked. NULL is allowed. */
void exposure_asked(struct exposure *exposure);

/* The network is another one. */
void exposure_save(struct exposure *exposure);

#endif
