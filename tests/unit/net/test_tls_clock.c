#include "tests/unit/net/tls_world.h"

#include <time.h>

static void
certificates_are_checked_at_the_time_that_is_set(void)
{
	struct walltime then = { 0 };
	struct world w;

	world_init(&w);
	w.peer.from = -20;
	w.peer.until = -10;
	start(&w);
	/* The CA is younger than that certificate, so the time in between fits none of them. */
	then.fixed = (int64_t)time(NULL) - 15 * TLS_PEER_DAY;
	tls_store_set_time(w.store, &then);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_STRING_EQUAL(w.text, "certificate is not yet valid");
	world_clear(&w);
}

static void
a_clock_that_is_not_synchronised_is_named_where_it_may_be_to_blame(void)
{
	const struct walltime then = {
		.unsynchronised = true, .source = WALLTIME_KEPT, .fixed = 946684800
	};
	struct world w;

	world_init(&w);
	start(&w);
	tls_store_set_time(w.store, &then);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_STRING_EQUAL(w.text,
	    "certificate is not yet valid; this machine's clock is not synchronised "
	    "(2000-01-01 00:00 UTC)");
	world_clear(&w);
}

static void
it_is_not_named_for_other_faults(void)
{
	const struct walltime now = { .unsynchronised = true };
	struct world w;

	world_init(&w);
	w.peer.san = "DNS:other.test";
	start(&w);
	tls_store_set_time(w.store, &now);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_PTR_NULL(strstr(w.text, "clock"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.text, "mismatch"));
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "certificates are checked at the time that is set",
	    certificates_are_checked_at_the_time_that_is_set },
	{ "a clock that is not synchronised is named where it may be to blame",
	    a_clock_that_is_not_synchronised_is_named_where_it_may_be_to_blame },
	{ "it is not named for other faults", it_is_not_named_for_other_faults },
};

int
main(void)
{
	return unit_run("tls_clock", cases, sizeof(cases) / sizeof(*cases));
}
