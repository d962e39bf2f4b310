#include "tests/unit/unit.h"

#include "stubd/query/guard.h"

#include <pthread.h>
#include <string.h>

static struct addr
addr_of(const char *text)
{
	struct addr addr;

	CU_ASSERT_EQUAL_FATAL(addr_from_text(&addr, text, 53), 0);
	return addr;
}

/* One client and its guard. */
struct one {
	struct guard *guard;
	struct guard_client *client;
};

static struct one
one_client(void)
{
	const struct addr addr = addr_of("192.0.2.1");
	struct one one = { .guard = guard_new() };

	CU_ASSERT_PTR_NOT_NULL_FATAL(one.guard);
	one.client = guard_client(one.guard, &addr);
	return one;
}

static unsigned
taken(const struct one *one, unsigned rate, msec now, unsigned tries)
{
	unsigned n = 0;

	while (tries--)
		n += guard_take(one->guard, one->client, rate, now);
	return n;
}

static void
a_second_of_questions_may_come_at_once(void)
{
	struct one one = one_client();

	CU_ASSERT_EQUAL(taken(&one, 20, 5000, 100), 20);
	CU_ASSERT_EQUAL(taken(&one, 20, 5049, 100), 0);
	CU_ASSERT_EQUAL(taken(&one, 20, 5050, 100), 1);
	CU_ASSERT_EQUAL(taken(&one, 20, 5550, 100), 10);
	CU_ASSERT_EQUAL(taken(&one, 20, 60000, 100), 20);
	guard_free(one.guard);
}

static void
a_steady_rate_is_never_too_much(void)
{
	struct one one = one_client();

	for (msec now = 0; now < 60000; now += 20)
		CU_ASSERT(taken(&one, 50, now, 1));
	guard_free(one.guard);
}

static void
more_than_the_rate_gets_the_rate(void)
{
	struct one one = one_client();
	unsigned n = 0;

	for (msec now = 1; now <= 100000; now++)
		n += taken(&one, 30, now, 2);
	CU_ASSERT(n >= 30 * 100 && n <= 30 * 101);
	guard_free(one.guard);
}

static void
a_lower_rate_counts_at_once(void)
{
	struct one one = one_client();

	CU_ASSERT_EQUAL(taken(&one, 100, 1000, 1), 1);
	CU_ASSERT_EQUAL(taken(&one, 2, 1001, 100), 2);
	guard_free(one.guard);
}

static void
a_clock_that_is_a_turn_behind_gives_nothing(void)
{
	struct one one = one_client();

	CU_ASSERT_EQUAL(taken(&one, 20, 5000, 100), 20);
	CU_ASSERT_EQUAL(taken(&one, 20, 4990, 100), 0);
	CU_ASSERT_EQUAL(taken(&one, 20, 5100, 100), 2);
	guard_free(one.guard);
}

enum { THREADS = 2, TRIES = 20000, RATE = 1000 };

static void *
take_many(void *arg)
{
	return (void *)(uintptr_t)taken(arg, RATE, 5000, TRIES);
}

static void
threads_share_what_a_client_has(void)
{
	struct one one = one_client();
	pthread_t threads[THREADS];
	uintptr_t sum = 0;

	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_many, &one);
	for (size_t i = 0; i < THREADS; i++) {
		void *n;

		pthread_join(threads[i], &n);
		sum += (uintptr_t)n;
	}
	CU_ASSERT_EQUAL(sum, RATE);
	guard_free(one.guard);
}

static void
clients_have_places(void)
{
	static const char *const texts[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1",
		"2001:db8:0:1::1" };
	struct guard *guard = guard_new();
	struct addr a = addr_of("192.0.2.1"), b = a, mapped = addr_of("::ffff:192.0.2.1");
	struct addr six = addr_of("2001:db8::1"), same = addr_of("2001:db8::ffff:1");
	unsigned shared = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(guard);
	b.port = 1;
	CU_ASSERT_PTR_EQUAL(guard_client(guard, &a), guard_client(guard, &b));
	CU_ASSERT_PTR_EQUAL(guard_client(guard, &a), guard_client(guard, &mapped));
	CU_ASSERT_PTR_EQUAL(guard_client(guard, &six), guard_client(guard, &same));
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < i; k++) {
			a = addr_of(texts[i]);
			b = addr_of(texts[k]);
			shared += guard_client(guard, &a) == guard_client(guard, &b);
		}
	}
	CU_ASSERT(shared <= 1); /* by chance, one of 600 times */
	guard_free(guard);
}

static const struct unit_case cases[] = {
	{ "a second's questions may come at once", a_second_of_questions_may_come_at_once },
	{ "a steady rate is never too much", a_steady_rate_is_never_too_much },
	{ "who asks for more than the rate gets the rate", more_than_the_rate_gets_the_rate },
	{ "a lower rate counts at once", a_lower_rate_counts_at_once },
	{ "a thread's clock that is a turn behind gives nothing twice",
	    a_clock_that_is_a_turn_behind_gives_nothing },
	{ "threads share what a client has", threads_share_what_a_client_has },
	{ "a client has one place, whatever its port; a network of IPv6 too", clients_have_places },
};

UNIT_MAIN("query/guard", cases)
