#include "stubd/query/dns64.h"

#include "stubd/query/resolver.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/synthesis.h"

const struct answer *
dns64_reply(const struct resolver *resolver, const struct answer *negative, const struct answer *a,
    struct answer **made)
{
	const uint32_t ttl = negative->nscount ? negative->ttl : DNS64_NO_SOA_TTL;
	const struct prefix *prefix = resolver_dns64(resolver);

	if (prefix && a->rcode == RCODE_NOERROR && !a->blocked && !negative->blocked &&
	    answer_synthesise(a, prefix, ttl, made) == 0)
		return *made;
	return negative;
}
