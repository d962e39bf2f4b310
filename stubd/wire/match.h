/*
 * Is this message the reply to that question? (RFC 5452 section 9.1, RFC 9619.) Address and port
 * are the transport's to check; ID, QR, opcode, QDCOUNT and the question are checked here.
 */
#ifndef WIRE_MATCH_H
#define WIRE_MATCH_H

#include "policy/name.h"
#include "stubd/base/buf.h"

#include <stdint.h>

/* Returns NULL if it matches, else a static text saying what does not. A reply with a failing rcode
 * may leave the question out (FORMERR, NOTIMP and the like). */
const char *match_reply(
    const uint8_t *bytes, size_t n, uint16_t id, const struct question *question);

/* The same, and: is it one whole message, with every record that it counts and nothing behind the last?
 * For transports that frame messages, and never cut them. When it is, *opt begins and ends with the options
 * of the first OPT record, and is empty without one. */
const char *match_whole(
    const uint8_t *bytes, size_t n, uint16_t id, const struct question *question, struct rcur *opt);

/* Does a reply that matches say that its server does not know EDNS: FORMERR without an OPT record (RFC
 * 6891 section 7)? */
bool match_lacks_edns(const uint8_t *bytes, size_t n);

#endif
