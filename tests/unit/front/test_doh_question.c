#include "stubd/front/doh_question.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static ssize_t
get(const char *query, size_t cap)
{
	uint8_t out[64];

	return doh_question_read(query, strlen(query), out, cap);
}

static void
the_question_is_decoded(void)
{
	uint8_t out[8];

	CU_ASSERT_EQUAL(doh_question_read("dns=AAE_-w", 10, out, sizeof(out)), 4);
	CU_ASSERT_EQUAL(memcmp(out, "\x00\x01\x3f\xfb", 4), 0);
	/* what stands behind it in memory does not count */
	CU_ASSERT_EQUAL(doh_question_read("dns=AAE_-wAAAA", 10, out, sizeof(out)), 4);
	CU_ASSERT_EQUAL(get("dns=", 64), 0);
}

static void
other_parameters_are_passed_over(void)
{
	CU_ASSERT_EQUAL(get("ct=x&dns=AAAA", 64), 3);
	CU_ASSERT_EQUAL(get("dns=AAAA&ct=x", 64), 3);
	CU_ASSERT_EQUAL(get("&&dns=AAAA&", 64), 3);
	CU_ASSERT_EQUAL(get("xdns=AAAA", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("DNS=AAAA", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns=AAAA&dns=AAAA", 64), -EINVAL);
}

static void
what_is_not_base64url_is_refused(void)
{
	CU_ASSERT_EQUAL(get("dns=AAA=", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns=AA+/", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns=A", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns=AB", 64), -EINVAL); /* bits left over */
	CU_ASSERT_EQUAL(get("dns=AA%41A", 64), -EINVAL);
	CU_ASSERT_EQUAL(get("dns=AAAA", 2), -EINVAL);
}

static void
the_type_is_known_in_any_spelling(void)
{
#define IS_DNS(text) doh_type_is_dns(text, sizeof(text) - 1)
	CU_ASSERT_TRUE(IS_DNS("application/dns-message"));
	CU_ASSERT_TRUE(IS_DNS("Application/DNS-Message"));
	CU_ASSERT_TRUE(IS_DNS("application/dns-message; charset=x"));
	CU_ASSERT_TRUE(IS_DNS("application/dns-message \t;"));
	CU_ASSERT_FALSE(IS_DNS("application/dns-messages"));
	CU_ASSERT_FALSE(IS_DNS("application/dns"));
	CU_ASSERT_FALSE(IS_DNS("text/html"));
	CU_ASSERT_FALSE(IS_DNS(""));
}

static void
only_this_machine_is_local(void)
{
#define IS_LOCAL(text) doh_host_is_local(text, sizeof(text) - 1)
	CU_ASSERT_TRUE(IS_LOCAL("localhost"));
	CU_ASSERT_TRUE(IS_LOCAL("LocalHost:8053"));
	CU_ASSERT_TRUE(IS_LOCAL("127.0.0.1"));
	CU_ASSERT_TRUE(IS_LOCAL("127.0.0.53:8053"));
	CU_ASSERT_TRUE(IS_LOCAL("[::1]:8053"));
	CU_ASSERT_FALSE(IS_LOCAL("localhost.example"));
	CU_ASSERT_FALSE(IS_LOCAL("localhostile"));
	CU_ASSERT_FALSE(IS_LOCAL("192.168.1.1"));
	CU_ASSERT_FALSE(IS_LOCAL("127.0.0.1.example"));
	CU_ASSERT_FALSE(IS_LOCAL("127.0.0.1\0.example"));
	CU_ASSERT_FALSE(IS_LOCAL("local"));
	CU_ASSERT_FALSE(IS_LOCAL(""));
}

static const struct unit_case cases[] = {
	{ "the question of a GET is decoded", the_question_is_decoded },
	{ "other parameters are passed over", other_parameters_are_passed_over },
	{ "what is not base64url is refused", what_is_not_base64url_is_refused },
	{ "the type is known in any spelling", the_type_is_known_in_any_spelling },
	{ "only this machine is local", only_this_machine_is_local },
};

UNIT_MAIN("front/doh_question", cases)
