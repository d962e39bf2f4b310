/*
 * Writing the public answers of the cache into a file, by a thread that allocates nothing, so that the
 * loop waits for no disk. Part of stubd/persist.h.
 */
#ifndef STUBD_PERSIST_SAVE_H
#define STUBD_PERSIST_SAVE_H

#include "policy/network.h"
#include "stubd/base/clock.h"
#include "stubd/base/state_file.h"
#include "stubd/cache/cache_file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;

struct persist_save {
	struct state_file file;
	struct cache *cache; /* borrowed */
	msec now;	     /* on the loop's clock, when it was begun */
	uint64_t flushes;
	atomic_bool cancelled;
	struct name untimely[NETWORK_TIME_MAX]; /* see persist_save_untimely() */
	size_t nuntimely;
	size_t answers, n; /* n: octets in block */
	uint8_t *block;	   /* owned */
	int err;
	bool running; /* there is a thread to be waited for */
	pthread_t thread;
};

/* Begins a file at path. Returns 0 or -errno: then there is nothing to end. */
int persist_save_begin(struct persist_save *save, struct cache *cache, const char *path,
    const struct cache_file_header *header, msec now);

/* The clock is not synchronised: leaves out what nobody has proved because of that, the names of time servers
 * with all below, and all chains, which may lead to one. The network is copied. */
void persist_save_untimely(struct persist_save *save, const struct network *network);

/* Writes it: in a thread, or here where there cannot be one; or here in any case. */
void persist_save_start(struct persist_save *save);
void persist_save_here(struct persist_save *save);

/* Waits for the end, or has it given up at once when cancel is true. Returns 0; -ECANCELED: it was given up,
 * by a flush meanwhile, too, and the file of before stays; or another -errno. Without any answer there
 * is no file. */
int persist_save_end(struct persist_save *save, bool cancel);

#endif
