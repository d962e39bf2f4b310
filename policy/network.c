#include "policy/network.h"

#include "policy/config_load.h"

#include <stdlib.h>

void
network_build(struct config_load *load)
{
	const json_t *array = config_at(load, "/network/resolv_conf");
	struct network *network = &load->policy->network;

	network->resolv_conf = calloc(json_array_size(array) + 1, sizeof(*network->resolv_conf));
	if (!network->resolv_conf) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		char *path = config_strdup(load, json_string_value(json_array_get(array, i)));

		if (path)
			network->resolv_conf[network->nresolv_conf++] = path;
	}
}

void
network_clear(struct network *network)
{
	for (size_t i = 0; i < network->nresolv_conf; i++)
		free(network->resolv_conf[i]);
	free(network->resolv_conf);
	*network = (struct network){ .resolv_conf = NULL };
}
