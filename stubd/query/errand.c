#include "stubd/query/errand.h"

#include "policy/config.h"
#include "stubd/net/loop.h"
#include "stubd/net/mailbox.h"
#include "stubd/query/arrival.h"
#include "stubd/query/flight.h"
#include "stubd/query/query.h"
#include "stubd/query/resolver.h"
#include "stubd/query/scopes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	ERRAND_ROOM = 512, /* octets; most questions and their replies need no more */
	AHEAD_MAX = 320,
};

struct office {
	struct resolver *resolver;
	struct mailbox *box;
	uint64_t taken;
};

struct desk {
	/* the worker's */
	struct list out; /* handed over in this turn */
	struct loop_later post;
	size_t nerrands, octets; /* without a reply */
	struct mailbox *box;	 /* where they come back */
	/* the main thread's */
	struct office *office;
	struct list done; /* answered in this turn */
	struct loop_later post_back;
};

struct errand {
	struct list link;
	struct desk *desk;
	/* the worker's alone */
	query_reply_cb *reply; /* NULL: the client is gone, or there was none */
	void *arg;
	size_t cost;
	/* its owner's */
	bool ahead;
	struct query_front front;
	size_t n, cap;
	uint8_t *bytes; /* the question, then the reply: `room`, or an allocation of its own */
	uint8_t room[];
};

/* --- the main thread -------------------------------------------------------------------------- */

static void
on_post_back(void *arg)
{
	struct desk *desk = arg;

	mailbox_post(desk->box, &desk->done);
}

static void
send_back(struct errand *e)
{
	list_push_back(&e->desk->done, &e->link);
	loop_later_start(&e->desk->post_back);
}

/* Without memory for it the client gets no reply, as if it had been lost on the way. */
static void
answered(void *arg, const uint8_t *wire, size_t len)
{
	struct errand *e = arg;
	uint8_t *own = len > e->cap ? malloc(len) : e->bytes;

	if (own != e->bytes) {
		if (e->bytes != e->room)
			free(e->bytes);
		e->bytes = own ? own : e->room;
		e->cap = len;
	}
	e->n = own ? len : 0;
	if (e->n)
		memcpy(e->bytes, wire, e->n);
	send_back(e);
}

static void
ask_ahead(struct resolver *r, const struct errand *e)
{
	struct msg_query msg;
	struct view view;

	if (msg_read_query(e->bytes, e->n, &msg) != MSG_OK)
		return;
	policy_view(r->policy, &msg.question, &r->netview, &view);
	if (r->policy->ecs_pass)
		scopes_choose(r, &msg.question, &msg, &view);
	if (view.kind != VIEW_LOCAL && flight_refresh(r, &msg.question, &view, LEDGER_PREFETCH))
		r->counters.prefetches++;
}

static void
on_errands(void *arg, struct list *letters)
{
	struct office *office = arg;

	list_for_each (it, letters) {
		struct errand *e = container_of(it, struct errand, link);
		struct query *waiting;

		list_remove(it);
		if (e->ahead) {
			ask_ahead(office->resolver, e);
			send_back(e);
		} else {
			office->taken++;
			query_start(
			    office->resolver, e->bytes, e->n, &e->front, answered, e, &waiting);
		}
	}
}

struct office *
office_new(struct resolver *resolver)
{
	struct office *office = calloc(1, sizeof(*office));

	if (!office)
		return NULL;
	office->resolver = resolver;
	office->box = mailbox_new(resolver->loop, on_errands, office);
	return office->box ? office : office_free(office);
}

struct office *
office_free(struct office *office)
{
	if (!office)
		return NULL;
	office->box = mailbox_free(office->box);
	free(office);
	return NULL;
}

uint64_t
office_taken(const struct office *office)
{
	return office->taken;
}

/* --- a worker --------------------------------------------------------------------------------- */

static void
on_post(void *arg)
{
	struct desk *desk = arg;

	mailbox_post(desk->office->box, &desk->out);
}

