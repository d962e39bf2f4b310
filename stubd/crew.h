/*
 * The workers: further threads that answer what is known. The main thread answers beside them, and is
 * the only one that asks.
 *
 *	a worker: own loop, own sockets (or a share of them), own counters
 *	  RUNNING: local answers, cache hits, kept failures; the rest is an errand (query/errand.h)
 *	     │ ▲        crew_halt(): the bell rings; between two callbacks it stands still
 *	     ▼ │ crew_go(): it has the main thread's policy and netview of now
 *	  HALTED: the main thread reads and writes all that is the worker's
 *	     │ crew_end()
 *	  gone: joined, its last replies are out
 *
 * Nothing that a worker reads without a lock ever changes while it runs. So a policy has one owner as
 * ever, and is freed when it is swapped: nobody can still be looking at it. What was decided under old
 * rules, or learnt over a link that is gone, is not given any more once crew_go() has returned, which
 * is before anybody is told of the reload, and before anything is decided anew.
 *
 * A halt costs as long as the longest turn of a worker, some milliseconds at most: a worker waits for
 * nobody but for the shard of the cache that it looks into. The main thread halts for a reload, when
 * links come and go, and to add up counters.
 *
 * NULL is a crew of nobody: every call is allowed, and does nothing.
 */
#ifndef STUBD_CREW_H
#define STUBD_CREW_H

#include <stddef.h>

struct crew;
struct listen_socket;
struct resolver;
struct totals;

/* Makes n workers for the main thread's resolver, which is borrowed and has its loop and cache; and has
 * it told what changes for them (resolver_changed()). NULL: out of memory. */
struct crew *crew_new(struct resolver *resolver, size_t n);

/* Serves a socket by all of them, too; it stays the caller's. Returns 0 or -errno. */
int crew_serve(struct crew *crew, const struct listen_socket *socket);

/* Starts the threads. Signals are the main thread's alone. Returns 0 or -errno. */
int crew_start(struct crew *crew);

/* All stand still from one to the other, with what is in force when they go on. May be nested. */
void crew_halt(struct crew *crew);
void crew_go(struct crew *crew);

/* No more questions are read; those that wait are still answered, also those that the main resolver, which must
 * not be draining yet, takes just now. */
void crew_drain(struct crew *crew);

/* Adds what they have counted, and what is on its way between threads as waiting. */
void crew_totals(struct crew *crew, struct totals *totals);

/* Ends the threads, answers what they had asked (the main resolver must be draining, and have its
 * policy still), closes their sockets and frees all. Returns NULL. */
struct crew *crew_end(struct crew *crew);

#endif
