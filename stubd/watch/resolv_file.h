/*
 * The file in the form of resolv.conf(5) that somebody else keeps up to date with the resolvers of
 * the network: NetworkManager, systemd-resolved, resolvconf. Of several paths the first one that
 * exists counts. Nothing is polled: inotify(7) tells of every folder on the way to each path, so that
 * the file may come, go, be replaced by a rename or be written in place, and its folder too; symbolic
 * links are followed. What is there is read anew as a whole, so that lost news lose nothing.
 *
 *	news ──► (RESOLV_SETTLE) ──► look: watch what is on the way now, read, tell
 *
 * A file that is no regular one, cannot be read or is longer than RESOLV_CONF_MAX names nobody.
 */
#ifndef WATCH_RESOLV_FILE_H
#define WATCH_RESOLV_FILE_H

#include "policy/resolv_conf.h"

#include <stddef.h>

struct loop;
struct resolv_watch;

enum {
	RESOLV_SETTLE = 50,  /* ms from the first news to the look: files change together */
	RESOLV_WATCHES = 64, /* folders and files; more are not watched, and the log says so */
	RESOLV_LINKS = 8,    /* symbolic links from one to the next */
};

struct resolv_found {
	const char *path; /* borrowed until the next call; NULL: none of them exists */
	int error;	  /* 0, or -errno: it is there and cannot be used */
	struct resolv_conf conf;
};

/* Something may have changed: resolv_watch_found() has what is true now. */
typedef void resolv_watch_cb(void *arg);

/* Watches nothing yet. Without inotify it never calls, and says so in the log. NULL: out of memory. */
struct resolv_watch *resolv_watch_new(struct loop *loop, resolv_watch_cb *changed, void *arg);
struct resolv_watch *resolv_watch_free(struct resolv_watch *watch);

/* From now on these paths (copied), absolute ones. Looks at once. Returns 0, or -ENOMEM: nothing
 * is watched then. */
int resolv_watch_set(struct resolv_watch *watch, char *const *paths, size_t n);

/* Looks at once, for example because links have come that scopes name. */
void resolv_watch_look(struct resolv_watch *watch);

/* What the last look found. */
const struct resolv_found *resolv_watch_found(const struct resolv_watch *watch);

#endif
