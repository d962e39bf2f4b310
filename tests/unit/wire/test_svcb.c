#include "tests/unit/unit.h"

#include "stubd/wire/svcb.h"

#include <errno.h>
#include <string.h>

#define READ(octets, out) svcb_read((const uint8_t *)(octets), sizeof(octets) - 1, (out))
#define FOO_COM "\3foo\7example\3com\0"
#define FOO_ORG "\3foo\7example\3org\0"

static bool
is(const struct svcb_value *value, const char *octets, size_t n)
{
	return value->octets && value->n == n && memcmp(value->octets, octets, n) == 0;
}

static bool
leads_to(const struct svcb *svcb, const char *text)
{
	char out[NAME_TEXT_MAX];

	return strcmp(name_to_text(&svcb->target, out), text) == 0;
}

/* --- the vectors of RFC 9460, appendix D, in its order ------------------------------------------ */

static void
an_alias_has_a_target_and_nothing_else(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\0" FOO_COM, &svcb), 0);
	CU_ASSERT_EQUAL(svcb.priority, 0);
	CU_ASSERT(leads_to(&svcb, "foo.example.com."));
	/* section 2.4.2: parameters of an alias are ignored, broken ones too */
	CU_ASSERT_EQUAL(READ("\0\0" FOO_COM "\0\3\0\1x", &svcb), 0);
	CU_ASSERT_EQUAL(svcb.port, 0);
}

static void
the_root_is_a_target(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\1\0", &svcb), 0);
	CU_ASSERT_EQUAL(svcb.priority, 1);
	CU_ASSERT_EQUAL(svcb.target.len, 1);
	CU_ASSERT(svcb.understood);
}

static void
a_port_is_read(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\20" FOO_COM "\0\3\0\2\0\65", &svcb), 0);
	CU_ASSERT_EQUAL(svcb.priority, 16);
	CU_ASSERT_EQUAL(svcb.port, 53);
}

static void
unknown_keys_are_passed_over(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\1" FOO_COM "\2\233\0\5hello", &svcb), 0);
	CU_ASSERT(svcb.understood);
	CU_ASSERT_EQUAL(READ("\0\1" FOO_COM "\2\233\0\11hello\322qoo", &svcb), 0);
	CU_ASSERT(svcb.understood);
}

static void
hints_of_ipv6_are_read(void)
{
	static const char two[] = "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
				  "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\x53\0\1";
	static const char one[] = "\x20\1\xd\xb8\1\x22\3\x44\0\0\0\0\300\0\2\x21";
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\1" FOO_COM "\0\6\0\40"
			     "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
			     "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\x53\0\1",
			    &svcb),
	    0);
	CU_ASSERT(is(&svcb.ipv6hint, two, sizeof(two) - 1));
	CU_ASSERT_EQUAL(READ("\0\1" FOO_COM "\0\6\0\20"
			     "\x20\1\xd\xb8\1\x22\3\x44\0\0\0\0\300\0\2\x21",
			    &svcb),
	    0);
	CU_ASSERT(is(&svcb.ipv6hint, one, sizeof(one) - 1));
}

static void
mandatory_keys_that_are_known_are_understood(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\20" FOO_ORG "\0\0\0\4\0\1\0\4"
			     "\0\1\0\11\2h2\5h3-19"
			     "\0\4\0\4\300\0\2\1",
			    &svcb),
	    0);
	CU_ASSERT(svcb.understood);
	CU_ASSERT(svcb_speaks(&svcb, "h2"));
	CU_ASSERT(svcb_speaks(&svcb, "h3-19"));
	CU_ASSERT_FALSE(svcb_speaks(&svcb, "h3"));
	CU_ASSERT(is(&svcb.ipv4hint, "\300\0\2\1", 4));
}

static void
a_protocol_may_have_any_characters(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\20" FOO_ORG "\0\1\0\14\10f\\oo,bar\2h2", &svcb), 0);
	CU_ASSERT(svcb_speaks(&svcb, "f\\oo,bar"));
	CU_ASSERT(svcb_speaks(&svcb, "h2"));
	CU_ASSERT_FALSE(svcb_speaks(&svcb, "bar"));
}

