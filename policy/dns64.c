#include "policy/dns64.h"

#include "policy/rebinding.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { RESERVED_OCTET = 8 /* bits 64 to 71 are 0, RFC 6052 section 2.2 */ };

static const struct prefix well_known = { AF_INET6, 96, { 0x00, 0x64, 0xff, 0x9b } };

int
dns64_from_text(struct prefix *out, const char *text, struct why *why)
{
	static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 };
	struct prefix prefix;

	if (prefix_from_text(&prefix, text, why) < 0)
		return -EINVAL;
	if (prefix.family == AF_INET6 && prefix.ip[RESERVED_OCTET] == 0 &&
	    memchr(lengths, prefix.bits, sizeof(lengths))) {
		*out = prefix;
		return 0;
	}
	return why_set(why,
	    "\"%.64s\" is no prefix of NAT64; write an IPv6 prefix of 32, 40, 48, 56, 64 or 96 "
	    "bits, "
	    "such as \"64:ff9b::/96\"",
	    text);
}

bool
dns64_embed(const struct prefix *prefix, const uint8_t ip4[4], uint8_t out[16])
{
	size_t at = prefix->bits / 8;

	if (prefix->bits == well_known.bits && prefix_has(prefix, AF_INET6, well_known.ip) &&
	    rebinding_private4(ip4))
		return false;
	memset(out, 0, 16);
	memcpy(out, prefix->ip, at);
	for (size_t i = 0; i < 4; i++, at++) {
		at += at == RESERVED_OCTET;
		out[at] = ip4[i];
	}
	return true;
}
