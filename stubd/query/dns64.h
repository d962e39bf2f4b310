/*
 * DNS64 (RFC 6147) at the end of a query: the question for AAAA had an answer without addresses, so A
 * was asked for, and the reply is made of both.
 */
#ifndef QUERY_DNS64_H
#define QUERY_DNS64_H

struct answer;
struct resolver;

enum {
	DNS64_NO_SOA_TTL = 600, /* seconds; RFC 6147 section 5.1.7 */
};

/* What replies to AAAA: made of the answer `a` to A and owned by *made, or `negative`, that there is
 * none: where A has no addresses either, or only what a provider put in their place to block the name,
 * the network has no prefix, or memory is out. Both are borrowed (RFC 6147 section 5.1.7: for no longer than the denial). */
const struct answer *dns64_reply(const struct resolver *resolver, const struct answer *negative,
    const struct answer *a, struct answer **made);

#endif
