#include "policy/doh.h"

#include "policy/config_load.h"
#include "policy/rebinding.h"
#include "policy/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
doh_read_listen(struct addr *out, const char *text, struct why *why)
{
	struct addr addr;
	bool v4;

	if (value_addr(text, DOH_PORT, true, &addr, why) < 0)
		return -EINVAL;
	v4 = addr.family == AF_INET;
	if (addr_is_unspecified(&addr))
		return why_set(why,
		    "\"%.64s\" is every address of this machine, but the HTTP server (libh2o 2.2) "
		    "must not be reached from the internet; write \"127.0.0.1\" or the private "
		    "address that is meant",
		    text);
	if (v4 ? !rebinding_private4(addr.ip) : !rebinding_private6(addr.ip))
		return why_set(why,
		    "\"%.64s\" is an address of the internet, which the HTTP server (libh2o 2.2) "
		    "must "
		    "not be reached from; write \"127.0.0.1\" or a private address",
		    text);
	*out = addr;
	return 0;
}

bool
doh_listens(const struct doh_options *doh, const struct addr *addr)
{
	return addr_among(addr, doh->listen, doh->nlisten);
}

static bool
served_already(const struct policy *p, const struct addr *addr)
{
	return addr_among(addr, p->listen, p->nlisten) || doh_listens(&p->doh, addr);
}

static void
build_listen(struct config_load *load)
{
	const json_t *array = config_at(load, "/doh/listen");
	struct doh_options *doh = &load->policy->doh;
	char path[40], text[ADDR_TEXT_MAX];
	struct why why = { "" };

	doh->listen = calloc(json_array_size(array) + 1, sizeof(*doh->listen));
	if (!doh->listen) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *entry = json_string_value(json_array_get(array, i));
		struct addr addr;

		if (!entry || doh_read_listen(&addr, entry, &why) < 0)
			continue; /* the schema has complained */
		snprintf(path, sizeof(path), "/doh/listen/%zu", i);
		addr_to_text(&addr, text);
		if (served_already(load->policy, &addr))
			config_error(load, path,
			    "%s is listed twice, or in \"listen\" as well; write another port",
			    text);
		else if (!doh->certificate && !addr_is_loopback(&addr))
			config_error(load, path,
			    "%s is beyond this machine, where DoH without TLS would be read and "
			    "changed by others; write a \"certificate\" and its \"key\", or "
			    "\"127.0.0.1\"",
			    text);
		else
			doh->listen[doh->nlisten++] = addr;
	}
}

void
doh_build(struct config_load *load)
{
	struct doh_options *doh = &load->policy->doh;

	doh->path = config_strdup(load, config_text(load, "/doh/path"));
	doh->certificate = config_strdup(load, config_text(load, "/doh/certificate"));
	doh->key = config_strdup(load, config_text(load, "/doh/key"));
	if (doh->certificate && !doh->key)
		config_error(load, "/doh/certificate",
		    "has no key; write the file of its private key as \"key\" beside it");
	if (doh->key && !doh->certificate)
		config_error(load, "/doh/key",
		    "has no certificate; write its file as \"certificate\" beside it");
	build_listen(load);
}

void
doh_clear(struct doh_options *doh)
{
	free(doh->listen);
	free(doh->path);
	free(doh->certificate);
	free(doh->key);
	*doh = (struct doh_options){ .listen = NULL };
}
