/* A file of resolvers: any octets give a list of at most so many, none of them this machine. */
#include "policy/resolv_conf.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolv_conf conf;

	resolv_conf_parse((const char *)data, size, &conf);
	if (conf.nservers > NETVIEW_SERVERS_MAX || !conf.malformed != !conf.first_malformed)
		abort();
	for (size_t i = 0; i < conf.nservers; i++) {
		if (conf.servers[i].port != 53 || addr_is_loopback(&conf.servers[i]))
			abort();
		for (size_t k = 0; k < i; k++) {
			if (addr_equal(&conf.servers[i], &conf.servers[k]))
				abort();
		}
	}
	return 0;
}
