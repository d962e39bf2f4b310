#include "policy/base64.h"
#include "policy/stamp.h"
#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#include <errno.h>

static struct why why;

static struct stamp
parse(const char *text)
{
	struct stamp stamp = { .claims = 0 };

	why.text[0] = '\0';
	CU_ASSERT_EQUAL(stamp_parse(&stamp, text, &why), 0);
	if (why.text[0])
		fprintf(stderr, "%s: %s\n", text, why.text);
	return stamp;
}

static const char *
address_of(const struct stamp *stamp)
{
	static char text[ADDR_TEXT_MAX];

	return stamp->has_address ? addr_to_text(&stamp->address, text) : "none";
}

/* As they go around in public lists and configurations. */
static void
stamps_of_the_world_are_read(void)
{
	struct stamp s =
	    parse("sdns://AgcAAAAAAAAADzIxNy4xNjIuMjA2LjE3OAAUaWJrc3R1cm0uc3lub2xvZ3kubW"
		  "UKL2Rucy1xdWVyeQ");

	CU_ASSERT_EQUAL(s.url.scheme, SCHEME_HTTPS);
	CU_ASSERT_EQUAL(s.claims, SPEC_DNSSEC | SPEC_NO_LOGS | SPEC_NO_FILTER);
	CU_ASSERT_STRING_EQUAL(address_of(&s), "217.162.206.178:443");
	CU_ASSERT_STRING_EQUAL(s.url.host, "ibksturm.synology.me");
	CU_ASSERT_STRING_EQUAL(s.url.path, "/dns-query");
	CU_ASSERT_EQUAL(s.nhashes, 0);

	/* two hashes */
	s = parse(
	    "sdns://AgcAAAAAAAAABzEuMC4wLjGgENk8mGSlIfMGXMOlIlCcKvq7AVgcrZxtjon911-ep0cg63Ul-I8NlF"
	    "j4GplQGb_TTLiczclX57DvMV8Q-JdjgRgSZG5zLmNsb3VkZmxhcmUuY29tCi9kbnMtcXVlcnk");
	CU_ASSERT_STRING_EQUAL(address_of(&s), "1.0.0.1:443");
	CU_ASSERT_STRING_EQUAL(s.url.host, "dns.cloudflare.com");
	CU_ASSERT_EQUAL(s.nhashes, 2);
	CU_ASSERT_EQUAL(s.hashes[0][0], 0x10);
	CU_ASSERT_EQUAL(s.hashes[1][0], 0xeb);

	/* the host is an address, and the path is empty */
	s = parse("sdns://AgcAAAAAAAAAAAAHOS45LjkuOQA");
	CU_ASSERT_TRUE(s.url.literal);
	CU_ASSERT_STRING_EQUAL(address_of(&s), "9.9.9.9:443");
	CU_ASSERT_STRING_EQUAL(s.url.host, "");

	/* no address */
	s = parse(
	    "sdns://AgcAAAAAAAAAACA-GhoPbFPz6XpJLVcIS1uYBwWe4FerFQWHb9g_2j24OBRpYmtzdHVybS5zeW5vbG9"
	    "neS5tZQovZG5zLXF1ZXJ5");
	CU_ASSERT_STRING_EQUAL(address_of(&s), "none");
	CU_ASSERT_EQUAL(s.nhashes, 1);

	s = parse("sdns://AAcAAAAAAAAABzguOC44Ljg");
	CU_ASSERT_EQUAL(s.url.scheme, SCHEME_DNS);
	CU_ASSERT_STRING_EQUAL(address_of(&s), "8.8.8.8:53");
}

