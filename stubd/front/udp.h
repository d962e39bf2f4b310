/*
 * The UDP front: every datagram starts a query, every reply leaves from the address that was asked.
 *
 * What is answered at once costs no allocation; a query that waits keeps its peer's address in a
 * small context until its reply. UDP needs no limit of its own: the resolver's MAX_WAITING counts.
 */
#ifndef FRONT_UDP_H
#define FRONT_UDP_H

#include <stdint.h>

struct resolver;
struct udp_front;

struct udp_counters {
	uint64_t received;	 /* datagrams that became a query */
	uint64_t sent;		 /* replies the kernel took */
	uint64_t dropped_long;	 /* longer than DGRAM_IN: no query */
	uint64_t dropped_memory; /* no memory: no query */
	uint64_t send_failures;	 /* replies the kernel did not take */
	uint64_t waiting;	 /* a level: queries without a reply yet */
};

/* resolver is borrowed. NULL: out of memory. */
struct udp_front *udp_new(struct resolver *resolver);

/* Lets waiting queries go and closes the sockets. Returns NULL; NULL is allowed. */
struct udp_front *udp_free(struct udp_front *front);

/* Serves a bound UDP socket: takes fd (on failure it stays the caller's). Returns 0 or -ENOMEM. */
int udp_add(struct udp_front *front, int fd);

/* Takes no more datagrams; queries that wait are still answered. */
void udp_drain(struct udp_front *front);

void udp_counters(const struct udp_front *front, struct udp_counters *out);

#endif
