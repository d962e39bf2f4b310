#include "stubd/watch/resolv_file.h"

#include "stubd/base/log.h"
#include "stubd/base/state_file.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	/* A file that is written is news when it is closed, so that no half of it is read. */
	NEWS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
	       IN_DELETE_SELF | IN_MOVE_SELF,
};

struct resolv_watch {
	struct loop_watch *watch;
	struct timer settle;
	resolv_watch_cb *changed;
	void *arg;
	int fd;
	char **paths; /* owned */
	size_t npaths;
	int wds[RESOLV_WATCHES];
	size_t nwds;
	bool full;
	struct resolv_found found;
};

/* --- what to watch ---------------------------------------------------------------------------- */

static bool
has_wd(const int *wds, size_t n, int wd)
{
	for (size_t i = 0; i < n; i++) {
		if (wds[i] == wd)
			return true;
	}
	return false;
}

/* Whatever is at path, if it is there. */
static void
watch_path(struct resolv_watch *w, const char *path)
{
	int wd;

	if (w->nwds == RESOLV_WATCHES) {
		w->full = true;
		return;
	}
	wd = inotify_add_watch(w->fd, path, NEWS);
	if (wd >= 0 && !has_wd(w->wds, w->nwds, wd))
		w->wds[w->nwds++] = wd;
}

/* Every folder on the way, from the root down: what comes after one has been looked for in vain is
 * news of the folder above, which is watched already. The file itself, too: it may be mounted. */
static void
watch_way(struct resolv_watch *w, const char *path)
{
	char part[PATH_MAX];

	watch_path(w, "/");
	for (const char *p = path; (p = strchr(p + 1, '/')) != NULL;) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		watch_path(w, part);
	}
	watch_path(w, path);
}

/* Where the symbolic link at path leads, in place; false: it is none. */
static bool
follow(char path[PATH_MAX])
{
	char target[PATH_MAX], next[2 * PATH_MAX];
	const ssize_t n = readlink(path, target, sizeof(target) - 1);
	char *slash = strrchr(path, '/');

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (*target != '/' && slash) {
		*slash = '\0';
		snprintf(next, sizeof(next), "%s/%s", path, target);
	} else {
		snprintf(next, sizeof(next), "%s", target);
	}
	if (strlen(next) >= PATH_MAX)
		return false;
	memcpy(path, next, strlen(next) + 1);
	return true;
}