static void
ports_and_addresses_are_read(void)
{
	static const struct {
		const char *stamp, *address, *host;
		uint8_t claims;
		size_t nhashes;
	} rows[] = {
		{ "sdns://AwEAAAAAAAAACTE5Mi4wLjIuMQALZG5zLmV4YW1wbGU", "192.0.2.1:853",
		    "dns.example", 1, 0 },
		/* the host's port wins over the address's */
		{ "sdns://"
		  "AwYAAAAAAAAAElsyMDAxOmRiODo6MV06OTk5OaAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
		  "HyAgISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-PxBkbnMuZXhhbXBsZTo4ODUz",
		    "[2001:db8::1]:8853", "dns.example", 6, 2 },
		{ "sdns://AwAAAAAAAAAADjE5Mi4wLjIuMTo4ODUzAAtkbnMuZXhhbXBsZQ", "192.0.2.1:8853",
		    "dns.example", 0, 0 },
		{ "sdns://AwAAAAAAAAAABTo4ODUzAAtkbnMuZXhhbXBsZQ", "none", "dns.example", 0, 0 },
		{ "sdns://"
		  "AwAAAAAAAAAADjE5Mi4wLjIuMTo4ODUzIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAA",
		    "192.0.2.1:8853", "", 0, 1 },
		/* with resolvers to find the host with */
		{ "sdns://"
		  "AgcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHxBkb2guZXhh"
		  "bXBsZTo4NDQzAi9xijE5Mi4wLjIuNTMOWzIwMDE6ZGI4Ojo1M10",
		    "192.0.2.1:8443", "doh.example", 7, 1 },
		{ "sdns://AgAAAAAAAAAAAAARWzIwMDE6ZGI4Ojo5XTo0NDQCL3E", "[2001:db8::9]:444", "", 0,
		    0 },
		{ "sdns://AAAAAAAAAAAADVsyMDAxOmRiODo6MV0", "[2001:db8::1]:53", "", 0, 0 },
		{ "sdns://AAAAAAAAAAAADjE5Mi4wLjIuMTo1MzUz", "192.0.2.1:5353", "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct stamp s = parse(rows[i].stamp);

		CU_ASSERT_STRING_EQUAL(address_of(&s), rows[i].address);
		CU_ASSERT_STRING_EQUAL(s.url.host, rows[i].host);
		CU_ASSERT_EQUAL(s.claims, rows[i].claims);
		CU_ASSERT_EQUAL(s.nhashes, rows[i].nhashes);
	}
	CU_ASSERT_EQUAL(parse("sdns://AwAAAAAAAAAABTo4ODUzAAtkbnMuZXhhbXBsZQ").url.port, 8853);
}

static void
what_is_wrong_is_said(void)
{
	static const struct {
		const char *stamp, *what;
		int error;
	} rows[] = {
		{ "https://dns.example/", "is no stamp; write one that begins with", -EINVAL },
		{ "sdns://", "cut off", -EINVAL },
		{ "sdns://AgcAAAAAAAAA", "cut off", -EINVAL },
		{ "sdns://A", "not base64url", -EINVAL },
		{ "sdns://AgcAAAAAAAAA+w", "not base64url", -EINVAL },
		{ "sdns://AgcAAAAAAAAAAAAHOS45LjkuOQB", "not base64url", -EINVAL },
		{ "sdns://"
		  "AgcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwtkb2guZXhh"
		  "bXBsZQ",
		    "cut off", -EINVAL },
		{ "sdns://AAAAAAAAAAAACTE5Mi4wLjIuMXg", "behind its end", -EINVAL },
		{ "sdns://AwAAAAAAAAAACTE5Mi4wLjIuMQVzaG9ydAtkbnMuZXhhbXBsZQ", "no SHA-256",
		    -EINVAL },
		{ "sdns://"
		  "AwAAAAAAAAAACTE5Mi4wLjIuMaAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6AAAQIDBAUG"
		  "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6AAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6AA"
		  "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6AAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRob"
		  "HB0eH6AAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH6AAAQIDBAUGBwgJCgsMDQ4PEBESExQV"
		  "FhcYGRobHB0eH6AAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAAAQIDBAUGBwgJCgsMDQ4P"
		  "EBESExQVFhcYGRobHB0eHwtkbnMuZXhhbXBsZQ",
		    "more than 8 hashes", -EINVAL },
		{ "sdns://AwAAAAAAAAAACTE5Mi4wLjIuMQALZG5zL2V4YW1wbGU", "has a path", -EINVAL },
		{ "sdns://AwAAAAAAAAAACzE5Mi4wLjIuMzAwAAtkbnMuZXhhbXBsZQ",
		    "\"192.0.2.300\" is not an address", -EINVAL },
		{ "sdns://AgAAAAAAAAAACTE5Mi4wLjIuMQAAAi9x", "without a host", -EINVAL },
		{ "sdns://AgAAAAAAAAAACTE5Mi4wLjIuMQALZG9oLmV4YW1wbGUBcQ", "no '/'", -EINVAL },
		{ "sdns://AgAAAAAAAAAACTE5Mi4wLjIuMQALZG9oLmV4YW1wbGUDL3EK",
		    "a character that no host or path has", -EINVAL },
		{ "sdns://AAAAAAAAAAAAC2Rucy5leGFtcGxl", "is not an address", -EINVAL },
		{ "sdns://AgAAAAAAAAAACTE5Mi4wLjIuMQAObWVAZG9oLmV4YW1wbGUCL3E", "has a user",
		    -EINVAL },
		{ "sdns://AAAAAAAAAAAACTIyNC4wLjAuMQ", "multicast", -EINVAL },
		{ "sdns://"
		  "AQcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHxcyLmRuc2Ny"
		  "eXB0LWNlcnQuZXhhbXBsZQ",
		    "a stamp of DNSCrypt;", -EPROTONOSUPPORT },
		{ "sdns://BAcAAAAAAAAACTE5Mi4wLjIuMQALZG5zLmV4YW1wbGU", "a stamp of DNS over QUIC;",
		    -EPROTONOSUPPORT },
		{ "sdns://BQcAAAAAAAAADG9kb2guZXhhbXBsZQ", "a stamp of oblivious DoH;",
		    -EPROTONOSUPPORT },
		{ "sdns://gQAAAAAAAAAACTE5Mi4wLjIuMQ", "a stamp of a DNSCrypt relay;",
		    -EPROTONOSUPPORT },
		{ "sdns://QgAAAAAAAAAACTE5Mi4wLjIuMQ", "not known", -EPROTONOSUPPORT },
	};
	const struct stamp untouched = { .nhashes = 77 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stamp s = untouched;

		why.text[0] = '\0';
		CU_ASSERT_EQUAL(stamp_parse(&s, rows[i].stamp, &why), rows[i].error);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, rows[i].what));
		if (!strstr(why.text, rows[i].what))
			fprintf(stderr, "wanted \"%s\", got \"%s\"\n", rows[i].what, why.text);
		CU_ASSERT_EQUAL(s.nhashes, 77);
	}
}

