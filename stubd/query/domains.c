#include "stubd/query/domains.h"

#include "stubd/base/map.h"

#include <stdlib.h>

enum { WHOLE = 1000 /* one flight, in what is held against a domain */ };

struct domains {
	struct map key; /* empty: for its secret */
	struct domain all[DOMAINS];
};

struct domains *
domains_new(void)
{
	struct domains *domains = calloc(1, sizeof(*domains));

	if (domains && map_init(&domains->key, 1) < 0)
		return domains_free(domains);
	return domains;
}

struct domains *
domains_free(struct domains *domains)
{
	if (domains)
		map_clear(&domains->key);
	free(domains);
	return NULL;
}

struct domain *
domains_find(struct domains *domains, const uint8_t *wire, size_t n)
{
	return &domains->all[map_hash(&domains->key, wire, n) % DOMAINS];
}

/* So many a second are so many thousandths each thousandth of a second. */
static void
forgive(struct domain *domain, msec now)
{
	const uint64_t due = (now - domain->last) * DOMAIN_FRUITLESS;

	domain->fruitless -= due < domain->fruitless ? (uint32_t)due : domain->fruitless;
	domain->last = now;
}

bool
domain_take(struct domain *domain, msec now)
{
	forgive(domain, now);
	/* What is left of one counts as a whole. */
	if (domain->flying + (domain->fruitless + WHOLE - 1) / WHOLE >= DOMAIN_FLIGHTS)
		return false;
	domain->flying++;
	return true;
}

void
domain_give(struct domain *domain, bool fruitless, msec now)
{
	domain->flying--;
	if (!fruitless)
		return;
	forgive(domain, now);
	domain->fruitless += WHOLE;
}
