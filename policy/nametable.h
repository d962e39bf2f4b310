/*
 * A set of names, of which the root is always one, that numbers its members 0, 1, 2, ... in the order they came; what belongs to a
 * name is kept by the owner in an array of its own. Filled once while a policy is loaded, then only
 * read: looking up allocates nothing.
 *
 * Every name's ancestors up to the root are members, too. So a walk from the root down is over at the
 * first suffix that is no member: nothing below it can be one. Most names end at their last label.
 *
 * The hash runs from the end of a name to its start, so that one pass over a name gives the hash of
 * each of its suffixes. It is not keyed: only the person's own files add names, and a question can
 * only look.
 */
#ifndef POLICY_NAMETABLE_H
#define POLICY_NAMETABLE_H

#include "policy/name.h"

#include <stddef.h>
#include <stdint.h>

enum {
	NAMETABLE_ROOT = 0,	  /* its number */
	NAMETABLE_PATH_MAX = 127, /* members that one name adds at most: one for each label */
};

struct nametable;
struct strangers;

/* NULL: out of memory. */
struct nametable *nametable_new(void);
struct nametable *nametable_free(struct nametable *table);

size_t nametable_count(const struct nametable *table);

/* Adds a name and its ancestors unless they are there; returns its number, or -ENOMEM. */
int nametable_add(struct nametable *table, const struct name *name);

/* The number of a name, or -1. */
int nametable_find(const struct nametable *table, const struct name *name);

/* A walk over the suffixes of a name, from the root down. Hashes are the same in all tables, so that
 * one walk does for several: a table that does not know the first label costs it one probe. */
struct nametable_walk {
	const struct name *name; /* borrowed */
	uint8_t len;	 /* octets of the suffix where the walk is; at first that of the root */
	uint64_t next;	 /* hash of the suffix one label longer, while there are labels above */
	uint64_t top;	 /* the first next */
	unsigned above;	 /* labels that it has not come to */
	unsigned labels; /* all */
	uint8_t starts[NAMETABLE_PATH_MAX]; /* where each suffix starts, the whole name first */
};

void nametable_walk(struct nametable_walk *walk, const struct name *name);

/* Back to the root. */
void nametable_again(struct nametable_walk *walk);

/* Moves on to the next longer suffix; returns its number, or -1 when it is no member, or the walk is over:
 * then it stays where it was. */
int nametable_down(const struct nametable *table, struct nametable_walk *walk);

/* The number of the name of a walk, which begins again for it; or -1. */
int nametable_find_walked(const struct nametable *table, struct nametable_walk *walk);

/* Makes all its names known but the root. */
void nametable_meet(const struct nametable *table, struct strangers *strangers);

/* The name of a number. */
void nametable_name(const struct nametable *table, unsigned number, struct name *out);

#endif
