/*
 * The draw as the daemon uses it: made anew when the person asks for it, or when the period
 * `reshuffle` is over. A fresh draw takes effect at once: the resolver follows the new order, and
 * connections of providers that it does not use retire. TLS tickets are forgotten, so that a
 * provider that is drawn again later meets a stranger.
 *
 * The period is one of real time, since a laptop sleeps: it is looked at when a policy is taken and
 * then every SHUFFLE_LOOK or when it ends.
 */
#ifndef STUBD_SHUFFLE_H
#define STUBD_SHUFFLE_H

#include "stubd/draw.h"
#include "stubd/net/timer.h"

#include <jansson.h>

struct loop;
struct resolver;
struct tls_store;

enum { SHUFFLE_LOOK = 3600 /* s */ };

struct shuffle {
	struct resolver *resolver; /* borrowed */
	struct tls_store *tls;	   /* borrowed */
	char *state;		   /* owned; folder */
	struct draw_seed seed;
	struct draw_order order;
	struct timer look;
};

void shuffle_init(
    struct shuffle *s, struct loop *loop, struct resolver *resolver, struct tls_store *tls);

/* Reads or makes the seed. Returns 0 or -ENOMEM. */
int shuffle_open(struct shuffle *s, const char *state_dir);

/* Takes an order (owned from now on) that draw_make() has made for the policy that the resolver is
 * about to be given; reshuffle in s, 0: never. */
void shuffle_take(struct shuffle *s, const struct draw_order *order, uint64_t reshuffle);

/* Draws anew for the resolver's policy. Returns 0, or -errno: the old draw stays. Where the state folder never could be
 * written the new draw is of this run only, as the old one was. */
int shuffle_again(struct shuffle *s);

/* { "members": [ names ], "drawn_at": s since 1970, "kept": bool, "reshuffle_s": s or null }. */
json_t *shuffle_report(const struct shuffle *s);

/* A zeroed one is allowed. */
void shuffle_close(struct shuffle *s);

#endif
