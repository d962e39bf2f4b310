/*
 * What is validated how, as far as queries are concerned: public names from the root by the mode of
 * the policy; names of split rules from the rule's own anchors or not at all; the person's exceptions
 * (policy/nta.h): which names they cover, and what has to happen when one begins or ends.
 *
 * A name that is excepted is asked for with CD, so that a provider that validates gives what it has,
 * and its answer is insecure: AD is never set on it.
 */
#ifndef QUERY_EXCEPTIONS_H
#define QUERY_EXCEPTIONS_H

#include "policy/config.h"
#include "policy/decide.h"

#include <stdbool.h>

struct nta;
struct resolver;

/* The exception at or above name; NULL: none. Borrowed until the table changes. */
const struct nta *exceptions_find(const struct resolver *resolver, const struct name *name);

/* What has to be done about DNSSEC with the answer to a question of that view. */
enum dnssec_mode exceptions_mode(
    const struct resolver *resolver, const struct view *view, const struct question *question);

/* May the validator ask for keys and delegations of this view's names? */
bool exceptions_may_prove(const struct resolver *resolver, const struct view *view);

/* A link came or went. What the validator learnt over a link that is no more is forgotten. */
void exceptions_links_changed(struct resolver *resolver);

/* Tells the engine what is excepted now. Returns 0 or -ENOMEM (it keeps what it was told before). */
int exceptions_tell(struct resolver *resolver);

/* An exception for name began or ended: nothing that was decided without or with it is used any more.
 * Tells the engine, drops what is cached at or below the name and every chain of CNAMEs, which may lead
 * there, and decides anew what is under way. Returns like exceptions_tell(). */
int exceptions_changed(struct resolver *resolver, const struct name *name);

/* The clock is synchronised, or no longer: names of time servers are validated again, or not for the
 * while, and what was answered otherwise is dropped (policy/network.h). */
void exceptions_clock_changed(struct resolver *resolver);

#endif