static void
on_replies(void *arg, struct list *letters)
{
	struct desk *desk = arg;

	list_for_each (it, letters) {
		struct errand *e = container_of(it, struct errand, link);

		list_remove(it);
		desk->nerrands--;
		desk->octets -= e->cost;
		if (e->reply)
			e->reply(e->arg, e->bytes, e->n);
		if (e->bytes != e->room)
			free(e->bytes);
		free(e);
	}
}

struct desk *
desk_new(struct office *office, struct resolver *worker)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return NULL;
	desk->office = office;
	list_init(&desk->out);
	list_init(&desk->done);
	loop_later_init(&desk->post, worker->loop, on_post, desk);
	loop_later_init(&desk->post_back, office->resolver->loop, on_post_back, desk);
	desk->box = mailbox_new(worker->loop, on_replies, desk);
	return desk->box ? desk : desk_free(desk);
}

struct desk *
desk_free(struct desk *desk)
{
	if (!desk)
		return NULL;
	assert(desk->nerrands == 0);
	loop_later_stop(&desk->post);
	loop_later_stop(&desk->post_back);
	desk->box = mailbox_free(desk->box);
	free(desk);
	return NULL;
}

void
desk_take(struct desk *desk)
{
	on_post(desk);
	mailbox_look(desk->office->box);
}

void
desk_finish(struct desk *desk)
{
	desk_take(desk);
	on_post_back(desk);
	mailbox_look(desk->box);
}

/* NULL: out of memory. */
static struct errand *
errand_new(struct desk *desk, const uint8_t *bytes, size_t n)
{
	const size_t cap = n > ERRAND_ROOM ? n : ERRAND_ROOM;
	struct errand *e = malloc(sizeof(*e) + cap);

	if (!e)
		return NULL;
	*e = (struct errand){ .desk = desk, .cost = n, .n = n, .cap = cap };
	e->bytes = memcpy(e->room, bytes, n);
	return e;
}

static bool
is_full(const struct desk *desk, size_t n)
{
	return desk->nerrands >= DESK_ERRANDS || desk->octets + n > DESK_OCTETS;
}

static void
hand_over(struct errand *e)
{
	struct desk *desk = e->desk;

	desk->nerrands++;
	desk->octets += e->cost;
	list_push_back(&desk->out, &e->link);
	loop_later_start(&desk->post);
}

void
desk_hand_over(
    const struct arrival *a, enum at_once said, const uint8_t *bytes, size_t n, struct query **out)
{
	struct resolver *worker = a->resolver;
	struct errand *e;

	if (is_full(worker->desk, n)) {
		worker->counters.overloaded++;
		arrival_error(
		    a, RCODE_SERVFAIL, EDE_OTHER, "too many questions for the thread that asks");
		return;
	}
	e = errand_new(worker->desk, bytes, n);
	if (!e) {
		worker->counters.failed++;
		arrival_error(a, RCODE_SERVFAIL, EDE_OTHER, "out of memory");
		return;
	}
	e->reply = a->reply;
	e->arg = a->arg;
	e->front = *a->front;
	e->front.admitted = true;
	worker->counters.handed++;
	worker->counters.seen_missing += said == AT_ONCE_STALE || said == AT_ONCE_UNKNOWN;
	worker->counters.seen_part += said == AT_ONCE_PART;
	hand_over(e);
	*out = (struct query *)e; /* to its client the errand is the query that waits */
}

void
desk_ask_ahead(struct desk *desk, const struct question *question)
{
	const struct msg_ask ask = { .rd = true };
	uint8_t bytes[AHEAD_MAX];
	const size_t n = msg_write_query(bytes, sizeof(bytes), question, &ask);
	struct errand *e = is_full(desk, n) ? NULL : errand_new(desk, bytes, n);

	if (!e)
		return;
	e->ahead = true;
	hand_over(e);
}

void
desk_forget(struct query *handed)
{
	((struct errand *)handed)->reply = NULL;
}
