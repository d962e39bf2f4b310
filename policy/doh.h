/*
 * The DoH server for browsers: where it listens, and what it shows (RFC 8484).
 *
 * libh2o's last release, 2.2.5, is the server; Debian's changelog lists no cure for HTTP/2 floods that
 * were found after it. So it serves this machine, or a private network at most, and never an address
 * that the internet can reach. Without a certificate it speaks plain HTTP, which stays on loopback.
 */
#ifndef POLICY_DOH_H
#define POLICY_DOH_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>

struct config_load;
struct why;

enum { DOH_LISTEN_MAX = 16, DOH_PORT = 443 };

/* What is written under "doh". */
struct doh_options {
	struct addr *listen; /* owned */
	size_t nlisten;	     /* 0: there is no such server */
	char *path;	     /* owned */
	char *certificate;   /* owned; file; NULL: plain HTTP */
	char *key;	     /* owned; file; with a certificate only */
};

/* Fills the policy's, after its "listen"; without memory it says so in the load's report. */
void doh_build(struct config_load *load);
void doh_clear(struct doh_options *doh);

/* Is the address one of "doh/listen"? */
bool doh_listens(const struct doh_options *doh, const struct addr *addr);

/* Reads one entry of "doh/listen". Returns 0, or -EINVAL and why. */
int doh_read_listen(struct addr *out, const char *text, struct why *why);

#endif
