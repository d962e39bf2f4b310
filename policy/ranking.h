/*
 * The order that an installation's secret gives the providers: the draw. Operators are drawn first,
 * by a keyed hash of their names, then an entry of each, by a keyed hash of its own: so an operator
 * with five entries is no likelier to come first than one with a single entry. The best entries of
 * all operators come first, then their second ones, and so on: any number of providers from the
 * beginning is of as many operators as can be.
 *
 * It depends on names alone, so it survives a new catalogue: an operator that joins or leaves changes
 * nothing among the others. An entry that does not tell its operator is one of its own.
 */
#ifndef POLICY_RANKING_H
#define POLICY_RANKING_H

#include <stddef.h>
#include <stdint.h>

struct policy;

/* Writes the numbers of the policy's providers into order[nproviders]. Returns how many operators
 * there are, and so how many at the beginning are of different ones, or -ENOMEM. */
int ranking_make(const struct policy *policy, const uint64_t key[2], uint16_t *order);

#endif
