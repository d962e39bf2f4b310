#include "stubd/query/guard.h"

#include "stubd/base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WHOLE = 1000 /* one question, in what is saved */ };

struct guard {
	struct map key;	      /* empty: for its secret */
	pthread_mutex_t lock; /* of each client's saved and last */
	struct guard_client clients[GUARD_CLIENTS];
};

struct guard *
guard_new(void)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (!guard)
		return NULL;
	pthread_mutex_init(&guard->lock, NULL);
	return map_init(&guard->key, 1) < 0 ? guard_free(guard) : guard;
}

struct guard *
guard_free(struct guard *guard)
{
	if (!guard)
		return NULL;
	map_clear(&guard->key);
	pthread_mutex_destroy(&guard->lock);
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

/* What it may ask at once, in thousandths of a question. */
static uint64_t
savings(const struct guard_client *client, unsigned rate, msec now)
{
	const uint64_t most = (uint64_t)rate * WHOLE;
	/* another thread may have begun its turn a little later */
	const msec since = now > client->last ? now - client->last : 0;
	uint64_t saved;

	if (!client->last || since >= 1000)
		return most;
	/* rate a second are rate thousandths of a question each thousandth of a second */
	saved = client->saved + since * rate;
	return saved < most ? saved : most;
}

bool
guard_take(struct guard *guard, struct guard_client *client, unsigned rate, msec now)
{
	uint64_t saved;
	bool enough;

	pthread_mutex_lock(&guard->lock);
	saved = savings(client, rate, now);
	enough = saved >= WHOLE;
	client->saved = (uint32_t)(saved - (enough ? WHOLE : 0));
	if (now > client->last)
		client->last = now;
	if (!client->last)
		client->last = 1;
	pthread_mutex_unlock(&guard->lock);
	return enough;
}
