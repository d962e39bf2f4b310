/* What a network's server says of its NAT64: any octets, and a prefix that comes of it is one that RFC
 * 6052 allows, with room for every IPv4 address. */
#include "policy/dns64.h"
#include "stubd/wire/ipv4only.h"

#include <assert.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t ip4[4] = { 192, 0, 2, 33 };
	struct prefix prefix;
	uint8_t out[16];
	uint32_t ttl;

	if (ipv4only_read(data, size, &prefix, &ttl) < 0)
		return 0;
	assert(dns64_usable(&prefix));
	assert(dns64_embed(&prefix, ip4, out) && prefix_has(&prefix, AF_INET6, out));
	return 0;
}
