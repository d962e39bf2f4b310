/*
 * Talking to the daemon: HTTP over its unix control socket; libcurl inside.
 */
#ifndef STUBCTL_API_H
#define STUBCTL_API_H

#include <jansson.h>

enum {
	CTL_TIMEOUT = 15000,	   /* ms for a whole call; the daemon's own deadline is shorter */
	CTL_ANSWER_MAX = 16 << 20, /* octets; more is an error */
	CTL_ERROR_MAX = 512,
};

/* Makes "path?key=value&..." with escaped values from pairs ended by NULL; pairs with a NULL value
 * are left out. Owned; NULL: out of memory. */
char *ctl_target(const char *path, const char *const *pairs);

/* Calls method ("GET", "POST") on target at socket. Returns 0, an owned *json and the HTTP *status;
 * or -errno and one line in error that says what to do: -ECONNREFUSED (nobody is there), -EACCES
 * (not allowed to connect), -ETIMEDOUT, -EPROTO (no JSON), -ENOMEM. */
int ctl_call(const char *socket, const char *method, const char *target, json_t **json,
    long *status, char error[CTL_ERROR_MAX]);

#endif
