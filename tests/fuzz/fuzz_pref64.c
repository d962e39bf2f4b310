/* What rtnetlink hands on of router advertisements: any octets, and what is told of is always a prefix
 * that RFC 6052 allows, on a link, with a lifetime that fits its field. */
#include "policy/dns64.h"
#include "stubd/watch/pref64.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(void *arg, const struct pref64 *news)
{
	static const uint8_t ip4[4] = { 192, 0, 2, 33 };
	uint8_t out[16];

	(void)arg;
	assert(news->link != 0);
	assert(news->lifetime <= 65528 && news->lifetime % 8 == 0);
	assert(dns64_usable(&news->prefix));
	assert(dns64_embed(&news->prefix, ip4, out));
	assert(prefix_has(&news->prefix, AF_INET6, out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pref64_read(data, size, check, NULL);
	return 0;
}
