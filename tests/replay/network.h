/*
 * Steps that change the machine's network. Both return 0, or -1 after they have said why.
 */
#ifndef REPLAY_NETWORK_H
#define REPLAY_NETWORK_H

struct step;
struct world;

/* link NAME GENERATION */
int network_link(struct world *w, const struct step *step);

/* nat64 PREFIX|none with|without: the translator's prefix, and whether there is IPv4. */
int network_nat64(struct world *w, const struct step *step);

#endif
