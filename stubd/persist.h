/*
 * Public answers that outlive a restart (`cache.persist`, off unless the person wants it: names that
 * were asked for stand on the disk then). In the state folder, file "cache", mode 0600; its format is
 * cache/cache_file.h.
 *
 *	start ──► LOADING, in slices, the listeners are up ──► KEEPING ──PERSIST_EVERY after something
 *	                                                          ▲      was learnt──► SAVING, a thread
 *	                                                          └────────────────────────┘
 *	stop: saved once more, unless nothing was learnt. flush: gone from the disk, too.
 *
 * Only fresh answers of the providers' view are kept: nothing of a split rule, of a client's subnet or with
 * private addresses, no failure, nothing that is blocked or past its time, nothing that the network's own
 * resolver said and nobody proved, and while the clock is not synchronised no `ntp_names`. A file counts only under the very configuration, exceptions from validation and program
 * that it was written under; each question and each step of its chain must still be the providers';
 * TTLs are less by the time that has passed. Where nobody knows how much that is (another start of the
 * machine, and a clock that was not synchronised then or is not now, or was set back) the file is thrown
 * away. An answer that was learnt meanwhile stays.
 *
 * The file is written aside and renamed, so there is always a whole one or none; what a broken disk made
 * of it ends the loading, and what came before that stays. What is no file, is not only ours to read and
 * write, or is larger than PERSIST_FILE_SHARE times the cache, is removed unread.
 */
#ifndef STUBD_PERSIST_H
#define STUBD_PERSIST_H

#include <stdint.h>

struct loop;
struct persist;
struct resolver;

enum {
	PERSIST_EVERY = 900000, /* ms: not more often, while stubd runs */
};

/* For an empty cache; does nothing yet. resolver is borrowed; it tells when something was learnt. NULL:
 * out of memory. */
struct persist *persist_new(struct loop *loop, struct resolver *resolver, const char *state_dir);

/* The resolver has a policy, the first one or another: starts to load, or begins anew. A policy that does
 * not want it leaves no file. */
void persist_follow(struct persist *persist);

/* The person flushed something: the file goes. */
void persist_flushed(struct persist *persist);

/* Saves what is to be saved, before the resolver is closed. Returns NULL; NULL is allowed. */
struct persist *persist_free(struct persist *persist);

#endif
