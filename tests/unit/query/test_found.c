#include "stubd/query/found.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct addr
addr(const char *text)
{
	struct addr out = { .family = 0 };

	CU_ASSERT_EQUAL(addr_from_text(&out, text, 443), 0);
	return out;
}

static void
what_was_found_is_read_back_without_ports(void)
{
	const struct addr addrs[] = { addr("192.0.2.1"), addr("[2001:db8::1]:853") };
	struct found a = { .n = 0 }, b = { .n = 0 };
	char *text;

	found_put(found_make(&a, "dns.example", 0), addrs, 2, 1790000000);
	CU_ASSERT_PTR_NOT_NULL(found_make(&a, "other.example", 1790000001));
	text = found_write(&a);
	CU_ASSERT_STRING_EQUAL(text, "addresses 1\n"
				     "dns.example 1790000000 192.0.2.1 2001:db8::1\n"
				     "other.example 1790000001\n");
	CU_ASSERT_EQUAL(found_read(&b, text, strlen(text)), 0);
	CU_ASSERT_EQUAL_FATAL(b.n, 2);
	CU_ASSERT_EQUAL(b.hosts[0]->n, 2);
	CU_ASSERT_EQUAL(b.hosts[0]->addrs[1].port, 0);
	CU_ASSERT_EQUAL(b.hosts[1]->when, 1790000001);
	CU_ASSERT_PTR_EQUAL(found_get(&b, "DNS.example"), b.hosts[0]);
	CU_ASSERT_PTR_NULL(found_get(&b, "example"));
	free(text);
	found_clear(&a);
	found_clear(&b);
}

static void
a_text_with_one_fault_counts_for_nothing(void)
{
	static const char *const wrong[] = { "", "addresses 1", "addresses 2\n", "addresses 1\nx",
		"addresses 1\na.example 1\nb.example", "addresses 1\n\n",
		"addresses 1\na.example\n", "addresses 1\na.example -1\n",
		"addresses 1\na.example 1x\n", "addresses 1\na.example 1234567890123456\n",
		"addresses 1\n 1\n", "addresses 1\na.example 1 \n",
		"addresses 1\na.example 1 192.0.2.1:443\n", "addresses 1\na.example 1 192.0.2\n",
		"addresses 1\na.example 1 fe80::1%lo\n", "addresses 1\na.example 1 127.0.0.1\n",
		"addresses 1\na.example 1 10.0.0.1\n", "addresses 1\na.example 1 255.255.255.255\n",
		"addresses 1\na.example 1 ff02::1\n", "addresses 1\na.example 1\nA.example 2\n",
		"addresses 1\na\x01.example 1\n",
		"addresses 1\na.example 1 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5\n" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct found found = { .n = 0 };

		CU_ASSERT_EQUAL(found_read(&found, wrong[i], strlen(wrong[i])), -EBADMSG);
		CU_ASSERT_EQUAL(found.n, 0);
	}
}

static void
the_host_looked_up_longest_ago_makes_room(void)
{
	struct found found = { .n = 0 };
	char host[32], *text;

	for (int i = 0; i < FOUND_HOSTS; i++) {
		snprintf(host, sizeof(host), "h%d.example", i);
		CU_ASSERT_PTR_NOT_NULL(found_make(&found, host, i == 7 ? 5 : 100 + i));
	}
	CU_ASSERT_PTR_NOT_NULL(found_make(&found, "new.example", 1000));
	CU_ASSERT_EQUAL(found.n, FOUND_HOSTS);
	CU_ASSERT_PTR_NULL(found_get(&found, "h7.example"));
	CU_ASSERT_PTR_NOT_NULL(found_get(&found, "h0.example"));
	text = found_write(&found);
	found_clear(&found);
	CU_ASSERT_EQUAL(found_read(&found, text, strlen(text)), 0);
	CU_ASSERT_EQUAL(found.n, FOUND_HOSTS);
	free(text);
	found_clear(&found);
}

static void
the_largest_text_is_within_its_limit(void)
{
	struct found found = { .n = 0 };
	struct addr addrs[FOUND_EACH];
	char host[FOUND_HOST_MAX], *text;

	for (size_t i = 0; i < FOUND_EACH; i++)
		addrs[i] = addr("2001:db8:1111:2222:3333:4444:5555:6666");
	for (int i = 0; i < FOUND_HOSTS; i++) {
		memset(host, 'a', sizeof(host));
		host[FOUND_HOST_MAX - 1] = '\0';
		host[0] = (char)('0' + i);
		found_put(found_make(&found, host, 0), addrs, FOUND_EACH, 999999999999999);
	}
	text = found_write(&found);
	CU_ASSERT(strlen(text) < FOUND_TEXT_MAX);
	free(text);
	found_clear(&found);
}

static void
only_addresses_of_one_public_host_are_kept(void)
{
	static const char *const no[] = { "0.0.0.0", "127.0.0.1", "10.1.2.3", "192.168.1.1",
		"100.64.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
		"fd00::1", "ff02::1", "::ffff:10.0.0.1" };
	struct addr all[FOUND_EACH + 1];
	struct found found = { .n = 0 };
	struct found_host *h = found_make(&found, "dns.example", 1);

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		const struct addr a = addr(no[i]);

		CU_ASSERT_FALSE(found_is_public(&a));
		found_put(h, &a, 1, 2);
		CU_ASSERT_EQUAL(h->n, 0);
	}
	for (size_t i = 0; i < FOUND_EACH + 1; i++)
		all[i] = addr("192.0.2.1");
	found_put(h, all, FOUND_EACH + 1, 3);
	CU_ASSERT_EQUAL(h->n, FOUND_EACH);
	CU_ASSERT_EQUAL(h->when, 3);
	found_clear(&found);
}

static const struct unit_case cases[] = {
	{ "what was found is read back, without ports", what_was_found_is_read_back_without_ports },
	{ "a text with one fault counts for nothing", a_text_with_one_fault_counts_for_nothing },
	{ "the host looked up longest ago makes room", the_host_looked_up_longest_ago_makes_room },
	{ "the largest text is within its limit", the_largest_text_is_within_its_limit },
	{ "only addresses of one public host are kept",
	    only_addresses_of_one_public_host_are_kept },
};

UNIT_MAIN("query/found", cases)
