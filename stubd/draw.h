/*
 * The draw: the random order of providers of this installation.
 *
 * A secret of DRAW_SEED octets is made once and kept in the state folder (file "seed", mode 0600).
 * Providers are ordered by a keyed hash of their names, so that the order is random, the same after
 * every start, and changes for nobody else when one provider joins or leaves the list.
 */
#ifndef STUBD_DRAW_H
#define STUBD_DRAW_H

#include "policy/config.h"
#include "policy/decide.h"

#include <stdint.h>

enum { DRAW_SEED = 16 };

struct draw_order {
	uint8_t seed[DRAW_SEED];
	bool kept;	 /* the seed is in the state folder, not of this run only */
	uint16_t *order; /* owned */
	size_t n;
};

/* Reads the seed from the state folder, or makes it there. Where the folder cannot be written the
 * seed is of this run only, and kept is false. */
void draw_open(struct draw_order *draw, const char *state_dir);

/* Orders the policy's providers. Returns 0 or -ENOMEM (the old order stays). */
int draw_set_policy(struct draw_order *draw, const struct policy *policy);

/* The order as policy_route() wants it; borrowed until draw_set_policy(). */
struct draw draw_value(const struct draw_order *draw);

void draw_clear(struct draw_order *draw);

#endif
