#include "tests/unit/net/tls_world.h"

static void
a_preloaded_ca_file_may_vanish(void)
{
	struct world w;
	char why[TLS_TEXT];

	world_init(&w);
	start(&w);
	CU_ASSERT_EQUAL(tls_store_read(w.store, w.peer.ca_file, why), 0);
	CU_ASSERT_EQUAL(tls_store_read(w.store, w.peer.ca_file, why), 0);
	CU_ASSERT(tls_store_read(w.store, "/nowhere/ca.pem", why) < 0);
	unlink(w.peer.ca_file);
	CU_ASSERT_EQUAL(tls_store_open(w.store, w.peer.ca_file, why), 0);
	CU_ASSERT_EQUAL(tls_store_open(w.store, w.peer.ca_file, why), 0);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);
}

static void
a_ca_file_without_a_certificate_is_named(void)
{
	static const char broken[] =
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	struct world w;
	char why[TLS_TEXT], path[] = "/tmp/stubd-no-ca-XXXXXX";
	const int fd = mkstemp(path);

	world_init(&w);
	start(&w);
	CU_ASSERT_EQUAL(write(fd, "a key\n", 6), 6);
	CU_ASSERT(tls_store_read(w.store, path, why) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, path));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "there is no certificate in it"));
	/* What is wrong with one is found later. */
	CU_ASSERT_EQUAL(pwrite(fd, broken, strlen(broken), 0), (ssize_t)strlen(broken));
	close(fd);
	CU_ASSERT_EQUAL(tls_store_read(w.store, path, why), 0);
	CU_ASSERT(tls_store_open(w.store, path, why) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, path));
	unlink(path);
	world_clear(&w);
}

/* Whoever writes it anew, and wrongly, does not make those who were proved by it unknown. */
static void
a_ca_file_that_is_broken_later_leaves_what_was_read_before(void)
{
	struct world w;
	char why[TLS_TEXT];
	FILE *f;

	world_init(&w);
	start(&w);
	CU_ASSERT_EQUAL(tls_store_open(w.store, w.peer.ca_file, why), 0);
	unlink(w.peer.ca_file);
	f = fopen(w.peer.ca_file, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("no certificate\n", f);
	fclose(f);
	dial(&w);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.ready, 1);
	world_clear(&w);
}

static const struct unit_case cases[] = {
	{ "a preloaded CA file may vanish", a_preloaded_ca_file_may_vanish },
	{ "a CA file without a certificate is named", a_ca_file_without_a_certificate_is_named },
	{ "a CA file that is broken later leaves what was read before",
	    a_ca_file_that_is_broken_later_leaves_what_was_read_before },
};

UNIT_MAIN("net/tls store", cases)
