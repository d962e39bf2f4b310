/*
 * The root's keys of this installation: checked before the start, and followed over their rolls in the
 * state folder (engine/rootstate.h), in a folder of their own: the engine's helper process writes there,
 * and sees nothing else of the state.
 */
#ifndef STUBD_ROOTKEYS_H
#define STUBD_ROOTKEYS_H

#include "stubd/engine/rootstate.h"

#include <jansson.h>

struct engine;
struct policy;

/* Zeroed: not open. */
struct rootkeys {
	char *file;		     /* owned; NULL: they are not followed */
	char why[ROOTSTATE_WHY_MAX]; /* they cannot be; "" else */
};

enum { ROOTKEYS_ERROR_MAX = 512 };

/* Are there a validator and its trust anchors where policy needs them? engine is what would validate; NULL: one
 * that would be made for policy now. Returns 0, or -errno and one line in error. */
int rootkeys_check(
    const struct engine *engine, const struct policy *policy, char error[ROOTKEYS_ERROR_MAX]);

/* Makes the file fit for use, the first time that a policy needs it; what is wrong with it is logged once. Files
 * that the process makes must be its user's alone by now (umask(2)): libunbound writes this one. */
void rootkeys_follow(struct rootkeys *root, const struct policy *policy);
void rootkeys_close(struct rootkeys *root);

/* Adds a line if they are not followed. */
void rootkeys_warn(const struct rootkeys *root, json_t *array);

#endif