/* What an upstream of one stamp writes is the same stamp. */
static void
a_stamp_comes_out_as_it_went_in(void)
{
	static const char *const stamps[] = {
		"sdns://"
		"AgcAAAAAAAAADzIxNy4xNjIuMjA2LjE3OAAUaWJrc3R1cm0uc3lub2xvZ3kubWUKL2Rucy1xdWVyeQ",
		"sdns://AAcAAAAAAAAABzguOC44Ljg",
		"sdns://AwEAAAAAAAAACTE5Mi4wLjIuMQALZG5zLmV4YW1wbGU",
		"sdns://AAAAAAAAAAAADVsyMDAxOmRiODo6MV0",
		"sdns://AAAAAAAAAAAADjE5Mi4wLjIuMTo1MzUz",
		"sdns://"
		"AwYAAAAAAAAAElsyMDAxOmRiODo6MV06ODg1M6AAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHy"
		"AgISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-PxBkbnMuZXhhbXBsZTo4ODUz",
		"sdns://"
		"AgcAAAAAAAAADjE5Mi4wLjIuMTo4NDQzIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fEGRvaC"
		"5leGFtcGxlOjg0NDMCL3E",
	};

	for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
		char json[512], text[STAMP_TEXT_MAX];
		struct policy *p;

		snprintf(json, sizeof(json),
		    "{ \"privacy\": \"opportunistic\", \"providers\": { \"catalogue\": null, "
		    "\"custom\": [ { \"name\": \"x\", \"stamp\": \"%s\" } ] } }",
		    stamps[i]);
		p = load(json);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(stamp_write(p->upstreams[0], 0, text), 0);
		CU_ASSERT_STRING_EQUAL(text, stamps[i]);
		policy_free(p);
	}
}

#define CUSTOM(members)                                                                     \
	"{ \"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"x\", " members \
	" } ] } }"

