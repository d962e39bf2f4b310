/*
 * The RDATA of SVCB and HTTPS records (RFC 9460 section 2.2), with the parameters that a DNS client has
 * a use for: alpn, no-default-alpn, port, the address hints, mandatory, and dohpath (RFC 9461 section 5).
 *
 * The octets are hostile. A record that breaks the format anywhere, in a parameter that nobody asked for
 * too where its format is known here, is refused as a whole, as section 2.2 demands. Nothing is allocated.
 */
#ifndef WIRE_SVCB_H
#define WIRE_SVCB_H

#include "policy/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys of parameters, RFC 9460 section 14.3.2 and RFC 9461 section 8. */
enum {
	SVCB_MANDATORY = 0,
	SVCB_ALPN = 1,
	SVCB_NO_DEFAULT_ALPN = 2,
	SVCB_PORT = 3,
	SVCB_IPV4HINT = 4,
	SVCB_IPV6HINT = 6,
	SVCB_DOHPATH = 7,
};

enum { SVCB_PATH_MAX = 256 /* of a path with its NUL; a longer one is not used */ };

/* Octets of one parameter; borrowed from the RDATA. */
struct svcb_value {
	const uint8_t *octets; /* NULL: the parameter is not there */
	size_t n;
};

struct svcb {
	uint16_t priority;  /* the lowest is the best; 0: AliasMode, which has no parameters */
	struct name target; /* the root: in ServiceMode the owner, in AliasMode nobody */
	bool understood;    /* every mandatory key is one of those above; if not, leave it alone */
	bool no_default_alpn;	/* only what alpn lists */
	uint16_t port;		/* 0: the protocol's own */
	struct svcb_value alpn; /* one protocol after another, each behind its length */
	struct svcb_value ipv4hint, ipv6hint; /* n / 4 and n / 16 addresses */
	struct svcb_value dohpath;	      /* a URI template, UTF-8 */
};

/* Reads rdata[0..n). Returns 0, or -EBADMSG with *out untouched. */
int svcb_read(const uint8_t *rdata, size_t n, struct svcb *out);

/* Does the record list the protocol ("dot", "h2") in alpn? */
bool svcb_speaks(const struct svcb *svcb, const char *protocol);

/* Makes a path for requests of the DoH template, which must begin with "/" and have the variable "dns"
 * in it, as POST needs it: expanded without a value (RFC 8484 section 4.1, RFC 6570). Returns 0, -ENOENT
 * (there is no template), or -EINVAL: what it has beside that one variable is not plain ASCII of a path
 * or query, or too long. */
int svcb_doh_path(const struct svcb *svcb, char path[SVCB_PATH_MAX]);

#endif
