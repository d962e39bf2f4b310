#include "stubd/engine/engine.h"
#include "stubd/engine/helper.h"
#include "stubd/engine/recurse.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/engine/authorities.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT = 8000, WATCHDOG = 20000, NAMES = ENGINE_ASKS_MAX + 100, WIRE_MAX = 8192 };

static struct fixture {
	struct authorities authorities;
	struct loop *loop;
	struct engine *engine;
	struct timer watchdog;
	size_t waiting; /* asks whose callback has not come */
} fix;

struct probe {
	struct engine_ask *ask;
	unsigned calls;
	int error;
	uint8_t rcode;
	enum security security;
	size_t len;
	uint8_t wire[WIRE_MAX];
	char why[ENGINE_WHY_MAX];
	msec at;
};

static void
on_result(void *arg, const struct engine_result *result)
{
	struct probe *probe = arg;

	probe->calls++;
	probe->ask = NULL;
	probe->error = result->error;
	probe->rcode = result->rcode;
	probe->security = result->security;
	probe->len = result->len;
	probe->at = clock_monotonic_us() / 1000;
	snprintf(probe->why, sizeof(probe->why), "%s", result->why);
	if (result->wire)
		memcpy(probe->wire, result->wire, result->len < WIRE_MAX ? result->len : WIRE_MAX);
	if (--fix.waiting == 0)
		loop_stop(fix.loop);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	CU_FAIL("no result came");
	loop_stop(fix.loop);
}

static void
begin_with(const char *hints, const char *anchors)
{
	struct engine_config config = { .root_hints = (char *)hints,
		.trust_anchors = (char *)anchors,
		.program = "/proc/self/exe" };

	fix.waiting = 0;
	fix.loop = loop_new();
	fix.engine = engine_new(fix.loop, &config);
	timer_init(&fix.watchdog, fix.loop, on_watchdog, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fix.engine);
}

static void
begin(void)
{
	begin_with(fix.authorities.hints, fix.authorities.anchors);
}

static void
end(void)
{
	fix.engine = engine_free(fix.engine);
	fix.loop = loop_free(fix.loop);
}

static int
ask_in(struct probe *probe, const char *text, uint16_t type, msec timeout)
{
	struct question question = { .type = type, .class = CLASS_IN };
	int error;

	CU_ASSERT_EQUAL_FATAL(name_from_text(&question.name, text), 0);
	memset(probe, 0, sizeof(*probe));
	error = engine_recurse(fix.engine, &question, timeout, on_result, probe, &probe->ask);
	CU_ASSERT_EQUAL(probe->calls, 0);
	fix.waiting += !error;
	return error;
}

static void
wait_all(void)
{
	timer_start(&fix.watchdog, WATCHDOG);
	if (fix.waiting)
		loop_run(fix.loop);
	timer_stop(&fix.watchdog);
}

/* Lets the loop run for a while in which nothing is expected. */
static void
on_pause(void *arg)
{
	(void)arg;
	loop_stop(fix.loop);
}

static void
run_for(msec length)
{
	struct timer timer;

	timer_init(&timer, fix.loop, on_pause, NULL);
	timer_start(&timer, length);
	loop_run(fix.loop);
	timer_stop(&timer);
}

static void
ask(struct probe *probe, const char *text, uint16_t type)
{
	CU_ASSERT_EQUAL_FATAL(ask_in(probe, text, type, TIMEOUT), 0);
	wait_all();
	CU_ASSERT_EQUAL(probe->calls, 1);
}

static void
context_is_made_on_first_question(void)
{
	struct probe probe;
	struct engine_stats stats;

	begin();
	engine_stats(fix.engine, &stats);
	CU_ASSERT_FALSE(stats.running);
	ask(&probe, "www.example.test", TYPE_A);
	engine_stats(fix.engine, &stats);
	CU_ASSERT_TRUE(stats.running);
	CU_ASSERT_EQUAL(stats.asks, 1);
	CU_ASSERT_EQUAL(stats.answers, 1);
	end();
}

