/*
 * Keeps the time by which certificates and signatures are checked (base/walltime.h), the same for
 * both: it is read when something happens that could have changed it (start, a clock that was set,
 * waking up, another network, a question after a while, `stubctl status`), and handed to TLS, the
 * validator and the resolver.
 *
 * The last good time stands in the state folder (file "clock", mode 0600), as seconds since 1970. It
 * is written only while the clock is synchronised: at the first look, every GOODTIME_KEEP after that
 * when there is something to do, and at the end. Where it cannot be written, it is of this run only.
 */
#ifndef STUBD_GOODTIME_H
#define STUBD_GOODTIME_H

#include "stubd/base/walltime.h"

struct engine;
struct goodtime;
struct resolver;
struct tls_store;

enum { GOODTIME_KEEP = 3600 /* seconds */ };

/* Reads the state folder and looks at the clock; all but the path are borrowed. NULL: out of memory. */
struct goodtime *goodtime_new(
    const char *state_dir, struct tls_store *tls, struct engine *engine, struct resolver *resolver);

/* Keeps the time once more if it is good. Returns NULL; NULL is allowed. */
struct goodtime *goodtime_free(struct goodtime *goodtime);

/* Looks at the clock, and tells everybody. Arg is the goodtime, so that it can be a callback. */
void goodtime_look(void *arg);

#endif
