#include "stubd/engine/recurse.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/engine/authorities.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WATCHDOG = 20000, WIRE_MAX = 8192, ID = 4711 };

static struct fixture {
	struct authorities authorities;
	struct loop *loop;
	struct recurse *recurse;
	struct timer watchdog;
	bool running; /* the loop */
	int64_t time; /* of signatures */
	char *dead_ends;
} fix;

/* What came of the one question that is asked at a time. */
static struct probe {
	unsigned calls;
	struct engine_result result; /* its pointers lead into the probe */
	uint8_t wire[WIRE_MAX];
	char why[ENGINE_WHY_MAX];
	msec at;
} probe;

static void
on_result(void *arg, uint64_t id, const struct engine_result *result)
{
	CU_ASSERT_PTR_EQUAL(arg, &fix);
	CU_ASSERT_EQUAL(id, ID);
	probe.calls++;
	probe.result = *result;
	probe.at = clock_monotonic_us() / 1000;
	snprintf(probe.why, sizeof(probe.why), "%s", result->why);
	CU_ASSERT_TRUE_FATAL(result->len <= WIRE_MAX);
	if (result->wire)
		memcpy(probe.wire, result->wire, result->len);
	if (fix.running)
		loop_stop(fix.loop);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	CU_FAIL("no result came");
	loop_stop(fix.loop);
}

static int
make(char *hints, char *anchors, char *outgoing, char why[ENGINE_WHY_MAX])
{
	struct engine_config config = { .root_hints = hints,
		.trust_anchors = anchors,
		.outgoing_interface = outgoing,
		.time = fix.time,
		.exceptions = { .dead_ends = fix.dead_ends } };

	return recurse_new(fix.loop, &config, on_result, &fix, &fix.recurse, why);
}

static void
begin_with(char *hints)
{
	char why[ENGINE_WHY_MAX] = "";

	fix.loop = loop_new();
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	if (make(hints, fix.authorities.anchors, NULL, why))
		CU_FAIL_FATAL("no context");
	CU_ASSERT_STRING_EQUAL(why, "");
}

static void
begin(void)
{
	begin_with(fix.authorities.hints);
}

static void
end(void)
{
	fix.recurse = recurse_free(fix.recurse);
	fix.loop = loop_free(fix.loop);
}

static int
start(const char *text, uint16_t type)
{
	struct engine_request request = { .id = ID,
		.question = { .type = type, .class = CLASS_IN } };

	CU_ASSERT_EQUAL_FATAL(name_from_text(&request.question.name, text), 0);
	memset(&probe, 0, sizeof(probe));
	return recurse_ask(fix.recurse, &request);
}

static void
ask(const char *text, uint16_t type)
{
	CU_ASSERT_EQUAL(start(text, type), 0);
	timer_start(&fix.watchdog, WATCHDOG);
	fix.running = !probe.calls;
	if (fix.running)
		loop_run(fix.loop);
	fix.running = false;
	timer_stop(&fix.watchdog);
	CU_ASSERT_EQUAL(probe.calls, 1);
	CU_ASSERT_EQUAL(probe.result.error, 0);
	CU_ASSERT_EQUAL(recurse_count(fix.recurse), 0);
}

/* True if type occurs as a record type before the class IN: enough for a message of ours. */
static bool
has_type(uint16_t type)
{
	const uint8_t want[4] = { (uint8_t)(type >> 8), (uint8_t)type, 0, CLASS_IN };

	return memmem(probe.wire, probe.result.len, want, sizeof(want)) != NULL;
}

static void
signed_name_is_secure(void)
{
	static const uint8_t address[4] = { 192, 0, 2, 1 };

	begin();
	ask("www.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 0);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	CU_ASSERT_STRING_EQUAL(probe.why, "");
	CU_ASSERT_EQUAL(probe.wire[0] | probe.wire[1], 0);
	CU_ASSERT_TRUE(has_type(TYPE_RRSIG));
	CU_ASSERT_PTR_NOT_NULL(memmem(probe.wire, probe.result.len, address, sizeof(address)));
	ask("deep.down.wild.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	end();
}

static void
signatures_are_checked_at_the_time_that_is_set(void)
{
	fix.time = 1000000000; /* 2001 */
	begin();
	ask("www.example.test.", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_BOGUS);
	CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, "before inception"));
	end();
	fix.time = (int64_t)time(NULL) + 10LL * 365 * 86400;
	begin();
	ask("www.example.test.", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_BOGUS);
	CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, "expired"));
	end();
	fix.time = (int64_t)time(NULL);
	begin();
	ask("www.example.test.", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	end();
	fix.time = 0;
}

