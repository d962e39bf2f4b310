#include "policy/prefix.h"

#include "policy/addr.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static unsigned
label_bits(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 8 : 4;
}

/* Clears the bits behind the prefix; returns whether there were any. */
static bool
clear_rest(struct prefix *prefix)
{
	bool any = false;

	for (unsigned bit = prefix->bits; bit < (prefix->family == AF_INET ? 32u : 128u); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		any |= (prefix->ip[bit / 8] & mask) != 0;
		prefix->ip[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

int
prefix_from_text(struct prefix *out, const char *text, struct why *why)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_MAX], clean[ADDR_TEXT_MAX];
	struct prefix prefix;
	struct addr addr;
	unsigned bits = 0;

	if (!slash || (size_t)(slash - text) >= sizeof(host))
		goto bad;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (addr_from_text(&addr, host, 0) < 0 || addr.port || addr.scope || host[0] == '[')
		goto bad;
	if (!slash[1] || strlen(slash + 1) > 3)
		goto bad;
	for (const char *p = slash + 1; *p; p++) {
		if (!isdigit((unsigned char)*p))
			goto bad;
		bits = bits * 10 + (unsigned)(*p - '0');
	}
	if (bits > (addr.family == AF_INET ? 32u : 128u))
		goto bad;
	prefix.family = addr.family;
	prefix.bits = (uint8_t)bits;
	memcpy(prefix.ip, addr.ip, sizeof(prefix.ip));
	if (clear_rest(&prefix)) {
		memcpy(addr.ip, prefix.ip, sizeof(addr.ip));
		return why_set(why, "\"%s\" has bits behind its prefix; write \"%s/%u\"", text,
		    addr_to_text(&addr, clean), bits);
	}
	*out = prefix;
	return 0;
bad:
	return why_set(
	    why, "\"%.64s\" is not a prefix; write one like \"10.7.0.0/16\" or \"fd00::/8\"", text);
}

size_t
prefix_zones(const struct prefix *prefix)
{
	unsigned step = label_bits(prefix), rest = prefix->bits % step;

	return rest ? (size_t)1 << (step - rest) : 1;
}

void
prefix_zone(const struct prefix *prefix, size_t i, struct name *out)
{
	unsigned step = label_bits(prefix), rest = prefix->bits % step;
	uint8_t ip[16];

	assert(i < prefix_zones(prefix));
	memcpy(ip, prefix->ip, sizeof(ip));
	if (!rest) {
		name_reverse(prefix->family, ip, prefix->bits, out);
		return;
	}
	/* The label that the prefix ends in is counted up. */
	if (step == 4 && prefix->bits / 4 % 2 == 0)
		i <<= 4;
	ip[prefix->bits / 8] |= (uint8_t)i;
	name_reverse(prefix->family, ip, prefix->bits - rest + step, out);
}

bool
prefix_has(const struct prefix *prefix, uint16_t family, const uint8_t *ip)
{
	size_t whole = prefix->bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> prefix->bits % 8);

	return prefix->family == family && memcmp(prefix->ip, ip, whole) == 0 &&
	       (!mask || (ip[whole] & mask) == prefix->ip[whole]);
}

bool
prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->bits == b->bits &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}
