#include "stubd/watch/pref64.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

enum { LINK = 3, ROUTER_ADVERT = 134, ROUTER_SOLICIT = 133, MESSAGE_MAX = 256 };

/* What the watch told of, as text: "LINK PREFIX/BITS LIFETIME". */
struct heard {
	unsigned calls;
	char last[128];
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t n;
};

static void
hear(void *arg, const struct pref64 *news)
{
	struct heard *heard = arg;
	char ip[INET6_ADDRSTRLEN];

	heard->calls++;
	CU_ASSERT_EQUAL(news->prefix.family, AF_INET6);
	snprintf(heard->last, sizeof(heard->last), "%u %s/%u %u", news->link,
	    inet_ntop(AF_INET6, news->prefix.ip, ip, sizeof(ip)), news->prefix.bits,
	    news->lifetime);
}

/* Adds one message with these options to m. */
static void
add(struct message *m, uint16_t type, uint8_t icmp, const void *options, size_t n)
{
	struct nduseroptmsg body = { .nduseropt_family = AF_INET6,
		.nduseropt_opts_len = (unsigned short)n,
		.nduseropt_ifindex = LINK,
		.nduseropt_icmp_type = icmp };
	struct nlmsghdr head = { .nlmsg_type = type,
		.nlmsg_len = (uint32_t)(sizeof(head) + sizeof(body) + n) };

	memcpy(m->bytes + m->n, &head, sizeof(head));
	memcpy(m->bytes + m->n + sizeof(head), &body, sizeof(body));
	memcpy(m->bytes + m->n + sizeof(head) + sizeof(body), options, n);
	m->n += NLMSG_ALIGN(head.nlmsg_len);
}

/* One PREF64 option. */
static void
option(uint8_t out[16], uint8_t code, uint16_t lifetime, const char *prefix)
{
	uint8_t ip[16];

	CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, prefix, ip), 1);
	out[0] = 38;
	out[1] = 2;
	out[2] = (uint8_t)(lifetime >> 8);
	out[3] = (uint8_t)((lifetime & 0xf8) | code);
	memcpy(out + 4, ip, 12);
}

static struct heard
read_all(const struct message *m)
{
	struct heard heard = { 0 };

	pref64_read(m->bytes, m->n, hear, &heard);
	return heard;
}

static struct heard
read_option(const void *bytes, size_t n)
{
	struct message m = { .n = 0 };

	add(&m, RTM_NEWNDUSEROPT, ROUTER_ADVERT, bytes, n);
	return read_all(&m);
}

/* As a kernel sent it, for an advertisement of 64:ff9b::/96 for 600 s. */
static void
what_a_kernel_sends_is_read(void)
{
	static const uint8_t seen[] = { 0x44, 0, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a,
		0, 0x10, 0, 0x03, 0, 0, 0, 0x86, 0, 0, 0, 0, 0, 0, 0, 0x26, 0x02, 0x02, 0x58, 0,
		0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0x01, 0, 0xfe, 0x80, 0, 0, 0, 0,
		0, 0, 0x48, 0x38, 0x07, 0xff, 0xfe, 0x5c, 0xe3, 0x4d };
	struct heard heard = { 0 };

	pref64_read(seen, sizeof(seen), hear, &heard);
	CU_ASSERT_EQUAL(heard.calls, 1);
	CU_ASSERT_STRING_EQUAL(heard.last, "3 64:ff9b::/96 600");
}

static void
each_length_has_its_code(void)
{
	static const char *const wanted[] = { "3 2001:db8:1:2:3:4::/96 65528",
		"3 2001:db8:1:2::/64 65528", "3 2001:db8:1::/56 65528", "3 2001:db8:1::/48 65528",
		"3 2001:db8::/40 65528", "3 2001:db8::/32 65528" };
	uint8_t bytes[16];
	struct heard heard;

	for (uint8_t code = 0; code < 8; code++) {
		option(bytes, code, 65528, "2001:db8:1:2:3:4::");
		heard = read_option(bytes, sizeof(bytes));
		CU_ASSERT_EQUAL(heard.calls, code < 6);
		if (code < 6)
			CU_ASSERT_STRING_EQUAL(heard.last, wanted[code]);
	}
}

