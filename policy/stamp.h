/*
 * DNS stamps: a server as one text, "sdns://" and base64url of (draft-denis-dns-stamps)
 *
 *	0x00 props LP(address)							plain DNS
 *	0x02 props LP(address) VLP(hash ...) LP(host[:port]) LP(path) [VLP(ip ...)]	DoH
 *	0x03 props LP(address) VLP(hash ...) LP(host[:port]) [VLP(ip ...)]		DoT
 *
 * props: 8 octets, the lowest first. LP(x): the length in one octet, then x. VLP(x1, x2, ...): the
 * same for each, where the highest bit of a length says that another follows; a single empty one is
 * none. A hash is the SHA-256 of the TBSCertificate (RFC 5280 section 4.1) of one certificate of the
 * chain, which is asked for besides all else that is verified. The last list holds resolvers to find
 * the host with; it is read and not used, since nothing is resolved.
 */
#ifndef POLICY_STAMP_H
#define POLICY_STAMP_H

#include "policy/upstream_spec.h"
#include "policy/url.h"
#include "policy/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMP_TEXT_MAX = 1024 /* the NUL included */ };

struct stamp {
	uint8_t claims; /* SPEC_DNSSEC, ...: props */
	struct url url;
	bool has_address; /* it tells where the host is */
	struct addr address;
	uint8_t hashes[SPEC_HASHES_MAX][SPEC_PIN_LEN];
	size_t nhashes;
};

/* Reads a stamp. Returns 0; -EPROTONOSUPPORT for one of a protocol that is not spoken (DNSCrypt, DoQ,
 * oblivious DoH, relays); -EINVAL. *why says so. */
int stamp_parse(struct stamp *out, const char *text, struct why *why);

/* The stamp of an upstream at its i-th address. Returns 0, or -EINVAL when it does not fit one. */
int stamp_write(const struct upstream_spec *spec, size_t i, char text[STAMP_TEXT_MAX]);

#endif
