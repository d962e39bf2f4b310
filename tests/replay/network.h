/*
 * Steps that change the machine's network. All return 0, or -1 after they have said why.
 */
#ifndef REPLAY_NETWORK_H
#define REPLAY_NETWORK_H

struct step;
struct world;

/* link NAME GENERATION */
int network_link(struct world *w, const struct step *step);

/* way lost|back: no route leads to any upstream, and it is noticed; or again, which is a new epoch if it was one
 * that the way was lost. */
int network_way(struct world *w, const struct step *step);

/* nat64 PREFIX|none with|without: the translator's prefix, and whether there is IPv4. */
int network_nat64(struct world *w, const struct step *step);

/* network [ADDRESS ...]: whom the network names as its own resolvers. */
int network_servers(struct world *w, const struct step *step);

/* designations: from now on the network's servers are asked whom they designate (DDR). What is encrypted of
 * "network ADDRESS" is the upstream "network ADDRESS dot" or "... doh"; the question itself goes to
 * "network". */
int network_designations(struct world *w, const struct step *step);

/* asknat64 yes|no: whether a prefix is wanted of the network's servers (RFC 7050); what is found is that of
 * the network. Said again it looks whether the network is another one. */
int network_asknat64(struct world *w, const struct step *step);

/* clock synchronised|unsynchronised: the machine's own. */
int network_clock(struct world *w, const struct step *step);

#endif
