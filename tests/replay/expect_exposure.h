/*
 * expect exposure UPSTREAM|recursion network|total NAME VALUE ...: what the ledger says that it was told.
 * Who has no account was told nothing.
 */
#ifndef REPLAY_EXPECT_EXPOSURE_H
#define REPLAY_EXPECT_EXPOSURE_H

struct step;
struct world;

/* Returns 0 or -1 (world_fail). */
int expect_exposure(struct world *w, const struct step *step);

#endif
