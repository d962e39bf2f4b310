#include "stubd/query/domains.h"

#include "policy/siphash.h"
#include "stubd/base/rand.h"

#include <stdlib.h>

enum { WHOLE = 1000 /* one flight, in what is held against a domain */ };

struct domains {
	uint64_t secret[2];
	struct domain all[DOMAINS];
};

struct domains *
domains_new(void)
{
	struct domains *domains = calloc(1, sizeof(*domains));

	if (domains)
		rand_bytes(domains->secret, sizeof(domains->secret));
	return domains;
}

struct domains *
domains_free(struct domains *domains)
{
	free(domains);
	return NULL;
}

struct domain *
domains_find(struct domains *domains, const uint8_t *wire, size_t n)
{
	return &domains->all[siphash_table(domains->secret, wire, n) % DOMAINS];
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
