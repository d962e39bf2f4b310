#include "stubd/goodtime.h"

#include "stubd/base/log.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/net/tls_store.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct goodtime {
	struct tls_store *tls;
	struct engine *engine;
	struct resolver *resolver;
	int64_t kept;	 /* seconds since 1970; 0: none */
	int64_t written; /* the same, by this run */
	char path[PATH_MAX];
};

static int64_t
read_kept(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char bytes[WALLTIME_FILE];
	int64_t kept = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n < 0 || walltime_from_file(bytes, (size_t)n, &kept) < 0)
		log_warn("%s: is no time; it is passed over", path);
	return kept;
}

/* Written aside and renamed, so that a crash never leaves half a time. */
static void
keep(struct goodtime *g, int64_t now)
{
	char aside[PATH_MAX + 8], bytes[WALLTIME_FILE];
	const size_t n = walltime_to_file(now, bytes);
	bool good = false;
	int fd;

	g->kept = g->written = now;
	snprintf(aside, sizeof(aside), "%s.new", g->path);
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		good = write(fd, bytes, n) == (ssize_t)n;
		good = close(fd) == 0 && good;
	}
	if (!good || rename(aside, g->path) < 0)
		log_debug("%s: the last good time cannot be kept", g->path);
}

static void
tell(struct goodtime *g, const struct walltime *now)
{
	const struct walltime *before = &g->resolver->walltime;
	const bool other = g->resolver->netview.unsynchronised != now->unsynchronised;
	const bool changed =
	    before->unsynchronised != now->unsynchronised || before->fixed != now->fixed;
	char note[WALLTIME_NOTE];

	if (changed)
		log_info("event=clock synchronised=%s using=%s%s%s",
		    now->unsynchronised ? "no" : "yes", walltime_source_text(now->source),
		    now->unsynchronised ? " " : "", walltime_note(now, note));
	g->resolver->walltime = *now;
	g->resolver->netview.unsynchronised = now->unsynchronised;
	if (other)
		resolver_changed(g->resolver);
	tls_store_set_time(g->tls, now);
	engine_set_time(g->engine, now->fixed);
	/* What another time made bad is good, perhaps. */
	if (changed)
		engine_forget(g->engine);
	if (changed && g->resolver->cache)
		cache_forget_failures(g->resolver->cache);
	if (changed && g->resolver->pool)
		pool_try_all(g->resolver->pool);
}

static void
look(struct goodtime *g, int64_t keep_after)
{
	int64_t now;
	const bool good = walltime_read(&now);
	const struct walltime t = walltime_judge(good, now, STUBD_BUILD_TIME, g->kept);

	tell(g, &t);
	if (good && (!g->written || now < g->written || now - g->written >= keep_after))
		keep(g, now);
}

void
goodtime_look(void *arg)
{
	look(arg, GOODTIME_KEEP);
}

struct goodtime *
goodtime_new(
    const char *state_dir, struct tls_store *tls, struct engine *engine, struct resolver *resolver)
{
	struct goodtime *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->tls = tls;
	g->engine = engine;
	g->resolver = resolver;
	if (snprintf(g->path, sizeof(g->path), "%s/clock", state_dir) >= (int)sizeof(g->path))
		g->path[0] = '\0';
	g->kept = read_kept(g->path);
	look(g, GOODTIME_KEEP);
	return g;
}

struct goodtime *
goodtime_free(struct goodtime *goodtime)
{
	if (goodtime)
		look(goodtime, 1);
	free(goodtime);
	return NULL;
}
