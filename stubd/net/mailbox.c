#include "stubd/net/mailbox.h"

#include "stubd/net/doorbell.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct mailbox {
	pthread_mutex_t lock; /* of letters */
	struct list letters;
	struct doorbell *bell;
	mailbox_cb *cb;
	void *arg;
};

static void
on_ring(void *arg)
{
	mailbox_look(arg);
}

struct mailbox *
mailbox_new(struct loop *loop, mailbox_cb *cb, void *arg)
{
	struct mailbox *box = calloc(1, sizeof(*box));

	if (!box)
		return NULL;
	pthread_mutex_init(&box->lock, NULL);
	list_init(&box->letters);
	box->cb = cb;
	box->arg = arg;
	box->bell = doorbell_new(loop, on_ring, box);
	return box->bell ? box : mailbox_free(box);
}

struct mailbox *
mailbox_free(struct mailbox *box)
{
	if (!box)
		return NULL;
	assert(list_empty(&box->letters) && "letters that nobody owns");
	box->bell = doorbell_free(box->bell);
	pthread_mutex_destroy(&box->lock);
	free(box);
	return NULL;
}

void
mailbox_post(struct mailbox *box, struct list *letters)
{
	bool first;

	if (list_empty(letters))
		return;
	pthread_mutex_lock(&box->lock);
	first = list_empty(&box->letters);
	list_move_all(&box->letters, letters);
	pthread_mutex_unlock(&box->lock);
	if (first)
		doorbell_ring(box->bell);
}

void
mailbox_look(struct mailbox *box)
{
	struct list letters;

	list_init(&letters);
	pthread_mutex_lock(&box->lock);
	list_move_all(&letters, &box->letters);
	pthread_mutex_unlock(&box->lock);
	if (!list_empty(&letters))
		box->cb(box->arg, &letters);
}