static void
unsigned_zone_is_insecure(void)
{

	begin();
	ask("www.insecure.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 0);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_INSECURE);
	CU_ASSERT_TRUE(probe.result.len > 12);
	ask("alias.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 0);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_INSECURE);
	end();
}

static void
bogus_data_never_comes_out(void)
{

	begin();
	for (int i = 0; i < 2; i++) {
		ask("www.bogus.test", TYPE_A);
		CU_ASSERT_EQUAL(probe.result.rcode, 2);
		CU_ASSERT_EQUAL(probe.result.security, SECURITY_BOGUS);
		CU_ASSERT_EQUAL(probe.result.len, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, "bogus.test"));
	}
	end();
}

static void
nxdomain_is_proven(void)
{

	begin();
	ask("nx.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 3);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	CU_ASSERT_TRUE(has_type(TYPE_NSEC));
	ask("www.example.test", TYPE_MX);
	CU_ASSERT_EQUAL(probe.result.rcode, 0);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	end();
}

static void
large_answer_comes_whole(void)
{

	begin();
	ask("big.example.test", TYPE_TXT);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	CU_ASSERT_TRUE(probe.result.len > 40 * 150);
	CU_ASSERT_EQUAL(probe.wire[2] & 2, 0);
	end();
}

static void
libunbound_answers_no_name_by_itself(void)
{
	static const char *const names[] = { "localhost", "1.0.0.127.in-addr.arpa",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
		"home.arpa", "x.onion", "x.invalid", "1.0.0.10.in-addr.arpa",
		"1.2.0.192.in-addr.arpa", "1.0.168.192.in-addr.arpa" };

	begin();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ask(names[i], TYPE_A);
		CU_ASSERT_EQUAL(probe.result.rcode, 3);
		/* Its own answers are never signed, our root's are. */
		CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	}
	end();
}

static void
servers_without_route_do_not_stall(void)
{
	msec from = clock_monotonic_us() / 1000;

	/* The root's hints lead nine times of ten to where no route goes, the zone's servers six
	 * times of seven: by luck alone this would not work twenty times. */
	for (int i = 0; i < 20; i++) {
		begin_with(fix.authorities.dual);
		ask("www.twofold.test", TYPE_A);
		CU_ASSERT_EQUAL(probe.result.rcode, 0);
		end();
	}
	CU_ASSERT_TRUE(probe.at - from < 4000);
}

static void
unusable_files_are_named(void)
{
	char missing[] = "/nonexistent/root.file",
	     shipped[2][40] = { "stubd/engine/data/root.hints", "stubd/engine/data/root.key" };
	char why[ENGINE_WHY_MAX];

	fix.loop = loop_new();
	CU_ASSERT_EQUAL(make(missing, shipped[1], NULL, why), -EIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "root hints /nonexistent/root.file: No such file"));
	CU_ASSERT_EQUAL(make(shipped[0], missing, NULL, why), -EIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "trust anchors /nonexistent/root.file: No such file"));
	CU_ASSERT_PTR_NULL(fix.recurse);
	CU_ASSERT_EQUAL(make(shipped[0], shipped[1], NULL, why), 0);
	CU_ASSERT_PTR_NOT_NULL(fix.recurse);
	end();
}

