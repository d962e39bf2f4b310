/*
 * The negative trust anchors of this installation (policy/nta.h): kept in the state folder (file
 * "nta", mode 0600), ended by an alarm on the wall clock, told to the resolver.
 *
 *	ntas_add ──► in force ──┬── its time is over ──► gone: told, logged, written
 *	              ▲         └── ntas_remove ───────► gone
 *	              └ read at start, if its time is not over
 */
#ifndef STUBD_NTAS_H
#define STUBD_NTAS_H

#include "policy/name.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct ntas;
struct resolver;

enum { NTAS_WHY_MAX = 1280 };

/* Reads what is kept; malformed lines are named in the log and skipped. The resolver (borrowed) looks
 * at the table from now on; its engine is told with the policy. NULL: out of memory. */
struct ntas *ntas_open(struct loop *loop, struct resolver *resolver, const char *state_dir);

/* Leaves what is kept. Returns NULL; NULL is allowed. */
struct ntas *ntas_free(struct ntas *ntas);

/* Excepts a name for so many seconds from now; in force when this returns. Returns 0, or -errno and one
 * line for the person in why: -EINVAL, -ERANGE, -ENOSPC, -ENOMEM. */
int ntas_add(struct ntas *ntas, const struct name *name, int64_t seconds, char why[NTAS_WHY_MAX]);

/* Ends an exception. Returns 0, or -ENOENT or -ENOMEM and one line in why. */
int ntas_remove(struct ntas *ntas, const struct name *name, char why[NTAS_WHY_MAX]);

/* False: the table could not be written, it is of this run only. */
bool ntas_kept(const struct ntas *ntas);

#endif
