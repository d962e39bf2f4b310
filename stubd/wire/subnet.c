#include "stubd/wire/subnet.h"

#include "stubd/base/buf.h"
#include "stubd/wire/option.h"

#include <errno.h>
#include <string.h>

enum { HEADER = 4, FIXED = 4 /* octets before the address */ };

static unsigned
bits_of(unsigned family)
{
	return family == SUBNET_IPV4 ? 32 : family == SUBNET_IPV6 ? 128 : 0;
}

static size_t
octets(const struct subnet *subnet)
{
	return (subnet->source + 7u) / 8;
}

bool
subnet_read(const uint8_t *value, size_t n, struct subnet *out)
{
	struct subnet read = { .family = 0 };
	unsigned most;

	if (n < FIXED || value[0] || value[1] > SUBNET_IPV6)
		return false;
	read.family = value[1];
	read.source = value[2];
	read.scope = value[3];
	most = bits_of(read.family);
	if (read.source > most || read.scope > most || n != FIXED + octets(&read))
		return false;
	memcpy(read.ip, value + FIXED, n - FIXED);
	if (read.source % 8 && (uint8_t)(read.ip[read.source / 8] << read.source % 8))
		return false;
	*out = read;
	return true;
}

size_t
subnet_size(const struct subnet *subnet)
{
	return HEADER + FIXED + octets(subnet);
}

void
subnet_write(struct wcur *w, const struct subnet *subnet)
{
	wcur_u16(w, OPTION_SUBNET);
	wcur_u16(w, (uint16_t)(subnet_size(subnet) - HEADER));
	wcur_u16(w, subnet->family);
	wcur_u8(w, subnet->source);
	wcur_u8(w, subnet->scope);
	wcur_bytes(w, subnet->ip, octets(subnet));
}

struct subnet
subnet_cut(const struct subnet *subnet, unsigned bits)
{
	struct subnet cut = { .family = subnet->family, .source = subnet->source };

	if (cut.source > bits)
		cut.source = (uint8_t)bits;
	memcpy(cut.ip, subnet->ip, octets(&cut));
	if (cut.source % 8)
		cut.ip[cut.source / 8] &= (uint8_t)(0xff << (8 - cut.source % 8));
	return cut;
}

struct subnet
subnet_to_tell(const struct subnet *subnet)
{
	return subnet_cut(
	    subnet, subnet->family == SUBNET_IPV4 ? SUBNET_IPV4_MOST : SUBNET_IPV6_MOST);
}

bool
subnet_equal(const struct subnet *a, const struct subnet *b)
{
	return a->family == b->family && a->source == b->source &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

int
subnet_scope(const uint8_t *reply, size_t n, const struct subnet *asked, uint8_t *scope)
{
	struct subnet told;
	size_t len;
	const uint8_t *value = option_find(reply, n, OPTION_SUBNET, &len);

	if (!value) {
		*scope = 0;
		return 0;
	}
	if (!subnet_read(value, len, &told) || !subnet_equal(&told, asked))
		return -EBADMSG;
	*scope = told.scope < asked->source ? told.scope : asked->source;
	return 0;
}
