/*
 * The person's exceptions from validation (policy/nta.h), as far as queries are concerned: which
 * names they cover, and what has to happen when one begins or ends.
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

/* What has to be done about DNSSEC with an answer for name in that view. */
enum dnssec_mode exceptions_mode(
    const struct resolver *resolver, const struct view *view, const struct name *name);

/* Tells the engine what is excepted now. Returns 0 or -ENOMEM (it keeps what it was told before). */
int exceptions_tell(struct resolver *resolver);

/* An exception for name began or ended: nothing that was decided without or with it is used any more.
 * Tells the engine, drops what is cached at or below the name and every chain of CNAMEs, which may lead
 * there, and decides anew what is under way. Returns like exceptions_tell(). */
int exceptions_changed(struct resolver *resolver, const struct name *name);

#endif
