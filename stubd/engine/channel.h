/*
 * Messages between the stub and its helper process, over one stream socket; the same at both ends.
 *
 * What the stream takes not at once waits here, and goes on as it drains. Messages arrive in their
 * order, one callback each.
 *
 * Limits: CHANNEL_QUEUE octets that wait, then channel_send() says -ENOBUFS and takes nothing;
 * MESSAGE_MAX octets of a message. Memory grows with the octets that came, not with what a length
 * promises.
 */
#ifndef ENGINE_CHANNEL_H
#define ENGINE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

struct channel;
struct loop;
struct message;

enum { CHANNEL_QUEUE = 16 * 1024 * 1024 };

struct channel_events {
	/* borrowed for the call. Returns 0, or -EBADMSG: such a message is not for us. */
	int (*message)(void *arg, const struct message *message);
	/* The other end is gone (0), has sent what is no message (-EBADMSG), or -errno. Nothing
	 * comes any more; comes once. */
	void (*ended)(void *arg, int error);
};

/* Takes over a connected stream socket (closed by channel_free(); on failure it stays the caller's).
 * events is borrowed (static). NULL: out of memory. */
struct channel *channel_new(
    struct loop *loop, int fd, const struct channel_events *events, void *arg);

/* Closes. May be called in its callbacks. Returns NULL; NULL is allowed. */
struct channel *channel_free(struct channel *channel);

/* Sends at the end of the loop's turn. Returns 0, -EMSGSIZE (does not fit a message), -ENOBUFS, -EPIPE
 * or -ENOMEM. */
int channel_send(struct channel *channel, const struct message *message);

#endif
