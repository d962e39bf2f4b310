/*
 * A question as it came in: what is wrong with it, and whether who asks may. Internal to this room;
 * what becomes of it is query.h's story.
 */
#ifndef QUERY_ARRIVAL_H
#define QUERY_ARRIVAL_H

#include "stubd/query/query.h"
#include "stubd/wire/msg.h"

#include <stdbool.h>

struct guard_client;

/* One message, before anything had to be allocated. All is borrowed. */
struct arrival {
	struct resolver *resolver;
	struct msg_query msg;
	const struct query_front *front;
	struct query_trace *trace; /* NULL unless traced */
	query_reply_cb *reply;
	void *arg;
	struct guard_client *client; /* NULL: this machine itself */
	uint64_t hash;		     /* cache_hash() of the name; 0: not known yet */
};

/* Replies with an error; the caller counts it. text may be NULL. */
void arrival_error(const struct arrival *a, unsigned rcode, enum ede ede, const char *text);

/* Answers what no view has to be asked for: the verdict of msg_read_query(), broken options, zone
 * transfers, meta types, classes other than IN. Returns true when that was the end of it, counted. */
bool arrival_refuse(struct arrival *a, enum msg_verdict verdict);

/* Has a client beyond this machine leave to ask, and its share not used up? Returns true when it was
 * told that not, counted. Over UDP it is told to come by TCP: whoever does is no forger of addresses,
 * and gets its answer there; the victim of one gets no more than was sent for it. */
bool arrival_guard(struct arrival *a);

/* Is there a reason not to let it wait for an answer: no RD, too many that wait already? Returns true when
 * it was told that, counted. */
bool arrival_may_not_wait(const struct arrival *a);

/* May it be answered with addresses that are made of IPv4 ones (RFC 6147)? Not for who validates itself
 * (section 5.5), and not by the cache alone. */
static inline bool
arrival_takes_dns64(const struct arrival *a, const struct view *view)
{
	return a->msg.question.type == TYPE_AAAA && view->kind == VIEW_PROVIDERS &&
	       (a->msg.flags & (FLAG_RD | FLAG_CD)) == FLAG_RD && resolver_dns64(a->resolver);
}

#endif
