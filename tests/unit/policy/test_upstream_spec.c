#include "tests/unit/unit.h"

#include "policy/upstream_spec.h"

#include <stdlib.h>
#include <string.h>

static struct upstream_spec
make(void)
{
	struct upstream_spec spec = {
		.name = strdup("a"),
		.scheme = SCHEME_HTTPS,
		.host = strdup("a.example"),
		.path = strdup("/q"),
		.naddresses = 1,
		.npins = 1,
		.pins = { { 1 } },
	};

	addr_from_text(&spec.addresses[0], "192.0.2.1", 443);
	return spec;
}

static void
the_same_party_asked_the_same_way_is_equal(void)
{
	struct upstream_spec a = make(), b = make();

	CU_ASSERT(upstream_spec_equal(&a, &b));
	b.operator_name = strdup("somebody");
	CU_ASSERT(upstream_spec_equal(&a, &b));
	upstream_spec_clear(&a);
	upstream_spec_clear(&b);
	CU_ASSERT_PTR_NULL(a.name);
}

static void
any_difference_that_a_connection_feels_counts(void)
{
	struct upstream_spec a = make(), b = make();

	b.pins[0][0] = 2;
	CU_ASSERT_FALSE(upstream_spec_equal(&a, &b));
	b.pins[0][0] = 1;
	b.nhashes = 1;
	CU_ASSERT_FALSE(upstream_spec_equal(&a, &b));
	b.nhashes = 0;
	b.addresses[0].port = 444;
	CU_ASSERT_FALSE(upstream_spec_equal(&a, &b));
	b.addresses[0].port = 443;
	b.ca_file = strdup("/x");
	CU_ASSERT_FALSE(upstream_spec_equal(&a, &b));
	a.ca_file = strdup("/x");
	CU_ASSERT(upstream_spec_equal(&a, &b));
	free(b.host);
	b.host = NULL;
	CU_ASSERT_FALSE(upstream_spec_equal(&a, &b));
	upstream_spec_clear(&a);
	upstream_spec_clear(&b);
}

static const struct unit_case cases[] = {
	{ "the same party asked the same way is equal",
	    the_same_party_asked_the_same_way_is_equal },
	{ "any difference that a connection feels counts",
	    any_difference_that_a_connection_feels_counts },
};

UNIT_MAIN("policy/upstream_spec", cases)
