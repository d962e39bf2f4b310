/*
 * The draw: the random order of providers of this installation (policy/ranking.h).
 *
 * A secret of DRAW_SEED octets is drawn once and kept in the state folder with the time of the draw
 * (file "seed", mode 0600: the secret, then seconds since 1970 in 8 octets, the highest first). The
 * order is made of it, so that it is random and the same after every start. A fresh draw is a fresh
 * secret.
 */
#ifndef STUBD_DRAW_H
#define STUBD_DRAW_H

#include "policy/config.h"
#include "policy/decide.h"

#include <stdint.h>

enum { DRAW_SEED = 16 };

struct draw_seed {
	uint8_t secret[DRAW_SEED];
	uint64_t drawn; /* seconds since 1970 */
	bool kept;	/* it is in the state folder, not of this run only */
};

/* An order of one policy's providers. */
struct draw_order {
	struct draw value; /* value.order is owned */
};

/* Reads the seed from the state folder, or draws it and keeps it there. Where the folder cannot be
 * written the seed is of this run only, and kept is false. now: seconds since 1970. */
void draw_open(struct draw_seed *seed, const char *state_dir, uint64_t now);

/* A fresh seed, of this run only until draw_keep(). */
void draw_fresh(struct draw_seed *seed, uint64_t now);

/* Keeps the seed in the state folder: all of it or nothing. Returns 0 or -errno. */
int draw_keep(struct draw_seed *seed, const char *state_dir);

/* Seconds until a draw that is made every period (s) is due; 0: it is due now. One of the future is
 * not due: clocks are behind at the start of machines that keep no time. */
uint64_t draw_left(const struct draw_seed *seed, uint64_t period, uint64_t now);

/* Orders the policy's providers. Returns 0, or -ENOMEM: *out is untouched. */
int draw_make(const struct draw_seed *seed, const struct policy *policy, struct draw_order *out);
void draw_clear(struct draw_order *order);

#endif
