/*
 * The prefix of the network's NAT64, as routers announce it: the PREF64 option of router
 * advertisements (RFC 8781 section 4). The kernel checks an advertisement and hands the options that
 * it has no use for itself to rtnetlink, where it accepts advertisements at all (RTM_NEWNDUSEROPT,
 * accept_ra); so no raw socket and no capability is needed.
 *
 * Nothing is kept here: each announcement is told of, and who listens keeps time.
 */
#ifndef WATCH_PREF64_H
#define WATCH_PREF64_H

#include "policy/prefix.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct pref64_watch;

struct pref64 {
	uint32_t link; /* index of the interface that it came in on */
	struct prefix prefix;
	uint32_t lifetime; /* s, at most 65,528; 0: it is no longer to be used */
};

typedef void pref64_cb(void *arg, const struct pref64 *news);

/* Calls once for each announcement in n octets from rtnetlink, which may be any. Announcements that
 * are not as RFC 8781 says, or whose prefix cannot be one of NAT64 (policy/dns64.h), are left out. */
void pref64_read(const uint8_t *bytes, size_t n, pref64_cb *cb, void *arg);

/* Without rtnetlink it never calls, and says so in the log. NULL: out of memory. */
struct pref64_watch *pref64_watch_new(struct loop *loop, pref64_cb *cb, void *arg);
struct pref64_watch *pref64_watch_free(struct pref64_watch *watch);

#endif
