/*
 * The order in which upstreams are asked. Preference comes from the strategy: `one` follows the
 * installation's random draw, `ordered` and a split rule's servers go as listed. Then:
 *
 *	good		up, or never tried				first
 *	unproven	its back-off has ended, it has not answered since	then
 *	down		its back-off runs				last
 *
 * so that the first candidate is one that works while there is one. A preferred one that is
 * unproven is named as the probe: it gets a copy of the question, and when it answers it is good
 * and takes its place again. Under `one` the second candidate is of another operator, if one is in
 * the same state: what takes a provider down often takes its operator down.
 */
#ifndef POLICY_SELECT_H
#define POLICY_SELECT_H

#include "policy/decide.h"

/* Whom to choose from: order[0..n), or first, first + 1, ... where order is NULL; best first. */
struct preference {
	const uint16_t *order; /* borrowed */
	uint16_t first;
	size_t n;
	bool other_operator; /* for the second */
};

/* The preference among the providers. */
void select_providers(const struct policy *policy, const struct draw *draw, struct preference *out);

/* Fills the candidates of *out; returns the probe, or -1. */
int select_candidates(const struct policy *policy, const struct preference *preference,
    const struct standing *standing, uint64_t now, struct stage *out);

#endif