static void
no_lifetime_ends_it(void)
{
	uint8_t bytes[16];

	option(bytes, 0, 0, "64:ff9b::");
	CU_ASSERT_STRING_EQUAL(read_option(bytes, sizeof(bytes)).last, "3 64:ff9b::/96 0");
}

static void
several_are_read_one_after_another(void)
{
	struct message m = { .n = 0 };
	uint8_t bytes[40] = { 25, 1 }; /* another option first */
	struct heard heard;

	option(bytes + 8, 0, 8, "64:ff9b::");
	option(bytes + 24, 1, 16, "2001:db8::");
	add(&m, RTM_NEWNDUSEROPT, ROUTER_ADVERT, bytes, 8);
	add(&m, RTM_NEWNDUSEROPT, ROUTER_ADVERT, bytes, sizeof(bytes));
	heard = read_all(&m);
	CU_ASSERT_EQUAL(heard.calls, 2);
	CU_ASSERT_STRING_EQUAL(heard.last, "3 2001:db8::/64 16");
}

static void
what_is_no_announcement_is_left_out(void)
{
	struct message m = { .n = 0 };
	uint8_t bytes[24] = { 0 };

	option(bytes, 0, 600, "64:ff9b::");
	add(&m, RTM_NEWLINK, ROUTER_ADVERT, bytes, 16);
	add(&m, RTM_NEWNDUSEROPT, ROUTER_SOLICIT, bytes, 16);
	CU_ASSERT_EQUAL(read_all(&m).calls, 0);
	bytes[0] = 37;
	CU_ASSERT_EQUAL(read_option(bytes, 16).calls, 0);
	bytes[0] = 38;
	bytes[1] = 1;
	CU_ASSERT_EQUAL(read_option(bytes, 16).calls, 0);
	bytes[1] = 3;
	CU_ASSERT_EQUAL(read_option(bytes, 24).calls, 0);
	CU_ASSERT_EQUAL(read_option(bytes, 16).calls, 0);
	bytes[1] = 0;
	CU_ASSERT_EQUAL(read_option(bytes, 16).calls, 0);
}

static void
prefixes_that_cannot_be_are_left_out(void)
{
	static const char *const bad[] = { "::ffff:0:0",
		"::", "fe80::", "ff02::", "2001:db8:0:0:100::" };
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		option(bytes, 0, 600, bad[i]);
		CU_ASSERT_EQUAL(read_option(bytes, sizeof(bytes)).calls, 0);
	}
}

static void
cut_off_anywhere_nothing_is_read(void)
{
	struct message m = { .n = 0 };
	struct heard heard = { 0 };
	uint8_t bytes[16];

	option(bytes, 0, 600, "64:ff9b::");
	add(&m, RTM_NEWNDUSEROPT, ROUTER_ADVERT, bytes, sizeof(bytes));
	for (size_t n = 0; n < m.n; n++)
		pref64_read(m.bytes, n, hear, &heard);
	CU_ASSERT_EQUAL(heard.calls, 0);
}

static const struct unit_case cases[] = {
	{ "what a kernel sends is read", what_a_kernel_sends_is_read },
	{ "each length has its code", each_length_has_its_code },
	{ "no lifetime ends it", no_lifetime_ends_it },
	{ "several are read, one after another", several_are_read_one_after_another },
	{ "what is no announcement is left out", what_is_no_announcement_is_left_out },
	{ "prefixes that cannot be are left out", prefixes_that_cannot_be_are_left_out },
	{ "cut off anywhere, nothing is read", cut_off_anywhere_nothing_is_read },
};

UNIT_MAIN("watch/pref64", cases)
