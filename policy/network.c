#include "policy/network.h"

#include "policy/config_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Where nobody has written any: what Debian's time services ask for. */
static const char *const usual_time[] = { "pool.ntp.org" };

static void
build_files(struct config_load *load)
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

static void
add_time(struct network *network, const char *text)
{
	if (text && name_from_text(&network->time_names[network->ntime_names], text) == 0)
		network->ntime_names++;
}

static void
build_time(struct config_load *load)
{
	const json_t *array = config_at(load, "/ntp_names");
	const bool strict = load->policy->privacy == PRIVACY_STRICT;
	struct network *network = &load->policy->network;

	network->time_names = calloc(NETWORK_TIME_MAX, sizeof(*network->time_names));
	if (!network->time_names) {
		load->report.nomem = true;
		return;
	}
	if (strict && json_array_size(array) > 0) {
		config_error(load, "/ntp_names",
		    "lets names of time servers be asked in plaintext, which privacy \"strict\" "
		    "does not allow; leave it out");
		return;
	}
	for (size_t i = 0; i < json_array_size(array) && i < NETWORK_TIME_MAX; i++)
		add_time(network, json_string_value(json_array_get(array, i)));
	for (size_t i = 0; !array && !strict && i < sizeof(usual_time) / sizeof(*usual_time); i++)
		add_time(network, usual_time[i]);
}

void
network_build(struct config_load *load)
{
	build_files(load);
	build_time(load);
}

void
network_clear(struct network *network)
{
	for (size_t i = 0; i < network->nresolv_conf; i++)
		free(network->resolv_conf[i]);
	free(network->resolv_conf);
	free(network->time_names);
	*network = (struct network){ .resolv_conf = NULL };
}

bool
network_may_be_asked(const struct policy *policy)
{
	return policy_has_step(policy, MISS_NETWORK) || policy->network.ntime_names > 0;
}

bool
network_has_time(
    const struct policy *policy, const struct netview *netview, const struct name *name)
{
	if (!netview->unsynchronised)
		return false;
	for (size_t i = 0; i < policy->network.ntime_names; i++) {
		if (name_is_under(name, &policy->network.time_names[i]))
			return true;
	}
	return false;
}

int
network_spec(const struct addr *server, struct upstream_spec *out)
{
	struct addr host = *server;
	char text[ADDR_TEXT_MAX], *name;

	host.port = 0;
	/* No name of a provider or of a rule's server has a space. */
	if (asprintf(&name, "network %s", addr_to_text(&host, text)) < 0)
		return -ENOMEM;
	*out = (struct upstream_spec){
		.name = name,
		.scheme = SCHEME_DNS,
		.addresses = { *server },
		.naddresses = 1,
		.network = true,
		.timeout = NETWORK_TIMEOUT,
	};
	return 0;
}
