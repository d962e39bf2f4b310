#include "policy/rebinding.h"

#include "policy/config_load.h"
#include "policy/prefix.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Asked of each address in an answer, so as numbers. */
static const struct {
	uint32_t value;
	uint8_t bits;
} prefixes4[] = {
	{ 0, 8 },
	{ 0x0a000000, 8 },  /* 10.0.0.0 */
	{ 0x64400000, 10 }, /* 100.64.0.0 */
	{ 0x7f000000, 8 },  /* 127.0.0.0 */
	{ 0xa9fe0000, 16 }, /* 169.254.0.0 */
	{ 0xac100000, 12 }, /* 172.16.0.0 */
	{ 0xc0a80000, 16 }, /* 192.168.0.0 */
	{ 0xffffffff, 32 },
};

static const struct prefix prefixes6[] = {
	{ AF_INET6, 128, { 0 } }, { AF_INET6, 128, { [15] = 1 } }, { AF_INET6, 7, { 0xfc } },
	{ AF_INET6, 10, { 0xfe, 0x80 } },
	{ AF_INET6, 10,
	    { 0xfe, 0xc0 } }, /* site-local, RFC 3879; some hosts still take it for one */
};

/* IPv6 prefixes of 96 bits behind which an IPv4 address stands: mapped, compatible, NAT64. */
static const uint8_t embedding[][12] = {
	{ [10] = 0xff, [11] = 0xff },
	{ 0 },
	{ 0x00, 0x64, 0xff, 0x9b },
};

bool
rebinding_private4(const uint8_t ip[4])
{
	const uint32_t value = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | ip[2] << 8 | ip[3];

	for (size_t i = 0; i < sizeof(prefixes4) / sizeof(*prefixes4); i++) {
		if ((value ^ prefixes4[i].value) >> (32 - prefixes4[i].bits) == 0)
			return true;
	}
	return false;
}

bool
rebinding_private6(const uint8_t ip[16])
{
	for (size_t i = 0; i < sizeof(embedding) / sizeof(*embedding); i++) {
		if (memcmp(ip, embedding[i], sizeof(embedding[i])) == 0)
			return rebinding_private4(ip + sizeof(embedding[i]));
	}
	for (size_t i = 0; i < sizeof(prefixes6) / sizeof(*prefixes6); i++) {
		if (prefix_has(&prefixes6[i], AF_INET6, ip))
			return true;
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
