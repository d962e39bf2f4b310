/*
 * The daemon: owns every instance, hands them down, takes them back.
 *
 *	daemon_new ─► RUNNING ──SIGHUP: policy_load; all good? swap : keep the old, say why──┐
 *	                 ▲  └─────────────────────────────────────────────────────────────────┘
 *	                 │ SIGTERM, SIGINT
 *	              DRAINING: nothing new is read; at the last answer, or after DRAIN_TIME with
 *	                 │      SERVFAIL for the rest
 *	              daemon_run returns ─► daemon_free
 */
#ifndef STUBD_DAEMON_H
#define STUBD_DAEMON_H

#include "policy/config.h"

struct daemon;

enum {
	DRAIN_TIME =
	    900, /* ms between SIGTERM and the end, at most; systemd and people expect 1 s */
	DAEMON_ERROR_MAX = 512,
};

/* Opens sockets and makes everything under policy (takes it, also on failure). options is what it
 * was loaded with, for reloads; borrowed for the daemon's life. Returns 0 and *out, or -errno and one
 * line for the person in error. */
int daemon_new(struct policy *policy, const struct policy_load_options *options,
    struct daemon **out, char error[DAEMON_ERROR_MAX]);

/* Runs until a signal ends it. */
void daemon_run(struct daemon *daemon);
struct daemon *daemon_free(struct daemon *daemon);

#endif
