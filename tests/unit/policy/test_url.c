#include "tests/unit/unit.h"

#include "policy/url.h"

#include <errno.h>
#include <string.h>

static struct why why;

static struct url
parse(const char *text)
{
	struct url url = { .port = 0 };

	CU_ASSERT_EQUAL_FATAL(url_parse(&url, text, &why), 0);
	return url;
}

static void
https_has_a_host_and_a_path(void)
{
	struct url url = parse("https://DoH.example/dns-query");

	CU_ASSERT_EQUAL(url.scheme, SCHEME_HTTPS);
	CU_ASSERT_STRING_EQUAL(url.host, "doh.example");
	CU_ASSERT_STRING_EQUAL(url.path, "/dns-query");
	CU_ASSERT_EQUAL(url.port, 443);
	CU_ASSERT_FALSE(url.literal);
	url = parse("https://doh.example:8443");
	CU_ASSERT_STRING_EQUAL(url.path, "/");
	CU_ASSERT_EQUAL(url.port, 8443);
	url = parse("https://[2001:db8::1]:444/q");
	CU_ASSERT(url.literal);
	CU_ASSERT_EQUAL(url.addr.port, 444);
	CU_ASSERT_STRING_EQUAL(url.host, "");
}

static void
a_template_loses_its_variable(void)
{
	struct url url = parse("https://doh.example/dns-query{?dns}");

	CU_ASSERT_STRING_EQUAL(url.path, "/dns-query");
	CU_ASSERT_EQUAL(url_parse(&url, "https://doh.example/{x}", &why), -EINVAL);
}

static void
tls_may_name_what_to_verify(void)
{
	struct url url = parse("tls://10.7.0.54#dns.corp.example");

	CU_ASSERT_EQUAL(url.scheme, SCHEME_TLS);
	CU_ASSERT_EQUAL(url.addr.port, 853);
	CU_ASSERT_STRING_EQUAL(url.host, "dns.corp.example");
	url = parse("tls://10.7.0.54:8853");
	CU_ASSERT_EQUAL(url.addr.port, 8853);
	CU_ASSERT_STRING_EQUAL(url.host, "");
	url = parse("tls://dot.example");
	CU_ASSERT_FALSE(url.literal);
	CU_ASSERT_EQUAL(url.port, 853);
}

static void
a_bare_address_is_plain(void)
{
	CU_ASSERT_EQUAL(parse("10.7.0.53").scheme, SCHEME_DNS);
	CU_ASSERT_EQUAL(parse("10.7.0.53:5353").addr.port, 5353);
	CU_ASSERT_EQUAL(parse("dns://[::1]").addr.port, 53);
}

static void
bad_urls_are_refused(void)
{
	static const char *const bad[] = { "", "quic://dns.example", "https://", "https:///q",
		"https://a b/q", "https://user@doh.example/q", "https://doh.example:0/q",
		"https://doh.example:+1/q", "https://doh.example:99999/q",
		"https://doh.example/q#x", "tls://dot.example/path", "tls://dot.example#other",
		"tls://", "dns://dns.example", "dns://192.0.2.1#x", "dot.example",
		"https://doh.example/a b", "tls://0.0.0.0", "tls://192.0.2.1#",
		"https://doh.example:/q" };
	struct url url = { .port = 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (url_parse(&url, bad[i], &why) != -EINVAL)
			CU_FAIL(bad[i]);
	}
	CU_ASSERT_EQUAL(url.port, 7);
}

static const struct unit_case cases[] = {
	{ "https has a host and a path", https_has_a_host_and_a_path },
	{ "a template loses its variable", a_template_loses_its_variable },
	{ "tls may name what to verify", tls_may_name_what_to_verify },
	{ "a bare address is plain", a_bare_address_is_plain },
	{ "bad URLs are refused", bad_urls_are_refused },
};

UNIT_MAIN("policy/url", cases)