static void
another_root_is_bogus(void)
{
	char why[ENGINE_WHY_MAX], anchors[] = "stubd/engine/data/root.key";

	fix.loop = loop_new();
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	CU_ASSERT_EQUAL_FATAL(make(fix.authorities.hints, anchors, NULL, why), 0);
	ask("www.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 2);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_BOGUS);
	CU_ASSERT_TRUE(strlen(probe.why) > 0);
	end();
}

static void
on_question(void *arg, int events)
{
	CU_ASSERT_EQUAL(events, LOOP_READ);
	(void)arg;
	loop_stop(fix.loop);
}

static void
outgoing_interface_is_kept_to(void)
{
	char why[ENGINE_WHY_MAX], outgoing[] = "10.77.9.9", octets[512], text[INET_ADDRSTRLEN];
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	struct loop_watch *watch;

	fix.loop = loop_new();
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	timer_start(&fix.watchdog, WATCHDOG);
	CU_ASSERT_EQUAL_FATAL(
	    make(fix.authorities.hints, fix.authorities.anchors, outgoing, why), 0);
	watch = loop_watch_new(fix.loop, fix.authorities.silent, LOOP_READ, on_question, NULL);
	CU_ASSERT_EQUAL(start("www.silent.test", TYPE_A), 0);
	CU_ASSERT_EQUAL(recurse_count(fix.recurse), 1);
	loop_run(fix.loop);
	timer_stop(&fix.watchdog);
	CU_ASSERT_TRUE(recvfrom(fix.authorities.silent, octets, sizeof(octets), 0,
			   (struct sockaddr *)&from, &n) > 12);
	CU_ASSERT_STRING_EQUAL(inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text)), outgoing);
	loop_watch_free(watch);
	end();
}

static void
context_is_outdated_when_ip6_comes_or_goes(void)
{
	begin();
	CU_ASSERT_FALSE(recurse_outdated(fix.recurse));
	if (authorities_ip6(true)) {
		CU_ASSERT_TRUE(recurse_outdated(fix.recurse));
		CU_ASSERT_TRUE(authorities_ip6(false));
	}
	CU_ASSERT_FALSE(recurse_outdated(fix.recurse));
	end();
}

static bool
is_silent_asked(void)
{
	char octet;

	return recv(fix.authorities.silent, &octet, 1, MSG_PEEK) >= 0;
}

/* The zone's server never answers: who asked it would be long about it. */
static void
nobody_is_asked_for_names_of_a_dead_end(void)
{
	static const uint8_t target[] = "\6secret";
	char names[] =
	    "odd\\\"name.test.\nwith\\032space.test.\nsilent.test.\nsilent.test.\nonion.\n";

	fix.dead_ends = names;
	begin();
	ask("inward.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.rcode, 3);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_INSECURE);
	CU_ASSERT_TRUE(has_type(TYPE_CNAME));
	CU_ASSERT_PTR_NOT_NULL(memmem(probe.wire, probe.result.len, target, sizeof(target) - 1));
	ask("secret.old.example.test", TYPE_AAAA);
	CU_ASSERT_EQUAL(probe.result.rcode, 3);
	CU_ASSERT_TRUE(has_type(TYPE_DNAME));
	ask("old.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	ask("www.silent.test", TYPE_A);
	ask("silent.test", TYPE_DNSKEY);
	CU_ASSERT_FALSE(is_silent_asked());
	ask("www.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.result.security, SECURITY_SECURE);
	end();
	fix.dead_ends = NULL;
}

static const struct unit_case cases[] = {
	{ "files that cannot be used are named", unusable_files_are_named },
	{ "a signed name is secure, RRSIGs and ID 0 included", signed_name_is_secure },
	{ "signatures are checked at the time that is set",
	    signatures_are_checked_at_the_time_that_is_set },
	{ "an unsigned zone is insecure, also behind a signed alias", unsigned_zone_is_insecure },
	{ "bogus data never comes out, the reason does", bogus_data_never_comes_out },
	{ "a root that is not the anchors' is bogus", another_root_is_bogus },
	{ "a name that does not exist is proven not to", nxdomain_is_proven },
	{ "a large answer comes whole", large_answer_comes_whole },
	{ "libunbound answers no name by itself", libunbound_answers_no_name_by_itself },
	{ "nobody is asked for names of a dead end", nobody_is_asked_for_names_of_a_dead_end },
	{ "servers without a route do not stall", servers_without_route_do_not_stall },
	{ "an outgoing interface is kept to", outgoing_interface_is_kept_to },
	{ "a context is outdated when IPv6 comes or goes",
	    context_is_outdated_when_ip6_comes_or_goes },
};

int
main(void)
{
	return authorities_main(
	    "recurse", cases, sizeof(cases) / sizeof(*cases), 1, &fix.authorities);
}