static void
silence_ends_at_the_deadline(void)
{
	msec start = clock_monotonic_us() / 1000;
	struct engine_stats stats;
	struct probe probe;

	begin();
	CU_ASSERT_EQUAL(ask_in(&probe, "www.silent.test", TYPE_A, 300), 0);
	wait_all();
	CU_ASSERT_EQUAL(probe.calls, 1);
	CU_ASSERT_EQUAL(probe.error, -ETIMEDOUT);
	CU_ASSERT_EQUAL(probe.len, 0);
	CU_ASSERT_TRUE(strlen(probe.why) > 0);
	CU_ASSERT_TRUE(probe.at - start >= 299);
	CU_ASSERT_TRUE(probe.at - start < 2000);
	engine_stats(fix.engine, &stats);
	CU_ASSERT_EQUAL(stats.failures, 1);
	/* The engine is still of use, and free of the question. */
	ask(&probe, "www.example.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.rcode, 0);
	end();
}

static void
cancelled_question_never_calls_back(void)
{
	static const uint8_t second[] = { 2, 'h', '2', 7, 'e', 'x' };
	struct probe early, late, other;

	begin();
	CU_ASSERT_EQUAL(ask_in(&early, "h1.example.test", TYPE_A, TIMEOUT), 0);
	engine_cancel(early.ask);
	/* Takes the slot that the first one had; the first one's result comes all the same. */
	CU_ASSERT_EQUAL(ask_in(&other, "h2.example.test", TYPE_A, TIMEOUT), 0);
	CU_ASSERT_EQUAL(ask_in(&late, "www.silent.test", TYPE_A, 200), 0);
	fix.waiting = 1;
	wait_all();
	CU_ASSERT_EQUAL(other.calls, 1);
	CU_ASSERT_PTR_NOT_NULL(memmem(other.wire, other.len, second, sizeof(second)));
	engine_cancel(late.ask);
	engine_cancel(NULL);
	run_for(400);
	CU_ASSERT_EQUAL(early.calls, 0);
	CU_ASSERT_EQUAL(late.calls, 0);
	end();
}

static void
questions_beyond_the_limit_are_refused(void)
{
	struct probe *probes = calloc(NAMES, sizeof(*probes));
	struct engine_stats stats;
	size_t taken = 0, good = 0, asked = 0;

	begin();
	while (good < NAMES && asked < 2 * NAMES) {
		for (size_t i = good; i < NAMES; i++, asked++) {
			char text[32];
			int error;

			snprintf(text, sizeof(text), "h%zu.example.test", i + 1);
			error = ask_in(&probes[i], text, TYPE_A, TIMEOUT);
			CU_ASSERT_EQUAL(error,
			    fix.waiting == ENGINE_ASKS_MAX && probes[i].ask == NULL ? -EBUSY : 0);
			taken += !error;
		}
		CU_ASSERT_TRUE(fix.waiting <= ENGINE_ASKS_MAX);
		wait_all();
		while (good < NAMES && probes[good].calls == 1 &&
		       probes[good].security == SECURITY_SECURE)
			good++;
	}
	CU_ASSERT_EQUAL(good, NAMES);
	CU_ASSERT_EQUAL(taken, NAMES);
	engine_stats(fix.engine, &stats);
	CU_ASSERT_EQUAL(stats.asks, NAMES);
	CU_ASSERT_EQUAL(stats.answers, NAMES);
	CU_ASSERT_EQUAL(stats.busy, NAMES - ENGINE_ASKS_MAX);
	end();
	free(probes);
}

static void
forgotten_work_is_bounded_too(void)
{
	struct probe probe;

	begin();
	for (size_t i = 0; i < RECURSE_JOBS_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "h%zu.silent.test", i);
		CU_ASSERT_EQUAL(ask_in(&probe, text, TYPE_A, TIMEOUT), 0);
		engine_cancel(probe.ask);
	}
	fix.waiting = 0;
	ask(&probe, "more.silent.test", TYPE_A);
	CU_ASSERT_EQUAL(probe.error, -EBUSY);
	CU_ASSERT_TRUE(strlen(probe.why) > 0);
	end();
}

static void
engine_can_go_with_work_in_flight(void)
{
	struct probe *probes = calloc(ENGINE_ASKS_MAX, sizeof(*probes));

	begin();
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "h%zu.%s.test", i + 1, i % 2 ? "example" : "silent");
		CU_ASSERT_EQUAL(ask_in(&probes[i], text, TYPE_A, TIMEOUT), 0);
	}
	run_for(20);
	end();
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i += 2)
		CU_ASSERT_EQUAL(probes[i].calls, 0);
	free(probes);
}

