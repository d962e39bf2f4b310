/*
 * A connection to the provider that will be asked first, before anybody asks ("prewarm", off by default): its
 * handshakes are two of the three round trips that the first question costs.
 *
 * It tells that provider nothing but that somebody is there, and when; so it is made only when somebody most
 * likely asks next: at the start, and in a new network if a query had to wait in the last AHEAD_ACTIVE ms, and
 * since the machine slept last, so that
 * a machine that nobody uses does not announce itself wherever it comes. Once each: a connection that is closed
 * unused is not made again. It is one, to whom the strategy asks first whatever the name; under `shard`, `spread` and
 * `fastest`, whose next questions may go elsewhere, to one of those that are in use.
 */
#ifndef QUERY_AHEAD_H
#define QUERY_AHEAD_H

struct resolver;

enum { AHEAD_ACTIVE = 300000 /* ms */ };

/* stubd has started. */
void ahead_at_start(struct resolver *resolver);

/* There is a new net epoch, and the pool knows. Not from within a callback of the pool's. */
void ahead_in_epoch(struct resolver *resolver);

#endif
