#include "stubd/persist.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/base/state_file.h"
#include "stubd/cache/cache_file.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/persist_load.h"
#include "stubd/persist_save.h"
#include "stubd/query/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct persist {
	struct resolver *resolver;
	struct loop *loop;
	char *path; /* owned */
	bool on, started;
	bool changed; /* since it was saved */
	struct timer due;
	struct persist_load *load; /* owned */
	struct persist_save save;
	bool saving; /* that is to be ended */
};

/* --- saving ------------------------------------------------------------------------------------- */

/* Ends what is being saved, if anything is. */
static void
end_save(struct persist *p, bool cancel)
{
	int err;

	if (!p->saving)
		return;
	p->saving = false;
	err = persist_save_end(&p->save, cancel);
	if (err)
		p->changed = true;
	if (err && err != -ECANCELED)
		log_warn(
		    "cache: file=%s error=\"%s\" answers are not kept", p->path, strerror(-err));
	else if (!err)
		log_debug("cache: file=%s answers=%zu kept", p->path, p->save.answers);
}

static void
save(struct persist *p, bool here)
{
	struct cache_file_header header = { .policy = persist_policy(p->resolver) };
	int err;

	end_save(p, false);
	if (!p->changed)
		return;
	persist_time(&header.time);
	err = persist_save_begin(&p->save, p->resolver->cache, p->path, &header, loop_now(p->loop));
	if (err) {
		log_warn(
		    "cache: file=%s error=\"%s\" answers are not kept", p->path, strerror(-err));
		return;
	}
	if (p->resolver->netview.unsynchronised)
		persist_save_untimely(&p->save, &p->resolver->policy->network);
	p->changed = false;
	p->saving = true;
	if (here)
		persist_save_here(&p->save);
	else
		persist_save_start(&p->save);
}

static void
on_due(void *arg)
{
	struct persist *p = arg;

	if (persist_load_runs(p->load))
		timer_start(&p->due, PERSIST_EVERY);
	else
		save(p, false);
}

/* The file is to be another one, if it is to be. */
static void
on_change(void *arg)
{
	struct persist *p = arg;

	if (!p->on)
		return;
	p->changed = true;
	if (!timer_running(&p->due))
		timer_start(&p->due, PERSIST_EVERY);
}

/* --- its life ----------------------------------------------------------------------------------- */

struct persist *
persist_new(struct loop *loop, struct resolver *resolver, const char *state_dir)
{
	struct persist *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->loop = loop;
	p->resolver = resolver;
	timer_init(&p->due, loop, on_due, p);
	if (asprintf(&p->path, "%s/cache", state_dir) < 0)
		p->path = NULL;
	if (p->path)
		p->load = persist_load_new(loop, resolver, p->path);
	if (!p->load)
		return persist_free(p);
	resolver->learnt = on_change;
	resolver->learnt_arg = p;
	return p;
}

/* Nothing on its way in or out, no file. */
static void
forget(struct persist *p)
{
	int err;

	end_save(p, true);
	persist_load_stop(p->load, "something was flushed");
	timer_stop(&p->due);
	err = state_file_remove(p->path);
	if (err)
		log_warn(
		    "cache: file=%s error=\"%s\" it cannot be removed", p->path, strerror(-err));
	on_change(p);
}

void
persist_follow(struct persist *p)
{
	const bool first = !p->started;

	p->on = p->resolver->policy->cache_persist;
	p->started = true;
	if (p->on && first)
		persist_load_start(p->load);
	else
		forget(p);
}

void
persist_flushed(struct persist *p)
{
	forget(p);
}

struct persist *
persist_free(struct persist *p)
{
	if (!p)
		return NULL;
	p->resolver->learnt = NULL;
	timer_stop(&p->due);
	/* While it is being read the file is better than what was read of it. */
	if (p->on && !persist_load_runs(p->load))
		save(p, true);
	end_save(p, false);
	p->load = persist_load_free(p->load);
	free(p->path);
	free(p);
	return NULL;
}