static void
on_result_free(void *arg, const struct engine_result *result)
{
	struct engine_ask **ask_of_ours = arg;

	CU_ASSERT_EQUAL(result->rcode, 0);
	engine_cancel(*ask_of_ours);
	fix.engine = engine_free(fix.engine);
	CU_ASSERT_TRUE(result->len > 12 && result->wire[0] == 0);
	loop_stop(fix.loop);
}

static void
callback_may_free_the_engine(void)
{
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	struct engine_ask *first;
	struct probe other;

	begin();
	name_from_text(&question.name, "www.example.test");
	CU_ASSERT_EQUAL(ask_in(&other, "www.silent.test", TYPE_A, TIMEOUT), 0);
	CU_ASSERT_EQUAL(
	    engine_recurse(fix.engine, &question, TIMEOUT, on_result_free, &first, &first), 0);
	wait_all();
	CU_ASSERT_PTR_NULL(fix.engine);
	CU_ASSERT_EQUAL(other.calls, 0);
	end();
}

static void
cached_answer_comes_in_a_later_turn(void)
{
	struct probe probe;

	begin();
	ask(&probe, "www.example.test", TYPE_A);
	ask(&probe, "www.example.test", TYPE_A); /* ask_in() looks that it is not at once */
	CU_ASSERT_EQUAL(probe.security, SECURITY_SECURE);
	end();
}

static void
unusable_file_is_named(void)
{
	char wrong[] = "/nonexistent/root.file";
	struct engine_stats stats;
	struct probe probe;

	for (int i = 0; i < 2; i++) {
		begin_with(i ? wrong : fix.authorities.hints, i ? fix.authorities.anchors : wrong);
		ask(&probe, "www.example.test", TYPE_A);
		CU_ASSERT_EQUAL(probe.error, -EIO);
		CU_ASSERT_EQUAL(probe.len, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, wrong));
		CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, "No such file"));
		ask(&probe, "www.example.test", TYPE_A);
		CU_ASSERT_PTR_NOT_NULL(strstr(probe.why, wrong));
		engine_stats(fix.engine, &stats);
		CU_ASSERT_FALSE(stats.running);
		CU_ASSERT_EQUAL(stats.failures, 2);
		end();
	}
}

static size_t
questions_to_silence(void)
{
	char octets[512];
	size_t n = 0;

	while (recv(fix.authorities.silent, octets, sizeof(octets), 0) > 0)
		n++;
	return n;
}

static void
work_moves_on_when_the_network_changes(void)
{
	struct probe waiting, probe;

	begin();
	CU_ASSERT_EQUAL(ask_in(&waiting, "www.silent.test", TYPE_A, 2000), 0);
	run_for(1100); /* a context lives for a second at least */
	CU_ASSERT_TRUE(questions_to_silence() > 0);
	if (authorities_ip6(true)) {
		CU_ASSERT_EQUAL(ask_in(&probe, "www.example.test", TYPE_A, TIMEOUT), 0);
		CU_ASSERT_EQUAL(questions_to_silence(), 0);
		wait_all();
		/* The old context can no longer have asked. */
		CU_ASSERT_TRUE(questions_to_silence() > 0);
	}
	wait_all();
	CU_ASSERT_EQUAL(waiting.calls, 1);
	CU_ASSERT_EQUAL(waiting.error, -ETIMEDOUT);
	authorities_ip6(false);
	end();
}

static const struct unit_case cases[] = {
	{ "a file that cannot be used is named", unusable_file_is_named },
	{ "the context is made on the first question", context_is_made_on_first_question },
	{ "silence ends at the deadline", silence_ends_at_the_deadline },
	{ "a cancelled question never calls back", cancelled_question_never_calls_back },
	{ "questions beyond the limit are refused", questions_beyond_the_limit_are_refused },
	{ "forgotten work is bounded too", forgotten_work_is_bounded_too },
	{ "the engine can go with work in flight", engine_can_go_with_work_in_flight },
	{ "a callback may free the engine", callback_may_free_the_engine },
	{ "work moves on when the network changes", work_moves_on_when_the_network_changes },
	{ "a cached answer comes in a later turn", cached_answer_comes_in_a_later_turn },
};

/* The engine starts this program once more, as its helper. */
int
main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], HELPER_NAME) == 0)
		return helper_main();
	return authorities_main(
	    "engine", cases, sizeof(cases) / sizeof(*cases), 1, &fix.authorities);
}
