/*
 * One TCP connection (or another stream socket), non-blocking, either end.
 *
 *	stream_connect() ─► CONNECTING ──connected──► OPEN ──peer's FIN──► HALF (we may still write)
 *	                        │                      ▲ │                   │
 *	                        │      stream_new() ───┘ │ error             │ error
 *	                        └──────── ended(error) ──┴───────────────────┘
 *
 * Bytes that are written are copied into a queue and leave at the end of the loop's turn, in one
 * system call. The owner frees the stream; nothing is called after that.
 *
 * Limits: STREAM_QUEUE octets unsent, then stream_write() says -ENOBUFS and takes nothing;
 * STREAM_READS reads a turn.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct stream;

enum {
	STREAM_QUEUE = 192 * 1024,
	STREAM_READ = 16 * 1024,     /* octets a read */
	STREAM_READS = 4,	     /* reads a turn */
	STREAM_USER_TIMEOUT = 10000, /* ms until unacknowledged bytes break it, RFC 5482 */
};

/* Each may free the stream. Those that are NULL are not called. */
struct stream_events {
	void (*connected)(void *arg);
	/* Bytes came; borrowed for the call. */
	void (*data)(void *arg, const uint8_t *bytes, size_t n);
	/* Everything written has been handed to the kernel. */
	void (*drained)(void *arg);
	/* error 0: the peer sends no more, writing may go on. Else -errno: broken, nothing moves
	 * any more. It comes once for each of the two at most. */
	void (*ended)(void *arg, int error);
};

/* Starts connecting to addr over TCP, through the network interface `link` unless NULL. events is
 * borrowed (static). Writing is allowed at once. Returns 0 and *out, -ENODEV (link is not there),
 * -ENOMEM or another -errno. That nobody listens comes by `ended`. */
int stream_connect(struct loop *loop, const struct addr *addr, const char *link,
    const struct stream_events *events, void *arg, struct stream **out);

/* Takes over a connected stream socket (closed by stream_free(); on failure it stays the caller's).
 * NULL: out of memory. */
struct stream *stream_new(struct loop *loop, int fd, const struct stream_events *events, void *arg);

/* Closes at once; what is queued is lost unless stream_flush() sent it. */
struct stream *stream_free(struct stream *stream);

/* Queues n octets, all or nothing. Returns 0, -ENOBUFS (no room; see STREAM_QUEUE), -EPIPE (broken)
 * or -ENOMEM. */
int stream_write(struct stream *stream, const void *bytes, size_t n);

/* Queues two pieces, all or nothing; errors as stream_write(). */
int stream_write2(struct stream *stream, const void *a, size_t na, const void *b, size_t nb);

/* Sends what is queued, now, as far as the kernel takes it. Errors come by `ended`, later. */
void stream_flush(struct stream *stream);

/* Octets that wait. */
size_t stream_queued(const struct stream *stream);

/* Stops or resumes reading, to press back on a peer that asks faster than it is answered. */
void stream_set_reading(struct stream *stream, bool on);

/* Sends FIN when the queue is empty; the peer's bytes still come. */
void stream_shutdown(struct stream *stream);

#endif