/* Those of appendix D.3 that can be said on the wire. */
static void
what_breaks_the_format_is_refused(void)
{
	struct svcb svcb = { .priority = 7 };

	/* a key twice; keys that do not ascend */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\173\0\3abc\0\173\0\3def", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\3\0\2\0\65\0\1\0\3\2h2", &svcb), -EBADMSG);
	/* mandatory, alpn, port, hints without a value */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\1\0\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\3\0\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\4\0\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\6\0\0", &svcb), -EBADMSG);
	/* no-default-alpn with one; without alpn */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\1\0\3\2h2\0\2\0\3abc", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\2\0\0", &svcb), -EBADMSG);
	/* a mandatory key that is not there, twice, itself, half of one */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\2\0\173", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\4\0\173\0\173\0\173\0\3abc", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\2\0\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\1\0", &svcb), -EBADMSG);
	/* an empty protocol, one beyond its list, half an address */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\1\0\4\2h2\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\1\0\3\3h2", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\0\4\0\6\300\0\2\1\300\0", &svcb), -EBADMSG);
	/* a value beyond the end, half a key, no name, a compressed one, nothing */
	CU_ASSERT_EQUAL(READ("\0\1\0\2\233\0\5hell", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\0\2", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("\0\1\300\0", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(READ("", &svcb), -EBADMSG);
	CU_ASSERT_EQUAL(svcb.priority, 7);
}

/* --- what is mandatory, and DoH ----------------------------------------------------------------- */

static void
a_mandatory_key_that_is_unknown_is_told(void)
{
	struct svcb svcb;

	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\4\0\1\2\233\0\1\0\3\2h2\2\233\0\1x", &svcb), 0);
	CU_ASSERT_FALSE(svcb.understood);
	/* ech (5) is known to many, but not here */
	CU_ASSERT_EQUAL(READ("\0\1\0\0\0\0\2\0\5\0\5\0\1x", &svcb), 0);
	CU_ASSERT_FALSE(svcb.understood);
}

static int
path_of(const char *template, char path[SVCB_PATH_MAX])
{
	const struct svcb svcb = {
		.dohpath = { (const uint8_t *)template, strlen(template) },
	};

	return svcb_doh_path(&svcb, path);
}

static void
a_template_becomes_a_path(void)
{
	char path[SVCB_PATH_MAX] = "before";
	const struct svcb none = { 0 };

	CU_ASSERT_EQUAL(path_of("/dns-query{?dns}", path), 0);
	CU_ASSERT_STRING_EQUAL(path, "/dns-query");
	CU_ASSERT_EQUAL(path_of("/q?x=1{&dns}", path), 0);
	CU_ASSERT_STRING_EQUAL(path, "/q?x=1");
	CU_ASSERT_EQUAL(path_of("/{?dns}", path), 0);
	CU_ASSERT_STRING_EQUAL(path, "/");
	CU_ASSERT_EQUAL(svcb_doh_path(&none, path), -ENOENT);
	CU_ASSERT_STRING_EQUAL(path, "/");
}

static void
a_template_of_anything_else_is_refused(void)
{
	char path[SVCB_PATH_MAX] = "before", text[SVCB_PATH_MAX + 8];

	CU_ASSERT_EQUAL(path_of("", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("dns-query{?dns}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/dns-query", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/dns-query{?dns,name}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/{user}/dns{?dns}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/a b{?dns}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/a#b{?dns}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/a\r\nx: y{?dns}", path), -EINVAL);
	CU_ASSERT_EQUAL(path_of("/\303\274{?dns}", path), -EINVAL);
	memset(text, '/', sizeof(text));
	memcpy(text + SVCB_PATH_MAX, "{?dns}", sizeof("{?dns}"));
	CU_ASSERT_EQUAL(path_of(text, path), -EINVAL);
	CU_ASSERT_EQUAL(path_of(text + 1, path), 0);
	CU_ASSERT_EQUAL(strlen(path), SVCB_PATH_MAX - 1);
}

static const struct unit_case cases[] = {
	{ "an alias has a target and nothing else", an_alias_has_a_target_and_nothing_else },
	{ "the root is a target", the_root_is_a_target },
	{ "a port is read", a_port_is_read },
	{ "unknown keys are passed over", unknown_keys_are_passed_over },
	{ "hints of IPv6 are read", hints_of_ipv6_are_read },
	{ "mandatory keys that are known are understood",
	    mandatory_keys_that_are_known_are_understood },
	{ "a protocol may have any characters", a_protocol_may_have_any_characters },
	{ "what breaks the format is refused", what_breaks_the_format_is_refused },
	{ "a mandatory key that is unknown is told", a_mandatory_key_that_is_unknown_is_told },
	{ "a template becomes a path", a_template_becomes_a_path },
	{ "a template of anything else is refused", a_template_of_anything_else_is_refused },
};

UNIT_MAIN("wire/svcb", cases)
