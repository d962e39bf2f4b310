#include "stubd/query/guard.h"

#include "stubd/base/map.h"

#include <stdlib.h>
#include <string.h>

enum { WHOLE = 1000 /* one question, in what is saved */ };

struct guard {
	struct map key; /* empty: for its secret */
	struct guard_client clients[GUARD_CLIENTS];
};

struct guard *
guard_new(void)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (guard && map_init(&guard->key, 1) < 0)
		return guard_free(guard);
	return guard;
}

struct guard *
guard_free(struct guard *guard)
{
	if (guard)
		map_clear(&guard->key);
	free(guard);
	return NULL;
}

struct guard_client *
guard_client(struct guard *guard, const struct addr *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *ip = addr->ip;
	size_t n = addr->family == AF_INET ? 4 : 8;

	if (addr->family == AF_INET6 && memcmp(ip, mapped, sizeof(mapped)) == 0) {
		ip += sizeof(mapped);
		n = 4;
	}
	return &guard->clients[map_hash(&guard->key, ip, n) % GUARD_CLIENTS];
}

bool
guard_take(struct guard_client *client, unsigned rate, msec now)
{
	uint64_t most = (uint64_t)rate * WHOLE, saved = most;

	/* rate a second are rate thousandths of a question each thousandth of a second */
	if (client->last && now - client->last < 1000)
		saved = client->saved + (now - client->last) * rate;
	if (saved > most)
		saved = most;
	client->last = now ? now : 1;
	client->saved = (uint32_t)saved;
	if (saved < WHOLE)
		return false;
	client->saved -= WHOLE;
	return true;
}
