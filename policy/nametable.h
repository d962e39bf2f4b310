/*
 * A set of names that numbers its members 0, 1, 2, ... in the order they came; what belongs to a
 * name is kept by the owner in an array of its own. Filled once while a policy is loaded, then only
 * read: looking up allocates nothing.
 *
 * The hash runs from the end of a name to its start, so that one pass over a name gives the hash of
 * each of its suffixes (policy/suffix). It is not keyed: only the person's own files add names, and
 * a question can only look.
 */
#ifndef POLICY_NAMETABLE_H
#define POLICY_NAMETABLE_H

#include "policy/name.h"

#include <stddef.h>
#include <stdint.h>

#define NAMETABLE_HASH_START 0xcbf29ce484222325u

struct nametable;

/* NULL: out of memory. */
struct nametable *nametable_new(void);
struct nametable *nametable_free(struct nametable *table);

size_t nametable_count(const struct nametable *table);

/* Adds a name unless it is there; returns its number, or -ENOMEM. */
int nametable_add(struct nametable *table, const struct name *name);

/* The number of the wire name wire[n] (canonical form), or -1. hash is its nametable_hash(). */
int nametable_find(const struct nametable *table, const uint8_t *wire, size_t n, uint64_t hash);

/* The name of a number. */
void nametable_name(const struct nametable *table, unsigned number, struct name *out);

/* Adds the octet before those that were hashed so far. */
static inline uint64_t
nametable_hash_step(uint64_t hash, uint8_t octet)
{
	return (hash ^ octet) * 0x100000001b3u;
}

static inline uint64_t
nametable_hash(const uint8_t *wire, size_t n)
{
	uint64_t hash = NAMETABLE_HASH_START;

	while (n-- > 0)
		hash = nametable_hash_step(hash, wire[n]);
	return hash;
}

#endif
