#include "policy/dns64.h"

#include "policy/config.h"
#include "policy/netview.h"
#include "policy/rebinding.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
	RESERVED_OCTET = 8,	/* bits 64 to 71 are 0, RFC 6052 section 2.2 */
	WELL_KNOWN_FIRST = 170, /* 192.0.0.170 and .171, RFC 7050 section 2.2 */
	WELL_KNOWN_SECOND = 171,
	REVERSE_DIGITS = 64, /* octets of the 32 labels of an address, RFC 3596 section 2.5 */
};

static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 }; /* RFC 6052 section 2.2 */
static const struct prefix well_known = { AF_INET6, 96, { 0x00, 0x64, 0xff, 0x9b } };

/* Where the i-th octet of the IPv4 address stands. */
static size_t
place(const struct prefix *prefix, size_t i)
{
	size_t at = prefix->bits / 8 + i;

	return at + (prefix->bits / 8 <= RESERVED_OCTET && at >= RESERVED_OCTET);
}

bool
dns64_usable(const struct prefix *prefix)
{
	static const uint8_t none[16] = { 0 };

	if (prefix->family != AF_INET6 || prefix->ip[RESERVED_OCTET] != 0 ||
	    !memchr(lengths, prefix->bits, sizeof(lengths)))
		return false;
	/* ::/32 and below have loopback, ::ffff:0:0/96 and the like; then multicast and link-local. */
	return memcmp(prefix->ip, none, 4) != 0 && prefix->ip[0] != 0xff &&
	       !(prefix->ip[0] == 0xfe && (prefix->ip[1] & 0xc0) == 0x80);
}

int
dns64_from_text(struct prefix *out, const char *text, struct why *why)
{
	struct prefix prefix;

	if (prefix_from_text(&prefix, text, why) < 0)
		return -EINVAL;
	if (dns64_usable(&prefix)) {
		*out = prefix;
		return 0;
	}
	return why_set(why,
	    "\"%.64s\" is no prefix of NAT64; write an IPv6 prefix of 32, 40, 48, 56, 64 or 96 "
	    "bits, such as \"64:ff9b::/96\"",
	    text);
}

const struct prefix *
dns64_prefix(const struct policy *policy, const struct netview *netview)
{
	if (!netview->nat64.family || policy->dns64 == DNS64_NEVER ||
	    (policy->dns64 == DNS64_AUTO && netview->ipv4))
		return NULL;
	return &netview->nat64;
}

bool
dns64_embed(const struct prefix *prefix, const uint8_t ip4[4], uint8_t out[16])
{
	if (prefix->bits == well_known.bits && prefix_has(prefix, AF_INET6, well_known.ip) &&
	    rebinding_private4(ip4))
		return false;
	memset(out, 0, 16);
	memcpy(out, prefix->ip, prefix->bits / 8);
	for (size_t i = 0; i < 4; i++)
		out[place(prefix, i)] = ip4[i];
	return true;
}

/* Is ip a well-known address in a prefix? Then *out is that, and *last the last octet of the former. Since
 * nothing stands behind an address, it ends where the last octet that is not 0 does: one length fits. */
static bool
find_well_known(const uint8_t ip[16], struct prefix *out, uint8_t *last)
{
	for (size_t i = 0; i < 2 * sizeof(lengths); i++) {
		const uint8_t octet = i % 2 ? WELL_KNOWN_SECOND : WELL_KNOWN_FIRST;
		const uint8_t ip4[4] = { 192, 0, 0, octet };
		struct prefix prefix = { .family = AF_INET6, .bits = lengths[i / 2] };
		uint8_t made[16];

		memcpy(prefix.ip, ip, prefix.bits / 8);
		if (!dns64_usable(&prefix) || !dns64_embed(&prefix, ip4, made) ||
		    memcmp(made, ip, sizeof(made)) != 0)
			continue;
		*out = prefix;
		*last = octet;
		return true;
	}
	return false;
}

/* Has one of the addresses the other well-known address in the same prefix? */
static bool
is_confirmed(const struct prefix *prefix, uint8_t last, const uint8_t (*addresses)[16], size_t n)
{
	struct prefix other;
	uint8_t octet;

	for (size_t i = 0; i < n; i++) {
		if (find_well_known(addresses[i], &other, &octet) && octet != last &&
		    prefix_equal(&other, prefix))
			return true;
	}
	return false;
}

bool
dns64_discover(const uint8_t (*addresses)[16], size_t n, struct prefix *out)
{
	struct prefix found, first = { 0 };
	uint8_t last;

	for (size_t i = 0; i < n; i++) {
		if (!find_well_known(addresses[i], &found, &last))
			continue;
		if (is_confirmed(&found, last, addresses, n)) {
			*out = found;
			return true;
		}
		if (!first.family)
			first = found;
	}
	if (first.family)
		*out = first;
	return first.family != 0;
}

/* A label of one hexadecimal digit, in small letters; -1: it is none. */
static int
digit(const uint8_t *label)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = label[0] == 1 && label[1] ? strchr(digits, label[1]) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The address that a name below ip6.arpa with all its 32 digits stands for. */
static bool
address_of(const struct name *name, uint8_t ip[16])
{
	static const uint8_t apex[] = "\3ip6\4arpa";
	size_t at = 0;

	if (name->len != REVERSE_DIGITS + sizeof(apex) ||
	    memcmp(name->wire + REVERSE_DIGITS, apex, sizeof(apex)) != 0)
		return false;
	for (size_t i = 16; i-- > 0; at += 4) {
		int low = digit(name->wire + at), high = digit(name->wire + at + 2);

		if (low < 0 || high < 0)
			return false;
		ip[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool
dns64_reverse(const struct prefix *prefix, const struct name *name, struct name *out)
{
	uint8_t ip[16], ip4[4], back[16];

	if (!address_of(name, ip) || !prefix_has(prefix, AF_INET6, ip))
		return false;
	for (size_t i = 0; i < 4; i++)
		ip4[i] = ip[place(prefix, i)];
	if (!dns64_embed(prefix, ip4, back) || memcmp(ip, back, sizeof(back)) != 0)
		return false;
	name_reverse(AF_INET, ip4, 32, out);
	return true;
}
