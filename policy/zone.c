#include "policy/zone.h"

#include "policy/prefix.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum zone_kind {
	ZONE_LOOPBACK,
	ZONE_NOTHING, /* NXDOMAIN */
	ZONE_HOME,    /* NXDOMAIN, but DS of the apex is public */
	ZONE_EMPTY,   /* NODATA */
	ZONE_IPV4ONLY,
	ZONE_REVERSE,
};

struct zone {
	const char *name; /* NULL: the prefixes below */
	enum zone_kind kind;
	const char *why;
};

static const struct zone zones[] = {
	{ NULL, ZONE_REVERSE, "RFC 6303: private reverse zone" },
	{ "localhost", ZONE_LOOPBACK, "RFC 6761: localhost" },
	{ "test", ZONE_NOTHING, "RFC 6761: test" },
	{ "invalid", ZONE_NOTHING, "RFC 6761: invalid" },
	{ "onion", ZONE_NOTHING, "RFC 7686: onion" },
	{ "alt", ZONE_NOTHING, "RFC 9476: alt" },
	{ "local", ZONE_NOTHING, "RFC 6762: local" },
	{ "home.arpa", ZONE_HOME, "RFC 8375: home.arpa" },
	{ "resolver.arpa", ZONE_EMPTY, "RFC 9462: resolver.arpa" },
	{ "ipv4only.arpa", ZONE_IPV4ONLY, "RFC 8880: ipv4only.arpa" },
	{ "_gateway", ZONE_NOTHING, "the link's gateway, which is not known" },
};

enum { ZONES = sizeof(zones) / sizeof(*zones), ZONE_OF_PREFIXES = 0 };

/* RFC 6303 section 4, RFC 7793, and what the registry of locally-served zones took from them. */
static const struct prefix prefixes[] = {
	{ AF_INET, 8, { 0 } },
	{ AF_INET, 8, { 10 } },
	{ AF_INET, 10, { 100, 64 } },
	{ AF_INET, 8, { 127 } },
	{ AF_INET, 16, { 169, 254 } },
	{ AF_INET, 12, { 172, 16 } },
	{ AF_INET, 24, { 192, 0, 2 } },
	{ AF_INET, 16, { 192, 168 } },
	{ AF_INET, 24, { 198, 51, 100 } },
	{ AF_INET, 24, { 203, 0, 113 } },
	{ AF_INET, 32, { 255, 255, 255, 255 } },
	{ AF_INET6, 128, { 0 } },
	{ AF_INET6, 128, { [15] = 1 } },
	{ AF_INET6, 32, { 0x20, 0x01, 0x0d, 0xb8 } },
	{ AF_INET6, 8, { 0xfd } },
	{ AF_INET6, 10, { 0xfe, 0x80 } },
};

static const uint8_t loopback4[16] = { 127, 0, 0, 1 };
static const uint8_t loopback6[16] = { [15] = 1 };
static const uint8_t own4[16] = { 127, 0, 0, 2 };

static int
add(struct suffixes *suffixes, const struct name *name, unsigned zone)
{
	struct suffix_owner *owner = suffixes_owner(suffixes, name);

	if (!owner)
		return -ENOMEM;
	owner->zone = (uint16_t)(zone + 1);
	return 0;
}

bool
zone_name(size_t i, struct name *out)
{
	if (i + ZONE_OF_PREFIXES + 1 < ZONES) {
		int r = name_from_text(out, zones[i + ZONE_OF_PREFIXES + 1].name);

		assert(r == 0);
		return r == 0;
	}
	i -= ZONES - ZONE_OF_PREFIXES - 1;
	for (size_t p = 0; p < sizeof(prefixes) / sizeof(*prefixes); p++) {
		if (i < prefix_zones(&prefixes[p])) {
			prefix_zone(&prefixes[p], i, out);
			return true;
		}
		i -= prefix_zones(&prefixes[p]);
	}
	return false;
}

