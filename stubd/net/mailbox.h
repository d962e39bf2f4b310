/*
 * Letters from other threads to a loop's thread: whose letter it is changes with its posting, so that
 * nothing in it is ever shared.
 *
 *	sender: owns a letter ──mailbox_post()──► nobody's, under the lock ──cb──► receiver owns it
 *
 * A mailbox has no limit: who posts sees to it that there are not too many (query/errand.h). Letters
 * are posted and come many at a time, and only the first into an empty box rings: one lock and at most
 * one system call for each turn of the sender's loop.
 */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include "stubd/base/list.h"

struct loop;
struct mailbox;

/* What was posted, oldest first: links of the letters, all of which the callee unlinks. */
typedef void mailbox_cb(void *arg, struct list *letters);

/* Calls cb on loop's thread, after letters have come. NULL: out of memory or file descriptors. */
struct mailbox *mailbox_new(struct loop *loop, mailbox_cb *cb, void *arg);

/* By the loop's own thread, or when that has ended; nobody may post any more, and the box must be
 * empty. Returns NULL; NULL is allowed. */
struct mailbox *mailbox_free(struct mailbox *box);

/* By any thread: posts all of a list, which is empty then. Never blocks. */
void mailbox_post(struct mailbox *box, struct list *letters);

/* By the receiver: takes at once what has been posted, calls cb for it if there is any. */
void mailbox_look(struct mailbox *box);

#endif
