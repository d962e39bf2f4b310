/*
 * Reading the file of kept answers into the cache, a slice at a time, and what such a file depends on.
 * Part of stubd/persist.h, which says what counts.
 */
#ifndef STUBD_PERSIST_LOAD_H
#define STUBD_PERSIST_LOAD_H

#include "stubd/cache/cache_file.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct persist_load;
struct resolver;

enum {
	PERSIST_VIEW = 0,    /* the providers' (policy/decide.h) */
	PERSIST_SLICE = 100, /* records that are read at a time, ... */
	PERSIST_PAUSE = 1,   /* ... and ms between that, for those who ask meanwhile */
	PERSIST_FILE_SHARE =
	    2, /* times the cache's size: no file that was written here is larger */
};

/* What is in force for public names: the configuration, and what is excepted from validation. */
uint64_t persist_policy(const struct resolver *resolver);

/* What time it is. */
void persist_time(struct cache_file_time *out);

/* All borrowed. NULL: out of memory. */
struct persist_load *persist_load_new(
    struct loop *loop, struct resolver *resolver, const char *path);

/* Reads the file from the next turn of the loop on; one that may not be used is removed. */
void persist_load_start(struct persist_load *load);
bool persist_load_runs(const struct persist_load *load);

/* Ends the reading, if there is one; why is for the log. NULL is allowed. */
void persist_load_stop(struct persist_load *load, const char *why);
struct persist_load *persist_load_free(struct persist_load *load);

#endif