static void
a_custom_provider_may_be_a_stamp(void)
{
	static const char json[] =
	    CUSTOM("\"stamp\": "
		   "\"sdns://"
		   "AgcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHxBkb2guZXh"
		   "hbXBsZTo4NDQzAi9xijE5Mi4wLjIuNTMOWzIwMDE6ZGI4Ojo1M10\"");
	static const char elsewhere[] =
	    CUSTOM("\"stamp\": "
		   "\"sdns://"
		   "AgcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHxBkb2guZXh"
		   "hbXBsZTo4NDQzAi9xijE5Mi4wLjIuNTMOWzIwMDE6ZGI4Ojo1M10\", \"addresses\": [ "
		   "\"192.0.2.7\", \"[2001:db8::7]:1\" ]");
	struct policy *p = load(json);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->upstreams[0]->scheme, SCHEME_HTTPS);
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->host, "doh.example");
	CU_ASSERT_STRING_EQUAL(p->upstreams[0]->path, "/q");
	CU_ASSERT_EQUAL(p->upstreams[0]->naddresses, 1);
	CU_ASSERT_EQUAL(p->upstreams[0]->nhashes, 1);
	CU_ASSERT_EQUAL(p->upstreams[0]->hashes[0][31], 31);
	policy_free(p);
	p = load(elsewhere);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->upstreams[0]->naddresses, 2);
	CU_ASSERT_EQUAL(p->upstreams[0]->addresses[0].port, 8443);
	policy_free(p);
}

static void
a_custom_stamp_that_cannot_be_used_is_named_with_its_place(void)
{
	CU_ASSERT(refused(CUSTOM("\"stamp\": \"sdns://AgcAAAAAAAAA\""), 1,
	    "test.json:1: /providers/custom/0/stamp: is a stamp that is cut off"));
	CU_ASSERT(refused(CUSTOM("\"stamp\": \"sdns://AwAAAAAAAAAABTo4ODUzAAtkbnMuZXhhbXBsZQ\""), 1,
	    "/providers/custom/0: has no \"addresses\", and nothing is resolved for it"));
	CU_ASSERT(refused(CUSTOM("\"stamp\": \"sdns://AAAAAAAAAAAADVsyMDAxOmRiODo6MV0\""), 1,
	    "/providers/custom/0/stamp: is plain DNS, which privacy \"encrypted\" does not allow"));
	CU_ASSERT(
	    refused(CUSTOM("\"stamp\": \"sdns://AwEAAAAAAAAACTE5Mi4wLjIuMQALZG5zLmV4YW1wbGU\", "
			   "\"url\": \"tls://192.0.2.1\""),
		1, "/providers/custom/0: has a \"url\" and a \"stamp\"; write one of them"));
	CU_ASSERT(refused(CUSTOM("\"pins\": []"), 1,
	    "/providers/custom/0: has no \"url\"; write one, or a \"stamp\""));
}

static void
base64_has_one_text_for_each_value(void)
{
	uint8_t out[8];
	char text[BASE64_TEXT(4)];

	for (size_t n = 0; n <= 4; n++) {
		const uint8_t bytes[4] = { 0xfb, 0xff, 0xfe, 1 };

		for (int kind = BASE64_STANDARD; kind <= BASE64_URL; kind++) {
			base64_encode((enum base64_kind)kind, bytes, n, text);
			CU_ASSERT_EQUAL(
			    base64_decode((enum base64_kind)kind, text, strlen(text), out, n),
			    (ssize_t)n);
			CU_ASSERT_EQUAL(memcmp(out, bytes, n), 0);
		}
	}
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, "AAA=", 4, out, 8), 2);
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, "AAB=", 4, out, 8), -EINVAL);
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, "AAA", 3, out, 8), -EINVAL);
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, "A===", 4, out, 8), -EINVAL);
	CU_ASSERT_EQUAL(base64_decode(BASE64_URL, "AAA=", 4, out, 8), -EINVAL);
	CU_ASSERT_EQUAL(base64_decode(BASE64_URL, "AA/A", 4, out, 8), -EINVAL);
	CU_ASSERT_EQUAL(base64_decode(BASE64_URL, "AAAA", 4, out, 2), -EINVAL);
}

static const struct unit_case cases[] = {
	{ "stamps of the world are read", stamps_of_the_world_are_read },
	{ "ports and addresses are read", ports_and_addresses_are_read },
	{ "what is wrong is said", what_is_wrong_is_said },
	{ "a stamp comes out as it went in", a_stamp_comes_out_as_it_went_in },
	{ "a custom provider may be a stamp", a_custom_provider_may_be_a_stamp },
	{ "a custom stamp that cannot be used is named with its place",
	    a_custom_stamp_that_cannot_be_used_is_named_with_its_place },
	{ "base64 has one text for each value", base64_has_one_text_for_each_value },
};

UNIT_MAIN("stamp", cases)
