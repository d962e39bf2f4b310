#include "stubd/net/doorbell.h"
#include "stubd/net/loop.h"
#include "stubd/net/mailbox.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdlib.h>

enum { LETTERS = 20000, BATCH = 7, SENDERS = 2 };

struct letter {
	struct list link;
	unsigned sender, number;
};

/* A thread with a loop and a box, who answers each letter by sending it back. */
struct end {
	struct loop *loop;
	struct mailbox *box, *other;
	unsigned got, next[SENDERS];
	bool in_order;
};

struct sender {
	struct mailbox *to;
	unsigned number;
};

static void
count(struct end *end, const struct letter *letter)
{
	if (letter->number != end->next[letter->sender]++)
		end->in_order = false;
	if (++end->got == LETTERS * SENDERS)
		loop_stop(end->loop);
}

static void
send_back(void *arg, struct list *letters)
{
	struct end *end = arg;

	list_for_each (it, letters)
		count(end, container_of(it, struct letter, link));
	mailbox_post(end->other, letters);
}

static void
take_home(void *arg, struct list *letters)
{
	struct end *end = arg;

	list_for_each (it, letters) {
		struct letter *letter = container_of(it, struct letter, link);

		list_remove(it);
		count(end, letter);
		free(letter);
	}
}

static void *
run_loop(void *arg)
{
	loop_run(((struct end *)arg)->loop);
	return NULL;
}

static void *
send_all(void *arg)
{
	const struct sender *sender = arg;
	struct list batch;

	list_init(&batch);
	for (unsigned i = 0; i < LETTERS; i++) {
		struct letter *letter = malloc(sizeof(*letter));

		letter->sender = sender->number;
		letter->number = i;
		list_push_back(&batch, &letter->link);
		if (i % BATCH == 0)
			mailbox_post(sender->to, &batch);
	}
	mailbox_post(sender->to, &batch);
	return NULL;
}

static void
open_end(struct end *end, mailbox_cb *cb)
{
	*end = (struct end){ .loop = loop_new(), .in_order = true };
	end->box = mailbox_new(end->loop, cb, end);
	CU_ASSERT_PTR_NOT_NULL_FATAL(end->box);
}

static void
close_end(struct end *end)
{
	end->box = mailbox_free(end->box);
	end->loop = loop_free(end->loop);
}

static void
letters_of_many_threads_go_there_and_back(void)
{
	struct end there, home;
	struct sender senders[SENDERS];
	pthread_t thread, sending[SENDERS];

	open_end(&there, send_back);
	open_end(&home, take_home);
	there.other = home.box;
	pthread_create(&thread, NULL, run_loop, &there);
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .to = there.box, .number = i };
		pthread_create(&sending[i], NULL, send_all, &senders[i]);
	}
	loop_run(home.loop);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(sending[i], NULL);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(there.got, LETTERS * SENDERS);
	CU_ASSERT_EQUAL(home.got, LETTERS * SENDERS);
	CU_ASSERT(there.in_order);
	CU_ASSERT(home.in_order);
	close_end(&there);
	close_end(&home);
}

static void
who_does_not_wait_for_the_ring_takes_what_is_there(void)
{
	struct end home;
	struct list batch;

	open_end(&home, take_home);
	list_init(&batch);
	mailbox_post(home.box, &batch); /* nothing */
	mailbox_look(home.box);
	CU_ASSERT_EQUAL(home.got, 0);
	for (unsigned i = 0; i < 3; i++) {
		struct letter *letter = calloc(1, sizeof(*letter));

		letter->number = i;
		list_push_back(&batch, &letter->link);
	}
	mailbox_post(home.box, &batch);
	CU_ASSERT(list_empty(&batch));
	mailbox_look(home.box);
	CU_ASSERT_EQUAL(home.got, 3);
	CU_ASSERT(home.in_order);
	close_end(&home);
}

struct rung {
	struct loop *loop;
	struct doorbell *bell;
	int calls;
};

static void
on_ring(void *arg)
{
	struct rung *rung = arg;

	if (++rung->calls == 1)
		doorbell_ring(rung->bell);
	else
		loop_stop(rung->loop);
}

static void
rings_before_the_loop_looks_are_one_call_and_one_in_it_is_another(void)
{
	struct rung rung = { .loop = loop_new() };

	rung.bell = doorbell_new(rung.loop, on_ring, &rung);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rung.bell);
	for (int i = 0; i < 100; i++)
		doorbell_ring(rung.bell);
	CU_ASSERT_EQUAL(rung.calls, 0);
	loop_run(rung.loop);
	CU_ASSERT_EQUAL(rung.calls, 2);
	rung.bell = doorbell_free(rung.bell);
	rung.loop = loop_free(rung.loop);
}

static const struct unit_case cases[] = {
	{ "letters of many threads go there and back, in order, none is lost",
	    letters_of_many_threads_go_there_and_back },
	{ "who does not wait for the ring takes what is there",
	    who_does_not_wait_for_the_ring_takes_what_is_there },
	{ "rings before the loop looks are one call, and one during it is another",
	    rings_before_the_loop_looks_are_one_call_and_one_in_it_is_another },
};

UNIT_MAIN("net/mailbox", cases)
