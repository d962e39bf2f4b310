#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#define PUBLIC                                                                             \
	"\"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", \"url\": " \
	"\"tls://192.0.2.1\" } ] }"
#define SPLIT "\"split\": [ { \"domains\": [ \"corp.example\" ], \"servers\": [ \"10.0.0.1\" ] } ]"

static void
any_is_one_hinfo(void)
{
	struct policy *p = load("{ " PUBLIC ", " SPLIT " }");
	struct view v;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	v = view_of(p, "www.example.com", TYPE_ANY);
	CU_ASSERT(v.kind == VIEW_LOCAL && v.id == 0 && v.local.kind == LOCAL_HINFO);
	CU_ASSERT_EQUAL(view_of(p, "x.corp.example", TYPE_ANY).local.kind, LOCAL_HINFO);
	CU_ASSERT_EQUAL(view_of(p, "localhost", TYPE_ANY).local.kind, LOCAL_HINFO);
	/* what does not exist does not exist */
	CU_ASSERT_EQUAL(view_of(p, "x.test", TYPE_ANY).local.kind, LOCAL_NXDOMAIN);
	policy_free(p);
}

static void
a_filtered_type_has_no_data(void)
{
	struct policy *p = load("{ " PUBLIC ", " SPLIT ", \"filter\": \"AAAA\" }");
	struct view v;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	v = view_of(p, "www.example.com", TYPE_AAAA);
	CU_ASSERT(v.kind == VIEW_LOCAL && v.local.kind == LOCAL_NODATA && v.local.filtered);
	v = view_of(p, "x.corp.example", TYPE_AAAA);
	CU_ASSERT(v.kind == VIEW_LOCAL && v.local.filtered);
	CU_ASSERT_EQUAL(view_of(p, "www.example.com", TYPE_A).kind, VIEW_PROVIDERS);
	CU_ASSERT_EQUAL(view_of(p, "www.example.com", TYPE_HTTPS).kind, VIEW_PROVIDERS);
	CU_ASSERT_EQUAL(view_of(p, "x.corp.example", TYPE_A).kind, VIEW_SPLIT);
	v = view_of(p, "localhost", TYPE_AAAA);
	CU_ASSERT(v.local.kind == LOCAL_ADDRESSES && !v.local.filtered);
	policy_free(p);
	p = load("{ " PUBLIC ", \"filter\": null }");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(view_of(p, "www.example.com", TYPE_AAAA).kind, VIEW_PROVIDERS);
	policy_free(p);
	CU_ASSERT_PTR_NULL(load("{ " PUBLIC ", \"filter\": \"TXT\" }"));
}

static const struct unit_case cases[] = {
	{ "ANY is one HINFO, unless the name does not exist", any_is_one_hinfo },
	{ "a filtered type has no data, except for what is local", a_filtered_type_has_no_data },
};

UNIT_MAIN("policy/overrule", cases)
