/*
 * One line of text that an answer carries behind its wire, for the replies that are made from it: who
 * has blocked it, or who of the network gave it, and how. An answer has one at most; the flag beside it
 * (`blocked`, `network`) says what it is of.
 */
#ifndef WIRE_LABEL_H
#define WIRE_LABEL_H

#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"

#include <stddef.h>

struct upstream_spec;

/* Writes text behind the answer, which may move. Returns 0, or -ENOMEM: it is as before. */
int label_set(struct answer **answer, const char *text);

/* Borrowed from the answer; NULL: it has none. */
const char *label_text(const struct answer *answer);

/* The network's own resolver gave it, asked in that way. Returns 0 or -ENOMEM. */
int label_network(struct answer **answer, const struct upstream_spec *spec);

/* Makes one answer say who gave another, if it was the network's resolver. Returns 0 or -ENOMEM. */
int label_pass_on(const struct answer *from, struct answer **to);

/* What every reply made from an answer says of it by itself: who has blocked it, or who of the network
 * gave it, or that recursion found it. EDE_NONE: nothing. *text is borrowed from the answer. */
enum ede label_ede(const struct answer *answer, const char **text);

/* Fills an empty *extra, and text[size] for it, with that. */
void label_say(const struct answer *answer, struct reply_extra *extra, char *text, size_t size);

#endif
