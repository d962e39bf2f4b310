/*
 * libunbound as a validating resolver: one context, its options, its questions. It recurses from
 * the root, or it asks one server for everything, to judge what that server says.
 *
 * A question goes in as a message with a number, its result comes out as a message with the same
 * number. There is no way to take a question back: libunbound works on until it knows or gives up
 * (17 s when all servers are silent); who no longer cares forgets the number.
 */
#ifndef ENGINE_RECURSE_H
#define ENGINE_RECURSE_H

#include "stubd/engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

struct addr;
struct loop;
struct recurse;

enum {
	RECURSE_PATIENCE = 5000, /* ms that a forwarding context waits for its server */
	RECURSE_JOBS_MAX = 1000, /* questions in libunbound's hands, forgotten ones included */
	/* A recursing context starts so many questions in so many ms, the others wait their turn: the
	 * answers of a larger burst would not fit the sockets' buffers. */
	RECURSE_BURST = 100,
	RECURSE_PACE = 20,
	RECURSE_FORWARDED_MAX = 2500, /* the same, of a forwarding context */
};

/* Called from libunbound's own callback: may ask again, must not free the recurse. */
typedef void recurse_cb(void *arg, uint64_t id, const struct engine_result *result);

/* Makes the context; checks both files. Returns 0 and an owned *out, or -EIO or -ENOMEM and the
 * reason in why. config is read now only; its two paths must be set. */
int recurse_new(struct loop *loop, const struct engine_config *config, recurse_cb *cb, void *arg,
    struct recurse **out, char why[ENGINE_WHY_MAX]);

/* The same, for a context that asks everything of `server`, over TCP, and waits RECURSE_PATIENCE for
 * each answer. config->root_hints is not looked at. */
int recurse_new_forwarding(struct loop *loop, const struct engine_config *config,
    const struct addr *server, recurse_cb *cb, void *arg, struct recurse **out,
    char why[ENGINE_WHY_MAX]);

/* Is it from this address and port that one of its sockets speaks? */
bool recurse_owns(const struct recurse *recurse, const struct addr *local);

/* Never calls back. Not from within recurse_cb. Returns NULL; NULL is allowed. */
struct recurse *recurse_free(struct recurse *recurse);

/* Asks. The callback may come within this call (from the cache), and comes exactly once if this
 * returns 0. -EBUSY: RECURSE_JOBS_MAX; -ENOMEM; -EIO: libunbound could not start. */
int recurse_ask(struct recurse *recurse, const struct engine_request *request);

/* True if the root has other keys, or if the machine has won or lost its way to IPv4 or IPv6 since the context was made: libunbound
 * would go on as before, and give up a name after a handful of servers that no route leads to. */
bool recurse_outdated(struct recurse *recurse);

/* Questions in libunbound's hands. */
size_t recurse_count(const struct recurse *recurse);

#endif
