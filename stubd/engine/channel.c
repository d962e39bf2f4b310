#include "stubd/engine/channel.h"

#include "stubd/base/buf.h"
#include "stubd/engine/message.h"
#include "stubd/net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Octets start..end of it wait. */
struct queue {
	uint8_t *bytes; /* owned */
	size_t start, end, cap;
};

struct channel {
	struct stream *stream;
	const struct channel_events *events;
	void *arg;
	struct queue in;  /* the beginning of a message */
	struct queue out; /* whole messages that the stream had no room for */
	bool busy;	  /* a callback is on the stack, which frees the memory when it is gone */
	bool dead;	  /* freed, but for the memory */
	bool ended;
};

/* --- queues ----------------------------------------------------------------------------------- */

static void
queue_clear(struct queue *q)
{
	free(q->bytes);
	*q = (struct queue){ 0 };
}

static int
queue_add(struct queue *q, const uint8_t *bytes, size_t n)
{
	const size_t have = q->end - q->start;
	size_t cap = q->cap ? q->cap : 4096;
	uint8_t *grown;

	if (q->start) {
		memmove(q->bytes, q->bytes + q->start, have);
		q->start = 0;
		q->end = have;
	}
	while (cap < have + n)
		cap *= 2;
	if (cap > q->cap) {
		grown = realloc(q->bytes, cap);
		if (!grown)
			return -ENOMEM;
		q->bytes = grown;
		q->cap = cap;
	}
	memcpy(q->bytes + q->end, bytes, n);
	q->end += n;
	return 0;
}

/* --- out -------------------------------------------------------------------------------------- */

/* Hands on what waits, in pieces that the stream takes. */
static void
on_drained(void *arg)
{
	struct channel *channel = arg;
	struct queue *q = &channel->out;

	while (q->start < q->end) {
		const size_t room = STREAM_QUEUE - stream_queued(channel->stream);
		const size_t have = q->end - q->start, n = have < room ? have : room;

		if (!n || stream_write(channel->stream, q->bytes + q->start, n) < 0)
			return;
		q->start += n;
	}
	queue_clear(q);
}

int
channel_send(struct channel *channel, const struct message *message)
{
	struct queue *q = &channel->out;
	uint8_t bytes[MESSAGE_MAX];
	const size_t n = message_write(bytes, sizeof(bytes), message);
	int error = -ENOBUFS;

	if (!n)
		return -EMSGSIZE;
	if (channel->ended)
		return -EPIPE;
	if (q->start == q->end)
		error = stream_write(channel->stream, bytes, n);
	if (error != -ENOBUFS)
		return error;
	if (q->end - q->start + n > CHANNEL_QUEUE)
		return -ENOBUFS;
	return queue_add(q, bytes, n);
}

/* --- in --------------------------------------------------------------------------------------- */

static void
end(struct channel *channel, int error)
{
	if (channel->ended)
		return;
	channel->ended = true;
	stream_set_reading(channel->stream, false);
	channel->events->ended(channel->arg, error);
}

/* The octets of the first message of bytes, head included. 0: not all is there; -EBADMSG: such a
 * length is none. */
static int
whole(const uint8_t *bytes, size_t n)
{
	struct rcur c = rcur_make(bytes, n);
	const uint32_t len = rcur_u32(&c);

	if (c.bad)
		return 0;
	if (!len || len > MESSAGE_MAX - MESSAGE_HEAD)
		return -EBADMSG;
	return rcur_left(&c) < len ? 0 : (int)(MESSAGE_HEAD + len);
}

/* Calls for each message that is complete, and says how many octets they were, or -EBADMSG. False: a
 * callback has freed or ended the channel. */
static bool
deliver(struct channel *channel, const uint8_t *bytes, size_t n, ssize_t *used)
{
	struct message message;
	int len;

	*used = 0;
	while ((len = whole(bytes + *used, n - (size_t)*used)) > 0) {
		len = message_read(
			  bytes + *used + MESSAGE_HEAD, (size_t)len - MESSAGE_HEAD, &message) < 0
			  ? -EBADMSG
			  : len;
		if (len < 0)
			break;
		*used += len;
		channel->busy = true;
		len = channel->events->message(channel->arg, &message);
		channel->busy = false;
		if (channel->dead) {
			free(channel);
			return false;
		}
		if (len < 0)
			break;
	}
	if (len < 0)
		*used = -EBADMSG;
	return !channel->ended;
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct channel *channel = arg;
	struct queue *q = &channel->in;
	int error = 0;
	ssize_t used;

	if (channel->ended)
		return;
	if (q->start < q->end) {
		/* A callback may free the queue: it is not looked at again unless all is well. */
		error = queue_add(q, bytes, n);
		if (!error && !deliver(channel, q->bytes, q->end, &used))
			return;
		if (!error && used >= 0) {
			q->start = (size_t)used;
			if (q->start == q->end)
				queue_clear(q);
			return;
		}
	} else {
		if (!deliver(channel, bytes, n, &used))
			return;
		if (used >= 0 && (size_t)used < n)
			error = queue_add(q, bytes + used, n - (size_t)used);
		if (used >= 0 && !error)
			return;
	}
	end(channel, error ? error : -EBADMSG);
}

static void
on_ended(void *arg, int error)
{
	end(arg, error);
}

/* --- start and end ---------------------------------------------------------------------------- */

struct channel *
channel_new(struct loop *loop, int fd, const struct channel_events *events, void *arg)
{
	static const struct stream_events own = {
		.data = on_data, .drained = on_drained, .ended = on_ended
	};
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->events = events;
	channel->arg = arg;
	channel->stream = stream_new(loop, fd, &own, channel);
	if (!channel->stream) {
		free(channel);
		return NULL;
	}
	return channel;
}

struct channel *
channel_free(struct channel *channel)
{
	if (!channel)
		return NULL;
	channel->stream = stream_free(channel->stream);
	queue_clear(&channel->in);
	queue_clear(&channel->out);
	channel->dead = true;
	if (!channel->busy)
		free(channel);
	return NULL;
}
