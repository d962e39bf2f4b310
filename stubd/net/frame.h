/*
 * DNS messages on a byte stream: a two-octet length before each (RFC 1035 section 4.2.2, RFC 7766
 * section 8). Used on TCP and TLS, in both directions.
 *
 * Limits: one message of at most 65,535 octets is kept while incomplete; memory grows with the
 * bytes that have come, not with what the length promises.
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

enum { FRAME_HEAD = 2, FRAME_MAX = 65535, FRAME_MIN = 12 /* a DNS header */ };

/* Plain; zeroed is empty. */
struct frame_reader {
	uint8_t *buf; /* owned; an incomplete frame, head included */
	size_t have, cap;
};

/* One message, borrowed for the call. Returns false to stop: the reader may have been freed. */
typedef bool frame_cb(void *arg, const uint8_t *bytes, size_t n);

/* Takes the next n octets of the stream and calls cb for each complete message. Returns 0 (also
 * when cb stopped it), -EBADMSG (a length below FRAME_MIN: give the stream up) or -ENOMEM. */
int frame_feed(
    struct frame_reader *reader, const uint8_t *bytes, size_t n, frame_cb *cb, void *arg);

/* Frees what is kept; the reader is empty again. */
void frame_clear(struct frame_reader *reader);

/* Fills the head for a message of n ≤ FRAME_MAX octets. */
void frame_head(uint8_t head[FRAME_HEAD], size_t n);

/* Queues one message with its head on a stream, all or nothing; errors as stream_write(). */
int frame_write(struct stream *stream, const uint8_t *bytes, size_t n);

#endif
