/*
 * The exceptions (struct engine_exceptions) as both sides keep them, and on their way to the helper process: texts that may be
 * longer than a message, so they go in parts, and count when the last one is there.
 *
 *	EXCEPT_PART (which text, octets) … EXCEPT (who follows the root's keys) ─► in force
 *
 * The file in which the root's keys are followed is not among them: it is known when the helper
 * starts, which is shut in with it.
 */
#ifndef ENGINE_EXCEPT_H
#define ENGINE_EXCEPT_H

#include "stubd/engine/engine.h"

#include <stddef.h>
#include <stdint.h>

struct message;

enum except_text { EXCEPT_INSECURE, EXCEPT_ANCHORS, EXCEPT_DEAD_ENDS, EXCEPT_TEXTS };

enum {
	EXCEPT_PART = 32 * 1024, /* octets of a text in one message, at most */
	EXCEPT_MAX = 4 << 20,	 /* octets of one text; a longer one is refused by both sides */
};

/* Keeps copies in *own. Returns 1 when they differ from what was there, 0 when not, or -ENOMEM and
 * nothing changed. */
int except_keep(struct engine_exceptions *own, const struct engine_exceptions *exceptions);
void except_drop(struct engine_exceptions *own);

/* May they be sent? Returns 0 or -E2BIG. */
int except_check(const struct engine_exceptions *exceptions);

/* Sends them by calls of send, which returns 0 or -errno. Returns the first error, or 0. */
int except_send(const struct engine_exceptions *exceptions,
    int (*send)(void *arg, const struct message *message), void *arg);

/* What has come so far. Zeroed: nothing. */
struct except_parts {
	char *texts[EXCEPT_TEXTS]; /* owned, NUL at the end; NULL: none */
	size_t len[EXCEPT_TEXTS];
};

/* Takes a part. Returns 0, -EBADMSG (more than EXCEPT_MAX, or a NUL in it) or -ENOMEM. */
int except_take(struct except_parts *parts, const struct message *message);
void except_clear(struct except_parts *parts);

#endif
