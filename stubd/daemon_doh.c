#include "stubd/daemon_impl.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/front/doh.h"

#include <stdio.h>

int
daemon_serve_doh(struct daemon *d, const struct doh_options *options, char error[DAEMON_ERROR_MAX])
{
	struct doh_plan *plan;
	const int err = doh_prepare(d->doh, options, &plan, error);

	if (err == 0)
		doh_commit(d->doh, plan);
	return err;
}

bool
daemon_doh_warning(const struct daemon *d, char text[DAEMON_ERROR_MAX])
{
	const int64_t now = walltime_seconds(&d->resolver.walltime);
	const int64_t since = doh_certificate_since(d->doh), until = doh_certificate_until(d->doh);
	char date[WALLTIME_TEXT];

	if (!until || (since <= now && now < until))
		return false;
	snprintf(text, DAEMON_ERROR_MAX,
	    "the certificate for DoH, %s, %s %s: browsers refuse it; make another one and reload",
	    d->resolver.policy->doh.certificate, until <= now ? "expired" : "is not valid until",
	    walltime_text(until <= now ? until : since, date));
	return true;
}

void
daemon_note_doh(const struct daemon *d)
{
	const struct doh_options *doh = &d->resolver.policy->doh;
	const bool tls = doh_certificate_until(d->doh) != 0;
	char text[DAEMON_ERROR_MAX];

	for (size_t i = 0; i < doh->nlisten; i++)
		log_info("DoH: %s://%s%s", tls ? "https" : "http",
		    addr_to_text(&doh->listen[i], text), doh->path);
	if (daemon_doh_warning(d, text))
		log_warn("%s", text);
}