static void
watch_all(struct resolv_watch *w)
{
	int old[RESOLV_WATCHES];
	const size_t nold = w->nwds;
	const bool was_full = w->full;
	char path[PATH_MAX];

	if (w->fd < 0)
		return;
	memcpy(old, w->wds, sizeof(old));
	w->nwds = 0;
	w->full = false;
	for (size_t i = 0; i < w->npaths; i++) {
		snprintf(path, sizeof(path), "%s", w->paths[i]);
		for (unsigned links = 0; links <= RESOLV_LINKS; links++) {
			watch_way(w, path);
			if (!follow(path))
				break;
		}
	}
	for (size_t i = 0; i < nold; i++) {
		if (!has_wd(w->wds, w->nwds, old[i]))
			inotify_rm_watch(w->fd, old[i]);
	}
	if (w->full && !was_full)
		log_warn("network: more than %d folders on the way to its resolvers; changes in "
			 "the others go unnoticed",
		    RESOLV_WATCHES);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void
say_malformed(const char *path, const struct resolv_conf *conf)
{
	if (conf->malformed)
		log_info("network: file=%s line=%zu is not \"nameserver ADDRESS\" and left out; "
			 "such lines=%zu",
		    path, conf->first_malformed, conf->malformed);
	if (conf->too_many)
		log_info("network: file=%s names more than %d resolvers; left out=%zu", path,
		    NETVIEW_SERVERS_MAX, conf->too_many);
}

/* Takes text[n], or that there is none for an error, and says what is wrong with it, but not again and
 * again. */
static void
take(struct resolv_watch *w, const char *path, int error, const char *text, size_t n)
{
	const struct resolv_found old = w->found;
	struct resolv_conf *conf = &w->found.conf;

	w->found = (struct resolv_found){ .path = path, .error = error };
	if (!error)
		resolv_conf_parse(text, n, conf);
	if (error && (old.path != path || old.error != error))
		log_info("network: file=%s error=\"%s\" it names nobody", path, strerror(-error));
	if (old.path != path || old.conf.malformed != conf->malformed ||
	    old.conf.first_malformed != conf->first_malformed ||
	    old.conf.too_many != conf->too_many)
		say_malformed(path, conf);
}

void
resolv_watch_look(struct resolv_watch *w)
{
	watch_all(w);
	for (size_t i = 0; i < w->npaths; i++) {
		char *text = NULL;
		size_t n = 0;
		const int error = state_file_read(w->paths[i], RESOLV_CONF_MAX, &text, &n);

		if (error == -ENOENT || error == -ENOTDIR)
			continue;
		take(w, w->paths[i], error, text, n);
		free(text);
		return;
	}
	w->found = (struct resolv_found){ .path = NULL };
}

/* --- news ------------------------------------------------------------------------------------- */

/* Reads all that waits. Returns true unless it only says that we have stopped watching something. */
static bool
drain(int fd)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool news = false;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (const struct inotify_event *)p;

			news |= !(e->mask & IN_IGNORED);
			p += sizeof(*e) + e->len;
		}
	}
	return news;
}

/* The timer is not started anew: who writes again and again cannot put off the look for ever. */
static void
on_events(void *arg, int events)
{
	struct resolv_watch *w = arg;

	(void)events;
	if (drain(w->fd) && !timer_running(&w->settle))
		timer_start(&w->settle, RESOLV_SETTLE);
}

static void
on_settled(void *arg)
{
	struct resolv_watch *w = arg;

	resolv_watch_look(w);
	w->changed(w->arg);
}

/* --- life ------------------------------------------------------------------------------------- */

struct resolv_watch *
resolv_watch_new(struct loop *loop, resolv_watch_cb *changed, void *arg)
{
	struct resolv_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->changed = changed;
	w->arg = arg;
	timer_init(&w->settle, loop, on_settled, w);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0) {
		log_warn("inotify: %s; changes of the network's resolvers go unnoticed",
		    strerror(errno));
		return w;
	}
	w->watch = loop_watch_new(loop, w->fd, LOOP_READ, on_events, w);
	return w->watch ? w : resolv_watch_free(w);
}

static void
forget_paths(struct resolv_watch *w)
{
	for (size_t i = 0; i < w->npaths; i++)
		free(w->paths[i]);
	free(w->paths);
	w->paths = NULL;
	w->npaths = 0;
	w->found = (struct resolv_found){ .path = NULL };
}

int
resolv_watch_set(struct resolv_watch *w, char *const *paths, size_t n)
{
	int err = 0;

	forget_paths(w);
	w->paths = calloc(n + 1, sizeof(*w->paths));
	for (size_t i = 0; w->paths && i < n; i++) {
		w->paths[i] = strdup(paths[i]);
		if (w->paths[i])
			w->npaths++;
		else
			err = -ENOMEM;
	}
	if (!w->paths || err) {
		forget_paths(w);
		err = -ENOMEM;
	}
	resolv_watch_look(w);
	return err;
}

const struct resolv_found *
resolv_watch_found(const struct resolv_watch *w)
{
	return &w->found;
}

struct resolv_watch *
resolv_watch_free(struct resolv_watch *w)
{
	if (!w)
		return NULL;
	w->watch = loop_watch_free(w->watch);
	timer_stop(&w->settle);
	if (w->fd >= 0)
		close(w->fd);
	forget_paths(w);
	free(w);
	return NULL;
}
