/*
 * Addresses that hosts of providers were found to have, and when: values, and the text in which they
 * outlive a restart:
 *
 *	addresses 1
 *	HOST SECONDS [ADDRESS ...]
 *
 * SECONDS since 1970 is when the host was looked up last, or when it was first in use. A text in which
 * anything is not as it should be counts for nothing as a whole: what it tells is no loss.
 *
 * Limits: FOUND_HOSTS hosts, the one looked up longest ago makes room; FOUND_EACH addresses each, none
 * that is private or otherwise not of the public internet.
 */
#ifndef QUERY_FOUND_H
#define QUERY_FOUND_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FOUND_HOSTS = 64,
	FOUND_EACH = 4,
	FOUND_HOST_MAX = 256,
	FOUND_TEXT_MAX = 32768, /* octets of the text */
};

struct found_host {
	char host[FOUND_HOST_MAX];
	int64_t when;
	struct addr addrs[FOUND_EACH]; /* without a port */
	size_t n;
};

struct found {
	struct found_host *hosts[FOUND_HOSTS]; /* owned */
	size_t n;
};

/* May the address be kept: is it one of the public internet, for one host? */
bool found_is_public(const struct addr *addr);

/* NULL: not known. */
struct found_host *found_get(const struct found *found, const char *host);

/* Makes its place, with the time; one that is known stays as it is. NULL: out of memory, or too long a name. */
struct found_host *found_make(struct found *found, const char *host, int64_t when);

/* Puts addrs[n] in place of those that the host had; what may not be kept is left out. */
void found_put(struct found_host *host, const struct addr *addrs, size_t n, int64_t when);

/* Reads a text into an empty *found. Returns 0, -EBADMSG or -ENOMEM: *found is empty then. */
int found_read(struct found *found, const char *text, size_t n);

/* The text, owned; NULL: out of memory. */
char *found_write(const struct found *found);

void found_clear(struct found *found);

#endif
