/*
 * UDP on the answering side: many packets a system call, in and out.
 *
 * Packets are read in batches and handed out one by one. Replies are copied into a queue and leave
 * together: at the end of the batch, or of the loop's turn for replies that come later. Each reply
 * leaves from the address that was asked (RFC 1123 section 6.1.3.2, RFC 3542 section 6.1).
 *
 * Limits: DGRAM_IN octets a packet, longer ones are dropped and counted; a reply that the kernel
 * does not take at once is dropped and counted, as the network might have done.
 */
#ifndef NET_DGRAM_H
#define NET_DGRAM_H

#include "policy/addr.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct dgram;

enum {
	DGRAM_BATCH = 64,	/* packets a system call */
	DGRAM_BATCHES = 4,	/* batches a turn, so that other sockets have theirs */
	DGRAM_IN = 2048,	/* octets of a query */
	DGRAM_OUT = 128 * 1024, /* octets of queued replies; beyond: sent at once */
	DGRAM_RCVBUF = 4 << 20, /* octets of kernel buffer at least, if we may */
};

/* Who sent a packet, and to which of our addresses: all that a reply needs. A value. */
struct dgram_peer {
	struct addr from;
	uint8_t to[16]; /* network order, IPv4 in the first four; zero: unknown, the kernel's choice
			 */
	uint32_t link;	/* interface index, for link-local addresses; else 0 */
};

struct dgram_stats {
	uint64_t in, out;
	uint64_t in_long;  /* dropped: longer than DGRAM_IN */
	uint64_t out_lost; /* dropped: not taken by the kernel */
};

/* One packet; peer and bytes are borrowed for the call. It may call dgram_send() and dgram_free().
 */
typedef void dgram_cb(void *arg, const struct dgram_peer *peer, const uint8_t *bytes, size_t n);

/* Serves a bound UDP socket: takes fd (closed by dgram_free(); on failure it stays the caller's),
 * sets what it needs on it. NULL: out of memory. */
struct dgram *dgram_new(struct loop *loop, int fd, dgram_cb *cb, void *arg);

/* Sends what is queued and closes. Returns NULL; NULL is allowed. */
struct dgram *dgram_free(struct dgram *dgram);

/* Reads no more: what comes stays in the kernel; replies still leave. */
void dgram_stop(struct dgram *dgram);

/* Queues a reply of n octets (copied). */
void dgram_send(struct dgram *dgram, const struct dgram_peer *peer, const uint8_t *bytes, size_t n);

void dgram_stats(const struct dgram *dgram, struct dgram_stats *out);

#endif
