/* What a plain server says of its encrypted ways, and of where their target is: any octets, and each way is
 * one that can be gone. */
#include "stubd/wire/designation.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct designation_way *way)
{
	assert(way->scheme == SCHEME_TLS || way->scheme == SCHEME_HTTPS);
	assert(way->port && way->priority && way->target.len);
	assert((way->path[0] == '/') == (way->scheme == SCHEME_HTTPS));
	assert(way->naddresses <= SPEC_ADDRESSES_MAX);
	for (size_t i = 0; i < way->naddresses; i++) {
		assert(way->addresses[i].port == way->port);
		assert(!addr_is_loopback(&way->addresses[i]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct designation_way later = { .scheme = SCHEME_TLS, .port = 853, .priority = 1 };
	struct designation d;

	later.target.len = 1;
	designation_add_answer(&later, data, size, size % 2 ? AF_INET : AF_INET6);
	check(&later);
	if (designation_read(data, size, &d) < 0)
		return 0;
	assert(d.nways <= DESIGNATION_WAYS_MAX && (d.nways || !d.ttl));
	for (size_t i = 0; i < d.nways; i++) {
		check(&d.ways[i]);
		assert(!i || d.ways[i - 1].priority <= d.ways[i].priority);
	}
	return 0;
}
