#include "policy/rebinding.h"

#include "policy/config_load.h"

#include <stdlib.h>
#include <string.h>

/* IPv6 prefixes of 96 bits behind which an IPv4 address stands: mapped, compatible (the unspecified
 * and the loopback address among them), NAT64. */
static const uint8_t embedding[][12] = {
	{ [10] = 0xff, [11] = 0xff },
	{ 0 },
	{ 0x00, 0x64, 0xff, 0x9b },
};

/* NAT64 for local use (RFC 8215): leads to this network's own translator, wherever the IPv4 address stands. */
static const uint8_t local_nat64[6] = { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 };

/* Asked of each address in an answer, so by the first octet. */
bool
rebinding_private4(const uint8_t ip[4])
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	switch (ip[0]) {
	case 0:
	case 10:
	case 127:
		return true;
	case 100: /* 100.64.0.0/10 */
		return (ip[1] & 0xc0) == 64;
	case 169: /* 169.254.0.0/16 */
		return ip[1] == 254;
	case 172: /* 172.16.0.0/12 */
		return (ip[1] & 0xf0) == 16;
	case 192: /* 192.168.0.0/16 */
		return ip[1] == 168;
	case 255:
		return memcmp(ip, broadcast, sizeof(broadcast)) == 0;
	default:
		return false;
	}
}

bool
rebinding_private6(const uint8_t ip[16])
{
	if ((ip[0] & 0xfe) == 0xfc) /* fc00::/7 */
		return true;
	/* fe80::/10, and fec0::/10: site-local, RFC 3879; some hosts still take it for one */
	if (ip[0] == 0xfe && ip[1] >= 0x80)
		return true;
	if (memcmp(ip, local_nat64, sizeof(local_nat64)) == 0)
		return true;
	for (size_t i = 0; ip[0] == 0 && i < sizeof(embedding) / sizeof(*embedding); i++) {
		if (memcmp(ip, embedding[i], sizeof(embedding[i])) == 0)
			return rebinding_private4(ip + sizeof(embedding[i]));
	}
	return false;
}

bool
rebinding_forbids(const struct policy *policy, enum view_kind view, const struct name *name)
{
	const struct rebinding *r = &policy->rebinding;

	if (!r->block || view != VIEW_PROVIDERS)
		return false;
	for (size_t i = 0; i < r->nexcept; i++) {
		if (name_is_under(name, &r->except[i]))
			return false;
	}
	return true;
}

void
rebinding_build(struct config_load *load)
{
	const json_t *array = config_at(load, "/rebinding/except");
	struct rebinding *r = &load->policy->rebinding;

	r->block = json_is_true(config_at(load, "/rebinding/block"));
	r->except = calloc(json_array_size(array) + 1, sizeof(*r->except));
	if (!r->except) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && name_from_text(&r->except[r->nexcept], text) == 0)
			r->nexcept++;
	}
}

void
rebinding_clear(struct rebinding *rebinding)
{
	free(rebinding->except);
	*rebinding = (struct rebinding){ .except = NULL };
}
