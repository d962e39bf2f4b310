/*
 * DoT and DoH against a resolver of other people's making, when it is installed.
 */
#include "stubd/upstream/pool.h"
#include "tests/unit/upstream/secure_world.h"

#include <poll.h>
#include <sys/wait.h>

struct unbound {
	pid_t pid;
	char dir[32];
	uint16_t dot, doh;
};

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* Ports that are free a moment before they are used. */
static uint16_t
free_port(void)
{
	struct addr addr;

	close(loopback_socket(SOCK_STREAM, &addr));
	return addr.port;
}

/* Certificate and key of dns.test, its own authority. */
static void
write_pki(const char *dir)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = tls_peer_certificate(key, NULL, key, "DNS:dns.test", -1, 30);
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cert.pem", dir);
	f = fopen(path, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	f = fopen(path, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* Starts unbound with local data and waits until it accepts. Returns false when there is none. */
static bool
unbound_start(struct unbound *u)
{
	char conf[1024], path[80];
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd, tries = 0;

	if (access("/usr/sbin/unbound", X_OK) != 0)
		return false;
	strcpy(u->dir, "/tmp/stubd-unbound-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(u->dir));
	u->dot = free_port();
	u->doh = free_port();
	write_pki(u->dir);
	snprintf(conf, sizeof(conf),
	    "server:\n username: \"\"\n chroot: \"\"\n directory: \"%s\"\n pidfile: \"\"\n"
	    " use-syslog: no\n logfile: \"%s/log\"\n interface: 127.0.0.1@%u\n"
	    " interface: 127.0.0.1@%u\n tls-port: %u\n https-port: %u\n"
	    " tls-service-key: \"%s/key.pem\"\n tls-service-pem: \"%s/cert.pem\"\n"
	    " module-config: \"iterator\"\n local-zone: \"example.\" redirect\n"
	    " local-data: \"example. 300 IN A 192.0.2.1\"\n"
	    "remote-control:\n control-enable: no\n",
	    u->dir, u->dir, u->dot, u->doh, u->dot, u->doh, u->dir, u->dir);
	write_file(u->dir, "conf", conf);
	snprintf(path, sizeof(path), "%s/conf", u->dir);
	u->pid = fork();
	if (u->pid == 0) {
		execl("/usr/sbin/unbound", "unbound", "-d", "-c", path, NULL);
		_exit(127);
	}
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(u->doh);
	do {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0) {
			close(fd);
			return true;
		}
		close(fd);
		poll(NULL, 0, 50);
	} while (++tries < 200 && waitpid(u->pid, NULL, WNOHANG) == 0);
	CU_FAIL("unbound does not start");
	return false;
}

static void
unbound_stop(struct unbound *u)
{
	static const char *const files[] = { "cert.pem", "key.pem", "conf", "log" };
	char path[80];

	kill(u->pid, SIGTERM);
	waitpid(u->pid, NULL, 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", u->dir, files[i]);
		unlink(path);
	}
	rmdir(u->dir);
}

static void
with_unbound(struct world *w, const struct unbound *u, const struct transport_ops *ops, char *ca)
{
	world_init(w, ops);
	snprintf(ca, 80, "%s/cert.pem", u->dir);
	w->spec.ca_file = ca;
	w->addr = (struct addr){ .family = AF_INET,
		.port = ops == &transport_doh ? u->doh : u->dot,
		.ip = { 127, 0, 0, 1 } };
	dial(w);
}

/* 100 questions by DoT and by DoH; then HTTP's own errors. */
static void
unbound_answers_by_dot_and_doh(void)
{
	static const struct transport_ops *const both[] = { &transport_dot, &transport_doh };
	struct unbound u;
	struct world w;
	char ca[80];

	if (!unbound_start(&u))
		return;
	for (size_t t = 0; t < 2; t++) {
		with_unbound(&w, &u, both[t], ca);
		for (size_t i = 0; i < 100; i++)
			ask(&w, i);
		guard_run(w.loop);
		for (size_t i = 0; i < 100; i++) {
			CU_ASSERT_EQUAL(w.asked[i].calls, 1);
			CU_ASSERT_EQUAL(w.asked[i].fail, ASK_OK);
		}
		CU_ASSERT_EQUAL(w.ready, 1);
		ask(&w, 100);
		w.ops->cancel(w.transport, &w.asked[100].ask);
		w.wanted = 0;
		ask(&w, 101);
		guard_run(w.loop);
		CU_ASSERT_EQUAL(w.asked[100].calls, 0);
		CU_ASSERT_EQUAL(w.asked[101].fail, ASK_OK);
		w.ops->retire(w.transport);
		guard_run(w.loop);
		CU_ASSERT_EQUAL(w.closed_fail, ASK_OK);
		world_clear(&w);
	}
	with_unbound(&w, &u, &transport_doh, ca);
	w.ops->close(w.transport);
	w.spec.path = (char *)(uintptr_t) "/elsewhere";
	dial(&w);
	ask(&w, 0);
	guard_run(w.loop);
	CU_ASSERT_EQUAL(w.asked[0].fail, ASK_HTTP);
	CU_ASSERT_STRING_EQUAL(w.asked[0].text, "HTTP status 404");
	world_clear(&w);
	unbound_stop(&u);
}

struct pooled {
	struct loop *loop;
	int calls, good;
	struct addr address;
	msec age;
};

static void
on_pooled(void *arg, const struct ask_result *result)
{
	struct pooled *p = arg;

	p->calls++;
	p->good += result->fail == ASK_OK;
	p->address = result->address;
	p->age = result->connection_age;
	loop_stop(p->loop);
}

static void
pooled_ask(struct pooled *p, struct pool *pool)
{
	static const struct msg_ask how = { .rd = true };
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	struct ask *ignored;

	CU_ASSERT_EQUAL(name_from_text(&question.name, "www.example."), 0);
	CU_ASSERT_EQUAL(pool_ask(pool, 0, &question, &how, 0, 4000, on_pooled, p, &ignored), 0);
	loop_run(p->loop);
}

/* The first address refuses; the second is unbound. */
static void
the_pool_finds_the_address_that_works_and_keeps_the_connection(void)
{
	static const struct transport_ops *const ops[SCHEMES] = { &transport_do53, &transport_dot,
		&transport_doh };
	struct unbound u;
	struct pooled p = { .loop = loop_new() };
	struct transport_env env = { .loop = p.loop, .tls = tls_store_new() };
	struct pool *pool = pool_new(&env, ops);
	char ca[80];
	struct upstream_spec spec = { .name = (char *)(uintptr_t) "unbound",
		.host = (char *)(uintptr_t) "dns.test",
		.path = (char *)(uintptr_t) "/dns-query",
		.ca_file = ca,
		.naddresses = 2 };
	const struct upstream_spec *specs[] = { &spec };
	struct upstream_info info;

	if (unbound_start(&u)) {
		snprintf(ca, sizeof(ca), "%s/cert.pem", u.dir);
		for (int doh = 0; doh < 2; doh++) {
			spec.scheme = doh ? SCHEME_HTTPS : SCHEME_TLS;
			spec.addresses[0] =
			    (struct addr){ .family = AF_INET, .port = 1, .ip = { 127, 0, 0, 1 } };
			spec.addresses[1] = spec.addresses[0];
			spec.addresses[1].port = doh ? u.doh : u.dot;
			CU_ASSERT_EQUAL(pool_set_upstreams(pool, specs, 1), 0);
			pooled_ask(&p, pool);
			pooled_ask(&p, pool);
			CU_ASSERT_EQUAL(p.good, 2 + 2 * doh);
			CU_ASSERT_EQUAL(p.address.port, spec.addresses[1].port);
			pool_info(pool, 0, &info);
			CU_ASSERT_EQUAL(info.stats.handshakes, 1);
			CU_ASSERT_EQUAL(info.standing.failures, 0);
			CU_ASSERT(info.standing.srtt_us > 0);
		}
		unbound_stop(&u);
	}
	pool_free(pool);
	tls_store_free(env.tls);
	loop_free(p.loop);
}

static const struct unit_case cases[] = {
	{ "unbound answers by DoT and DoH", unbound_answers_by_dot_and_doh },
	{ "the pool finds the address that works and keeps the connection",
	    the_pool_finds_the_address_that_works_and_keeps_the_connection },
};

UNIT_MAIN("upstream/unbound", cases)
