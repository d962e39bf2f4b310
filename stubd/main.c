/*
 * stubd [-c FILE] [-n] [-v] [-V]: the encrypted stub resolver. See stubd(8).
 */
#include "stubd/base/log.h"
#include "stubd/daemon.h"
#include "stubd/net/signature.h"
#include "stubd/net/tls_server.h"
#include "stubd/net/tls_store.h"
#include "stubd/rootkeys.h"
#include "policy/config.h"
#include "policy/lists.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS = 8192 };

struct invocation {
	struct policy_load_options load;
	bool check_only;
};

static const char usage_text[] = "usage: stubd [-c FILE] [-n] [-v] [-V]\n"
				 "  -c FILE  read this configuration only (else " STUBD_ETC_DIR
				 "/stubd.json and stubd.d/*.json)\n"
				 "  -n       check the configuration, and exit 0 or 1\n"
				 "  -v       log more\n"
				 "  -V       print the version\n";

/* Returns -1 to go on, or the exit code. */
static int
read_arguments(int argc, char **argv, struct invocation *out)
{
	int c;

	while ((c = getopt(argc, argv, "c:nvVh")) != -1) {
		switch (c) {
		case 'c':
			out->load.file = optarg;
			break;
		case 'n':
			out->check_only = true;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'V':
			puts("stubd " STUBD_VERSION);
			return 0;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "stubd: unexpected argument: %s\n%s", argv[optind], usage_text);
		return 2;
	}
	return -1;
}

static int
load(const struct policy_load_options *options, struct policy **policy)
{
	struct policy_errors errors = { 0 };
	const int err = policy_load(options, policy, &errors);

	if (err < 0) {
		for (size_t i = 0; i < errors.n; i++)
			fprintf(stderr, "%s\n", errors.lines[i]);
		if (!errors.n)
			fprintf(stderr, "stubd: configuration: %s\n", strerror(-err));
		policy_errors_clear(&errors);
		return err;
	}
	for (size_t i = 0; i < (*policy)->warnings.n; i++)
		fprintf(stderr, "%s\n", (*policy)->warnings.lines[i]);
	return 0;
}

/* What was left out of the signed lists. */
static void
say_notes(const struct policy *policy)
{
	for (size_t i = 0; i < policy->nlists; i++) {
		const struct report *notes = &policy->lists[i].notes;

		for (size_t k = 0; k < notes->n; k++)
			fprintf(stderr, "%s\n", notes->lines[k]);
	}
}

/* Are certificate and key what they should be? Says what is wrong. */
static bool
check_certificate(const struct doh_options *doh)
{
	char why[TLS_SERVER_WHY_MAX];
	struct tls_server *server;

	if (!doh->nlisten || !doh->certificate)
		return true;
	if (tls_server_new(doh->certificate, doh->key, &server, why) < 0) {
		fprintf(stderr, "stubd: DoH: %s\n", why);
		return false;
	}
	tls_server_free(server);
	return true;
}

/* Are the private CA files of use? Says what is wrong. */
static bool
check_cas(const struct policy *policy)
{
	struct tls_store *store = tls_store_new();
	bool good = store != NULL;

	for (size_t i = 0; store && i < policy->nupstreams; i++) {
		const struct upstream_spec *spec = policy->upstreams[i];
		char why[TLS_TEXT];

		if (!spec->ca_file || tls_store_open(store, spec->ca_file, why) == 0)
			continue;
		fprintf(stderr, "stubd: %s: %s\n", spec->name, why);
		good = false;
	}
	tls_store_free(store);
	return good;
}

/* If anything is to be validated: can it be? Says why not. */
static bool
check_validator(const struct policy *policy)
{
	char error[ROOTKEYS_ERROR_MAX];

	if (rootkeys_check(NULL, policy, error) == 0)
		return true;
	fprintf(stderr, "stubd: %s\n", error);
	return false;
}

static int
check(struct policy *policy)
{
	const bool certificate = check_certificate(&policy->doh), cas = check_cas(policy),
		   good = check_validator(policy) && certificate && cas;

	say_notes(policy);
	if (good)
		printf("stubd: the configuration is good (%zu providers, %zu split rules)\n",
		    policy->nproviders, policy->nrules);
	policy_free(policy);
	return good ? 0 : 1;
}

/* A question over Do53 has sockets of its own, as libunbound's have, and every client of TCP has one:
 * together more than the usual soft limit of 1,024. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < DESCRIPTORS)
		log_warn("limit of open files: %llu; %d are wanted when there is much to do",
		    (unsigned long long)limit.rlim_cur, DESCRIPTORS);
}

static int
serve(struct policy *policy, const struct policy_load_options *options)
{
	char error[DAEMON_ERROR_MAX];
	struct daemon *daemon;

	raise_descriptors();
	if (daemon_new(policy, options, &daemon, error) < 0) {
		fprintf(stderr, "stubd: %s\n", error);
		return 1;
	}
	daemon_run(daemon);
	daemon_free(daemon);
	return 0;
}

int
main(int argc, char **argv)
{
	struct invocation invocation = { .load = { .crypto = &signature_crypto } };
	struct policy *policy;
	int code;

	code = read_arguments(argc, argv, &invocation);
	if (code >= 0)
		return code;
	signal(SIGPIPE, SIG_IGN);
	if (load(&invocation.load, &policy) < 0)
		return 1;
	if (invocation.check_only)
		return check(policy);
	return serve(policy, &invocation.load);
}
