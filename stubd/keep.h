/*
 * What of a configuration outlives a restart: copies of the signed lists that were accepted
 * (policy/lists.h).
 */
#ifndef STUBD_KEEP_H
#define STUBD_KEEP_H

#include <jansson.h>

struct policy;

/* Keeps the lists, so that no older one is accepted again, lets their texts go, and logs what was left
 * out of them. A copy that cannot be written costs a line of the log. */
void keep_lists(struct policy *policy);

/* Adds a line of text for each list of which something was left out. */
void keep_warnings(const struct policy *policy, json_t *array);

#endif
