#include "stubd/daemon_impl.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/net/tls_store.h"
#include "stubd/query/ahead.h"

#include <errno.h>
#include <stdio.h>

int
daemon_read_cas(struct daemon *d, const struct policy *policy, char error[DAEMON_ERROR_MAX])
{
	for (size_t i = 0; i < policy->nupstreams; i++) {
		const char *file = policy->upstreams[i]->ca_file;
		char why[TLS_TEXT];

		if (file && tls_store_read(d->tls, file, why) < 0) {
			snprintf(
			    error, DAEMON_ERROR_MAX, "%s: %s", policy->upstreams[i]->name, why);
			return -EINVAL;
		}
	}
	return 0;
}

void
daemon_warm_tls(void *arg)
{
	struct daemon *d = arg;
	const struct policy *policy = d->resolver.policy;

	for (size_t i = 0; i < policy->nupstreams; i++) {
		const struct upstream_spec *spec = policy->upstreams[i];
		char why[TLS_TEXT];

		if (spec->scheme != SCHEME_DNS && tls_store_open(d->tls, spec->ca_file, why) < 0)
			log_error("%s: %s", spec->name, why);
	}
	ahead_at_start(&d->resolver);
}
