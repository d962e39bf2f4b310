#include "policy/fingerprint.h"

#include "tests/unit/policy/load.h"
#include "tests/unit/unit.h"

/* The fingerprint of a configuration; 0: it was refused. */
static uint64_t
of(const char *text)
{
	struct policy *policy = load(text);
	const uint64_t fingerprint = policy ? policy->fingerprint : 0;

	policy = policy_free(policy);
	return fingerprint;
}

#define PROVIDER(name, host)                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"" name "\", " \
	"\"url\": \"https://" host "/dns-query\" } ] }"

static void
is_the_same_for_the_same(void)
{
	const uint64_t one = of("{ " PROVIDER("a", "192.0.2.1") " }");

	CU_ASSERT_NOT_EQUAL(one, 0);
	CU_ASSERT_EQUAL(one, of("{" PROVIDER("a", "192.0.2.1") "}\n"));
	/* What is written as it is without being written. */
	CU_ASSERT_EQUAL(
	    one, of("{ \"cache\": { \"prefetch\": true }, " PROVIDER("a", "192.0.2.1") " }"));
}

static void
tells_others_apart(void)
{
	static const char *const others[] = {
		"{ " PROVIDER("a", "192.0.2.1") " }",
		"{ " PROVIDER("a", "192.0.2.2") " }",
		"{ " PROVIDER("b", "192.0.2.1") " }",
		"{ \"dnssec\": \"off\", " PROVIDER("a", "192.0.2.1") " }",
		"{ \"filter\": \"AAAA\", " PROVIDER("a", "192.0.2.1") " }",
		"{ \"split\": [ { \"domains\": [ \"corp.example\" ], \"servers\": [ \"192.0.2.9\" "
		"] "
		"} ], " PROVIDER("a", "192.0.2.1") " }",
	};
	uint64_t seen[sizeof(others) / sizeof(*others)];

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		seen[i] = of(others[i]);
		CU_ASSERT_NOT_EQUAL(seen[i], 0);
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(seen[i], seen[j]);
	}
}

static const struct unit_case cases[] = {
	{ "one configuration has one fingerprint, however it is written",
	    is_the_same_for_the_same },
	{ "another provider, mode, filter or rule makes another one", tells_others_apart },
};

UNIT_MAIN("policy/fingerprint", cases)
