#include "tests/unit/unit.h"

#include "stubd/query/domains.h"

static unsigned
taken(struct domain *domain, msec now, unsigned tries)
{
	unsigned n = 0;

	while (tries--)
		n += domain_take(domain, now);
	return n;
}

static void
given(struct domain *domain, bool fruitless, msec now, unsigned times)
{
	while (times--)
		domain_give(domain, fruitless, now);
}

static void
a_page_of_names_is_never_too_much(void)
{
	struct domain domain = { .last = 0 };

	for (msec now = 1000; now < 60000; now += 50) {
		CU_ASSERT_EQUAL(taken(&domain, now, 300), 300);
		given(&domain, false, now, 300);
	}
}

static void
so_many_may_be_under_way_and_no_more(void)
{
	struct domain domain = { .last = 0 };

	CU_ASSERT_EQUAL(taken(&domain, 1000, 5000), DOMAIN_FLIGHTS);
	CU_ASSERT_EQUAL(taken(&domain, 100000, 5000), 0);
	given(&domain, false, 100000, 7);
	CU_ASSERT_EQUAL(taken(&domain, 100000, 5000), 7);
}

static void
what_led_nowhere_is_forgiven_by_and_by(void)
{
	struct domain domain = { .last = 0 };

	CU_ASSERT_EQUAL(taken(&domain, 1000, 5000), DOMAIN_FLIGHTS);
	given(&domain, true, 1000, DOMAIN_FLIGHTS);
	CU_ASSERT_EQUAL(taken(&domain, 1000, 5000), 0);
	CU_ASSERT_EQUAL(taken(&domain, 1000 + 1000 / DOMAIN_FRUITLESS - 1, 5000), 0);
	CU_ASSERT_EQUAL(taken(&domain, 1000 + 1000 / DOMAIN_FRUITLESS, 5000), 1);
	CU_ASSERT_EQUAL(taken(&domain, 2000, 5000), DOMAIN_FRUITLESS - 1);
	given(&domain, false, 2000, DOMAIN_FRUITLESS);
	CU_ASSERT_EQUAL(taken(&domain, 2000, 5000), DOMAIN_FRUITLESS);
	given(&domain, false, 2000, DOMAIN_FRUITLESS);
	CU_ASSERT_EQUAL(taken(&domain, 1000000, 5000), DOMAIN_FLIGHTS);
}

static void
a_flood_that_leads_nowhere_is_passed_on_at_the_rate(void)
{
	struct domain domain = { .last = 0 };
	unsigned n = 0;

	for (msec now = 1000; now < 61000; now++) {
		unsigned some = taken(&domain, now, 2);

		n += some;
		given(&domain, true, now, some);
	}
	CU_ASSERT(n > DOMAIN_FLIGHTS + 59 * DOMAIN_FRUITLESS);
	CU_ASSERT(n <= DOMAIN_FLIGHTS + 60 * DOMAIN_FRUITLESS);
}

static void
domains_have_places_of_their_own(void)
{
	struct domains *domains = domains_new();
	const uint8_t a[] = "\001a\003com", b[] = "\001b\003com";
	unsigned apart = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(domains);
	CU_ASSERT_PTR_EQUAL(
	    domains_find(domains, a, sizeof(a)), domains_find(domains, a, sizeof(a)));
	/* One pair in DOMAINS shares. */
	apart += domains_find(domains, a, sizeof(a)) != domains_find(domains, b, sizeof(b));
	apart += domains_find(domains, a, 3) != domains_find(domains, b, 3);
	CU_ASSERT(apart > 0);
	domains_free(domains);
}

static const struct unit_case cases[] = {
	{ "a page of names is never too much", a_page_of_names_is_never_too_much },
	{ "so many may be under way, and no more", so_many_may_be_under_way_and_no_more },
	{ "what led nowhere is forgiven by and by", what_led_nowhere_is_forgiven_by_and_by },
	{ "a flood that leads nowhere is passed on at the rate",
	    a_flood_that_leads_nowhere_is_passed_on_at_the_rate },
	{ "domains have places of their own", domains_have_places_of_their_own },
};

UNIT_MAIN("query/domains", cases)
