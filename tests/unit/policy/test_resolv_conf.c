#include "policy/resolv_conf.h"
#include "tests/unit/unit.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static struct resolv_conf conf;

static void
parse(const char *text)
{
	resolv_conf_parse(text, strlen(text), &conf);
}

static void
has(size_t i, const char *wanted)
{
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_FATAL(i < conf.nservers);
	CU_ASSERT_STRING_EQUAL(addr_to_text(&conf.servers[i], text), wanted);
}

static void
nameserver_lines_count_in_their_order(void)
{
	parse("# made by somebody\n"
	      "search home.test\n"
	      "nameserver 192.0.2.53\n"
	      "options edns0\n"
	      "nameserver\t2001:db8:2::53   # comment\r\n"
	      "nameserver 192.0.2.54");
	CU_ASSERT_EQUAL(conf.nservers, 3);
	CU_ASSERT_EQUAL(conf.malformed, 0);
	has(0, "192.0.2.53:53");
	has(1, "[2001:db8:2::53]:53");
	has(2, "192.0.2.54:53");
}

static void
a_comment_names_nobody(void)
{
	parse("#nameserver 192.0.2.53\n;nameserver 192.0.2.54\nnameservers 192.0.2.55\n"
	      "name server 192.0.2.56\nNAMESERVER 192.0.2.57\n");
	CU_ASSERT_EQUAL(conf.nservers, 0);
	CU_ASSERT_EQUAL(conf.malformed, 0);
}

static void
this_machine_is_left_out_without_a_word(void)
{
	parse("nameserver 127.0.0.53\nnameserver 127.8.9.1\nnameserver ::1\nnameserver 0.0.0.0\n"
	      "nameserver ::\nnameserver 192.0.2.53\n");
	CU_ASSERT_EQUAL(conf.nservers, 1);
	CU_ASSERT_EQUAL(conf.malformed, 0);
	has(0, "192.0.2.53:53");
}

static void
what_is_no_address_is_counted_and_its_line_named(void)
{
	parse("search x\n"
	      "nameserver dns.example\n"
	      "nameserver\n"
	      "nameserver 192.0.2.53:5353\n"
	      "nameserver [2001:db8::1]:53\n"
	      "nameserver [2001:db8::1]\n"
	      "nameserver 192.0.2.256\n"
	      "nameserver 224.0.0.251\n"
	      "nameserver ff02::fb\n"
	      "nameserver ::ffff:192.0.2.1\n"
	      "nameserver ::ffff:c000:201\n"
	      "nameserver 192.0.2.53,192.0.2.54\n"
	      "nameserver "
	      "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001\n");
	CU_ASSERT_EQUAL(conf.nservers, 0);
	CU_ASSERT_EQUAL(conf.malformed, 12);
	CU_ASSERT_EQUAL(conf.first_malformed, 2);
}

static void
an_address_counts_once(void)
{
	parse("nameserver 192.0.2.53\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n");
	CU_ASSERT_EQUAL(conf.nservers, 2);
}

static void
a_scope_is_a_link_that_is_there(void)
{
	char text[128], wanted[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "nameserver fe80::1%%lo\nnameserver fe80::2%%nosuchlink0\n");
	parse(text);
	CU_ASSERT_EQUAL(conf.nservers, 1);
	CU_ASSERT_EQUAL(conf.malformed, 1);
	snprintf(wanted, sizeof(wanted), "[fe80::1%%%u]:53", if_nametoindex("lo"));
	has(0, wanted);
}

static void
more_than_there_is_room_for_are_counted(void)
{
	char text[1024] = "";

	for (int i = 1; i <= NETVIEW_SERVERS_MAX + 2; i++)
		sprintf(text + strlen(text), "nameserver 192.0.2.%d\n", i);
	parse(text);
	CU_ASSERT_EQUAL(conf.nservers, NETVIEW_SERVERS_MAX);
	CU_ASSERT_EQUAL(conf.too_many, 2);
}

static void
octets_of_any_kind_are_read_to_the_end(void)
{
	static const char text[] = "\0\0\nnameserver 192.0.2.1\0\nnameserver 192.0.2.53\n";

	resolv_conf_parse(text, sizeof(text) - 1, &conf);
	CU_ASSERT_EQUAL(conf.nservers, 1);
	CU_ASSERT_EQUAL(conf.malformed, 1);
	resolv_conf_parse("", 0, &conf);
	CU_ASSERT_EQUAL(conf.nservers, 0);
}

static const struct unit_case cases[] = {
	{ "nameserver lines count, in their order", nameserver_lines_count_in_their_order },
	{ "a comment, or another word, names nobody", a_comment_names_nobody },
	{ "this machine is left out without a word", this_machine_is_left_out_without_a_word },
	{ "what is no address is counted, and its line named",
	    what_is_no_address_is_counted_and_its_line_named },
	{ "an address counts once", an_address_counts_once },
	{ "a scope is a link that is there", a_scope_is_a_link_that_is_there },
	{ "more than there is room for are counted", more_than_there_is_room_for_are_counted },
	{ "octets of any kind are read to the end", octets_of_any_kind_are_read_to_the_end },
};

UNIT_MAIN("resolv_conf", cases)
