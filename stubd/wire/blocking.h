/*
 * What a provider does to a name that it blocks, and how an answer keeps that: the unspecified address
 * in place of all addresses, or an Extended DNS Error that says so (RFC 8914 sections 4.16 to 4.19).
 *
 * Blocked (15), Censored (16) and Filtered (17) count with whatever response code; Prohibited (18) with
 * NXDOMAIN alone, for with others it says that the client, not the name, is refused.
 */
#ifndef WIRE_BLOCKING_H
#define WIRE_BLOCKING_H

#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"

#include <stddef.h>
#include <stdint.h>

enum { BLOCKING_TTL = 60 /* s that one without any record is kept: filters rarely send a SOA */ };

/* The error by which a reply (hostile octets, whose question matched) says that it is blocked: the
 * provider's own, or EDE_BLOCKED where only the addresses say so. EDE_NONE: it does not. */
enum ede blocking_find(const uint8_t *reply, size_t n, const struct name *asked);

/* Notes in an answer that `who` has blocked it, by ede: every reply made from it says so, and its times
 * are those of a negative answer. The answer may move. Without memory nothing happens. */
void blocking_blame(struct answer **answer, enum ede ede, const char *who);

/* "blocked by who", borrowed from the answer; NULL: nobody has blocked it. */
const char *blocking_text(const struct answer *answer);

/* Makes one answer tell what another does, if that was blocked. */
void blocking_pass_on(const struct answer *from, struct answer **to);

#endif
