#include "stubd/exposure.h"

#include "policy/config.h"
#include "stubd/base/clock.h"
#include "stubd/base/log.h"
#include "stubd/base/state_file.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/ledger.h"
#include "stubd/query/resolver.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exposure {
	struct resolver *resolver; /* borrowed */
	struct timer pace;	   /* runs while there is something new */
	bool keep, known;	   /* known: there was a policy */
	int64_t begun;		   /* the ledger was, by this run: seconds since 1970 */
	char path[PATH_MAX];
};

static void
save(struct exposure *x)
{
	char *text = ledger_to_text(x->resolver->ledger);
	const int err = text ? state_file_write(x->path, text, strlen(text)) : -ENOMEM;

	free(text);
	if (err < 0)
		log_warn("exposure: file=%s error=\"%s\" it is not kept", x->path, strerror(-err));
}

static void
on_pace(void *arg)
{
	save(arg);
}

struct exposure *
exposure_new(struct resolver *resolver, const char *state_dir)
{
	struct exposure *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->resolver = resolver;
	timer_init(&x->pace, resolver->loop, on_pace, x);
	x->begun = (int64_t)clock_wall_s();
	if (snprintf(x->path, sizeof(x->path), "%s/exposure", state_dir) >= (int)sizeof(x->path))
		x->path[0] = '\0';
	return x;
}

struct exposure *
exposure_free(struct exposure *x)
{
	if (!x)
		return NULL;
	timer_stop(&x->pace);
	if (x->keep)
		save(x);
	free(x);
	return NULL;
}

/* Goes on where an earlier run ended. */
static void
restore(struct exposure *x)
{
	struct ledger *kept;
	char *text;
	size_t n;
	int err = state_file_read(x->path, LEDGER_TEXT_MAX, &text, &n);

	if (err == -ENOENT)
		return;
	if (!err) {
		err = ledger_from_text(text, n, &kept);
		free(text);
	}
	if (err) {
		log_warn("exposure: file=%s error=\"%s\" it is begun anew", x->path,
		    err == -EBADMSG ? "malformed" : strerror(-err));
		return;
	}
	ledger_free(x->resolver->ledger);
	x->resolver->ledger = kept;
}

/* What earlier runs have counted cannot be told from the rest any more: all is begun anew. */
static void
begin_anew(struct exposure *x)
{
	struct ledger *ledger = ledger_new();

	if (!ledger) {
		log_warn("exposure: out of memory; what was kept counts until stubd is stopped");
		ledger_keep(x->resolver->ledger, 0);
		return;
	}
	ledger_free(x->resolver->ledger);
	x->resolver->ledger = ledger;
	x->begun = (int64_t)clock_wall_s();
}

static void
forget(struct exposure *x)
{
	int err;

	timer_stop(&x->pace);
	if (x->keep)
		begin_anew(x);
	err = state_file_remove(x->path);
	if (err < 0)
		log_warn(
		    "exposure: file=%s error=\"%s\" it is still there", x->path, strerror(-err));
}

void
exposure_apply(struct exposure *x, const struct policy *policy)
{
	/* Only what begins has told nothing that would be lost. */
	if (policy->keep_exposure && !x->known)
		restore(x);
	if (policy->keep_exposure && !ledger_since(x->resolver->ledger))
		ledger_keep(x->resolver->ledger, x->begun);
	if (!policy->keep_exposure)
		forget(x);
	x->keep = policy->keep_exposure;
	x->known = true;
}

void
exposure_asked(struct exposure *x)
{
	if (x && x->keep && !timer_running(&x->pace))
		timer_start(&x->pace, EXPOSURE_PACE);
}

void
exposure_save(struct exposure *x)
{
	if (!x->keep)
		return;
	timer_stop(&x->pace);
	save(x);
}
