/*
 * DNS64 (RFC 6147): answers to AAAA made of answers to A.
 */
#ifndef WIRE_SYNTHESIS_H
#define WIRE_SYNTHESIS_H

#include "stubd/wire/answer.h"

struct prefix;

/* Has the answer section a record of that type? IPv6 addresses in ::ffff:0:0/96, which are IPv4 ones in
 * disguise, are none (section 5.1.4). */
bool answer_has(const struct answer *answer, uint16_t type);

/* Makes the answer to the same name's AAAA question from one that has A records: the chain as it is,
 * each address in the prefix (section 5.1.7), no TTL above ttl_max. What is made is nobody's signed
 * word: security is unchecked, keep is false. Returns 0 and an owned *out, -ENOENT (no address has a
 * place in the prefix), -EBADMSG or -ENOMEM. */
int answer_synthesise(
    const struct answer *a, const struct prefix *prefix, uint32_t ttl_max, struct answer **out);

#endif
