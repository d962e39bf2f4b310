/*
 * When the network becomes another one for the connections to upstreams: a new *net epoch*.
 *
 *	        rtnetlink: something changed
 *	STILL ─────────────────────────────► the ways that are in use are looked at (pool_paths())
 *	  ▲                                     │ all live        │ one has moved: a new epoch
 *	  ├─────────────────────────────────────┘◄────────────────┤
 *	  │                                     │ one is lost
 *	  │       EPOCH_SETTLE ms later,     ◄──┘
 *	  └── still lost: a new epoch             (routes are replaced one by one)
 *
 * What has an address of its own and takes no traffic of ours, such as a container's bridge, changes
 * nothing, nor does a lease that is renewed or a new temporary address.
 */
#ifndef STUBD_EPOCH_H
#define STUBD_EPOCH_H

struct epoch;
struct loop;
struct resolver;

enum { EPOCH_SETTLE = 300 /* ms */ };

/* Watches, and calls resolver_new_epoch(). resolver and its pool are borrowed. NULL: out of memory.
 */
struct epoch *epoch_new(struct loop *loop, struct resolver *resolver);
struct epoch *epoch_free(struct epoch *epoch);

#endif