int
zone_add_all(struct suffixes *suffixes)
{
	struct name name;

	for (unsigned i = 0; zone_name(i, &name); i++) {
		const unsigned zone = i + ZONE_OF_PREFIXES + 1;

		if (add(suffixes, &name, zone < ZONES ? zone : ZONE_OF_PREFIXES) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void
nothing(struct local_answer *out, enum local_kind kind, uint32_t ttl)
{
	out->kind = kind;
	out->ttl = ttl;
	out->naddresses = 0;
}

/* One address of either family; NODATA for other types. */
static void
addresses(const struct question *q, const uint8_t v4[16], const uint8_t v6[16], uint32_t ttl,
    struct local_answer *out)
{
	const uint8_t *ip = q->type == TYPE_A ? v4 : q->type == TYPE_AAAA ? v6 : NULL;

	nothing(out, LOCAL_NODATA, ttl);
	if (!ip || q->class != CLASS_IN)
		return;
	out->kind = LOCAL_ADDRESSES;
	out->naddresses = 1;
	memcpy(out->addresses[0], ip, 16);
}

static void
ipv4only(const struct question *q, bool apex, struct local_answer *out)
{
	static const uint8_t first[4] = { 192, 0, 0, 170 }, second[4] = { 192, 0, 0, 171 };

	nothing(out, apex ? LOCAL_NODATA : LOCAL_NXDOMAIN, ZONE_NEGATIVE_TTL);
	if (!apex || q->type != TYPE_A || q->class != CLASS_IN)
		return;
	out->kind = LOCAL_ADDRESSES;
	out->ttl = ZONE_TTL;
	out->naddresses = 2;
	memcpy(out->addresses[0], first, sizeof(first));
	memcpy(out->addresses[1], second, sizeof(second));
}

/* The loopback addresses have names; names above them exist (RFC 8020), others do not. */
static void
reverse(const struct question *q, bool apex, struct local_answer *out)
{
	struct name own[2];

	nothing(out, apex ? LOCAL_NODATA : LOCAL_NXDOMAIN, ZONE_NEGATIVE_TTL);
	name_reverse(AF_INET, loopback4, 32, &own[0]);
	name_reverse(AF_INET6, loopback6, 128, &own[1]);
	for (size_t i = 0; i < 2; i++) {
		if (!name_is_under(&own[i], &q->name))
			continue;
		out->kind = LOCAL_NODATA;
		if (q->type != TYPE_PTR || q->class != CLASS_IN || !name_equal(&own[i], &q->name))
			continue;
		out->kind = LOCAL_PTR;
		out->ttl = ZONE_TTL;
		name_from_text(&out->ptr, "localhost");
	}
}

/* Answers from a zone; false where the zone leaves the question to the public. */
static bool
from_zone(const struct zone *zone, bool apex, const struct question *q, struct local_answer *out)
{
	switch (zone->kind) {
	case ZONE_LOOPBACK:
		addresses(q, loopback4, loopback6, ZONE_TTL, out);
		return true;
	case ZONE_HOME:
		if (apex && q->type == TYPE_DS)
			return false;
		nothing(out, LOCAL_NXDOMAIN, ZONE_NEGATIVE_TTL);
		return true;
	case ZONE_NOTHING:
		nothing(out, LOCAL_NXDOMAIN, ZONE_NEGATIVE_TTL);
		return true;
	case ZONE_EMPTY:
		nothing(out, LOCAL_NODATA, ZONE_NEGATIVE_TTL);
		return true;
	case ZONE_IPV4ONLY:
		ipv4only(q, apex, out);
		return true;
	case ZONE_REVERSE:
		reverse(q, apex, out);
		return true;
	}
	return false;
}

/* HTTPS is asked by browsers beside A and AAAA, and tells as much (RFC 9460 section 9). */
static bool
is_address_type(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_HTTPS;
}

static bool
is_dotless(const struct name *name)
{
	return name->len > 1 && name->len == name->wire[0] + 2;
}

bool
zone_answer(const struct suffix_match *match, const struct question *question,
    const struct netview *netview, struct local_answer *out, const char **why, unsigned *suffix)
{
	*suffix = question->name.len;
	if (netview->hostname.len > 1 && name_equal(&netview->hostname, &question->name)) {
		addresses(question, own4, loopback6, ZONE_OWN_TTL, out);
		*why = "this machine's own name";
		return true;
	}
	if (match->owner.zone) {
		const struct zone *zone = &zones[match->owner.zone - 1];

		*suffix = match->zone_len;
		*why = zone->why;
		return from_zone(zone, match->zone_len == question->name.len, question, out);
	}
	if (is_dotless(&question->name) && is_address_type(question->type)) {
		nothing(out, LOCAL_NXDOMAIN, ZONE_NEGATIVE_TTL);
		*why = "a name of one label is no public host";
		return true;
	}
	return false;
}
