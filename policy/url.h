/*
 * Where an upstream is, as a person writes it:
 *
 *	https://dns.example/dns-query		DoH (RFC 8484)
 *	tls://dot.example:853			DoT (RFC 7858)
 *	tls://192.0.2.1#dot.example		DoT at an address, with the name to verify
 *	dns://192.0.2.1:53, 192.0.2.1		Do53
 *
 * Nothing is resolved: a host name comes with addresses from elsewhere.
 */
#ifndef POLICY_URL_H
#define POLICY_URL_H

#include "policy/addr.h"
#include "policy/upstream_spec.h"
#include "policy/value.h"
#include "policy/why.h"

#include <stdbool.h>

enum { URL_PATH_MAX = 256 };

struct url {
	enum scheme scheme;
	uint16_t port;
	bool literal;		       /* the host is an address */
	struct addr addr;	       /* of a literal, with the port */
	char host[HOST_NAME_MAX_TEXT]; /* the name to verify; "" where a literal named none */
	char path[URL_PATH_MAX];       /* DoH only */
};

/* Returns 0 or -EINVAL. */
int url_parse(struct url *out, const char *text, struct why *why);

#endif
