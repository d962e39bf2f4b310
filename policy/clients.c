#include "policy/clients.h"

#include "policy/config_load.h"

#include <stdlib.h>
#include <string.h>

bool
clients_admit(const struct clients *clients, const struct addr *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *ip = addr->ip;
	uint16_t family = addr->family;

	if (family == AF_INET6 && memcmp(ip, mapped, sizeof(mapped)) == 0) {
		family = AF_INET;
		ip += sizeof(mapped);
	}
	for (size_t i = 0; i < clients->nallow; i++) {
		if (prefix_has(&clients->allow[i], family, ip))
			return true;
	}
	return false;
}

static unsigned
count(const struct config_load *load, const char *path)
{
	return (unsigned)json_integer_value(config_at(load, path));
}

void
clients_build(struct config_load *load)
{
	const json_t *array = config_at(load, "/allow");
	struct clients *c = &load->policy->clients;
	struct why why;

	c->udp_size = count(load, "/limits/udp_size");
	c->queries = count(load, "/limits/client_queries");
	c->rate = count(load, "/limits/client_rate");
	c->allow = calloc(json_array_size(array) + 1, sizeof(*c->allow));
	if (!c->allow) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (text && prefix_from_text(&c->allow[c->nallow], text, &why) == 0)
			c->nallow++;
	}
}

void
clients_clear(struct clients *clients)
{
	free(clients->allow);
	*clients = (struct clients){ .allow = NULL };
}
