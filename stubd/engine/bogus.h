/*
 * Why libunbound calls an answer bogus, in the terms of Extended DNS Errors (RFC 8914 section 4.7 to
 * 4.13). It says so in a sentence only; the table in bogus.c is made from those it has.
 */
#ifndef ENGINE_BOGUS_H
#define ENGINE_BOGUS_H

#include "stubd/wire/reply.h"

#include <stddef.h>

/* The code that fits best; EDE_BOGUS when no other does. */
enum ede bogus_ede(const char *why);

/* Writes the sentence without what the reader knows or has no use for: "validation failure <NAME
 * TYPE CLASS>:" before it, that of an earlier question (it may be somebody else's) for whose failure a
 * key is marked bad, and our own listener's address. Cut to n octets. */
void bogus_text(const char *why, char *out, size_t n);

#endif
