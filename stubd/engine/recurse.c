#include "stubd/engine/recurse.h"

#include "policy/addr.h"
#include "stubd/base/list.h"
#include "stubd/engine/deadend.h"
#include "stubd/engine/families.h"
#include "stubd/engine/rootfile.h"
#include "stubd/engine/trust.h"
#include "stubd/engine/ubase.h"
#include "stubd/net/timer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

enum {
	HEADER_SIZE = 12, /* RFC 1035 section 4.1.1 */
	RCODE_OFFSET = 3,
	RCODE_MASK = 15,
	RCODE_SERVFAIL = 2,
	SEC_BOGUS = 1, /* libunbound's numbers */
	SEC_SECURE = 2,
};

struct recurse {
	struct ub_ctx *ctx;
	struct ubase *base;
	recurse_cb *cb; /* NULL: being freed */
	void *arg;
	struct list jobs;      /* job.link; in libunbound's hands */
	struct list queued;    /* job.link; to be started when the pace allows */
	size_t njobs;	       /* of both lists */
	size_t burst, started; /* questions in a pace, 0: no pace; in this one */
	struct timer pace;
	size_t max;	   /* jobs */
	bool fixed;	   /* the outgoing interface is given, families are not looked at */
	unsigned families; /* that had a route when the context was made */
	struct trust_copy root;
};

/* One question in libunbound's hands, or on its way there. */
struct job {
	struct list link;
	struct recurse *recurse;
	struct engine_request request;
};

struct option {
	const char *name, *value;
};

static const struct option options[] = {
	{ "module-config:", "validator iterator" },
	/* Privacy: no name is shown to a server that need not see it, no telemetry (RFC 9156). */
	{ "qname-minimisation:", "yes" },
	{ "trust-anchor-signaling:", "no" },
	{ "target-fetch-policy:", "0 0 0 0 0" },
	{ "root-key-sentinel:", "no" },
	/* What a signed zone denies need not be asked again (RFC 8198, RFC 8020). */
	{ "aggressive-nsec:", "yes" },
	{ "harden-below-nxdomain:", "yes" },
	{ "harden-glue:", "yes" },
	{ "harden-dnssec-stripped:", "yes" },
	{ "harden-large-queries:", "yes" },
	{ "harden-short-bufsize:", "yes" },
	{ "edns-buffer-size:", "1232" },
	/* A server that refuses does so again, and is asked so often at each of its addresses: 5 times by
	 * default. With 2, 1 in 100 names fails where a third of all packets is lost each way. */
	{ "outbound-msg-retry:", "3" },
	/* Small caches: ours stands before them. */
	{ "msg-cache-size:", "2m" },
	{ "rrset-cache-size:", "4m" },
	{ "key-cache-size:", "1m" },
	{ "neg-cache-size:", "512k" },
	/* A laptop's servers come back with its network: what is marked down is not so for long. */
	{ "infra-host-ttl:", "60" },
	{ "infra-cache-numhosts:", "2000" },
	/* Room for RECURSE_JOBS_MAX questions. */
	{ "num-queries-per-thread:", "1024" },
	{ "outgoing-range:", "512" },
	{ "outgoing-num-tcp:", "16" },
	/* Special-use and private reverse names are the policy's matter, before us. */
	{ "unblock-lan-zones:", "yes" },
};

/* On top of these, for a context that judges what one server says, which is ourselves: the server
 * always answers, in its own time, so libunbound asks once and waits. */
static const struct option forwarding[] = {
	{ "num-queries-per-thread:", "3000" },
	{ "do-ip6:", "no" },
	{ "do-not-query-localhost:", "no" },
	{ "tcp-upstream:", "yes" },
	{ "tcp-auth-query-timeout:", "5000" }, /* RECURSE_PATIENCE */
	{ "outgoing-num-tcp:", "32" },
	/* Over TCP to an upstream libunbound waits no longer than it is used to, which is 300 ms
	 * after a few answers from our own memory; for a server it knows nothing of it waits as
	 * told above. So what it learns of ours is outdated at once. */
	{ "infra-host-ttl:", "-1" },
	{ "outbound-msg-retry:", "1" },
	{ "val-max-restart:", "0" },
	{ "qname-minimisation:", "no" },
	{ "aggressive-nsec:", "no" },
	{ "harden-below-nxdomain:", "no" },
	/* Kept: proofs that a delegation is insecure, which are not in the key cache. */
	{ "msg-cache-size:", "512k" },
	{ "rrset-cache-size:", "1m" },
	{ "val-bogus-ttl:", "1" },
};

/* The zones that libunbound answers by itself unless told otherwise; those of RFC 6303 beyond
 * loopback are unblock-lan-zones'. */
static const char *const own_zones[] = {
	"localhost.",
	"127.in-addr.arpa.",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
	"home.arpa.",
	"resolver.arpa.",
	"service.arpa.",
	"onion.",
	"test.",
	"invalid.",
};

static int
set_option(struct ub_ctx *ctx, const char *name, const char *value, char why[ENGINE_WHY_MAX])
{
	int error = ub_ctx_set_option(ctx, name, value);

	if (!error)
		return 0;
	snprintf(
	    why, ENGINE_WHY_MAX, "libunbound refuses %s %s: %s", name, value, ub_strerror(error));
	return -EIO;
}

/* With no route at all both stay on: there may be servers on the link. */
static int
set_families(struct ub_ctx *ctx, unsigned set, char why[ENGINE_WHY_MAX])
{
	if (set == FAMILY_4)
		return set_option(ctx, "do-ip6:", "no", why);
	if (set == FAMILY_6)
		return set_option(ctx, "do-ip4:", "no", why);
	return 0;
}

/* Signatures are checked as if it were that time; YYYYMMDDHHMMSS (unbound.conf(5)). */
static int
set_time(struct ub_ctx *ctx, int64_t seconds, char why[ENGINE_WHY_MAX])
{
	const time_t when = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (!seconds)
		return 0;
	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm))
		return -EIO;
	return set_option(ctx, "val-override-date:", text, why);
}

static int
set_options(struct ub_ctx *ctx, const struct engine_config *config, struct trust_copy *copy,
    char why[ENGINE_WHY_MAX])
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(options) / sizeof(*options); i++)
		error = set_option(ctx, options[i].name, options[i].value, why);
	if (!error)
		error = set_option(ctx, "root-hints:", config->root_hints, why);
	if (!error)
		error = trust_set(ctx, config, copy, why);
	if (!error)
		error = set_time(ctx, config->time, why);
	if (!error && config->outgoing_interface) {
		error = set_option(ctx, "outgoing-interface:", config->outgoing_interface, why);
		if (!error)
			error = set_option(ctx, "do-not-query-localhost:", "no", why);
	}
	return error;
}

/* After this, the context takes no more options. */
static int
finalise(struct ub_ctx *ctx, char why[ENGINE_WHY_MAX])
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(own_zones) / sizeof(*own_zones); i++)
		error = ub_ctx_zone_remove(ctx, own_zones[i]);
	if (!error)
		return 0;
	snprintf(why, ENGINE_WHY_MAX, "libunbound cannot start: %s", ub_strerror(error));
	return error == UB_NOMEM ? -ENOMEM : -EIO;
}

static void on_pace(void *arg);

/* A context without options yet. NULL, and why. */
static struct recurse *
make(struct loop *loop, recurse_cb *cb, void *arg, char why[ENGINE_WHY_MAX])
{
	struct recurse *recurse = calloc(1, sizeof(*recurse));

	if (recurse) {
		recurse->cb = cb;
		recurse->arg = arg;
		list_init(&recurse->jobs);
		list_init(&recurse->queued);
		timer_init(&recurse->pace, loop, on_pace, recurse);
		recurse->base = ubase_new(loop);
	}
	if (recurse && recurse->base)
		recurse->ctx = ub_ctx_create_ub_event(ubase_events(recurse->base));
	if (!recurse || !recurse->ctx) {
		snprintf(why, ENGINE_WHY_MAX, "no memory or descriptors for libunbound");
		return recurse_free(recurse);
	}
	ub_ctx_debugout(recurse->ctx, NULL); /* it would write to standard error */
	return recurse;
}

int
recurse_new(struct loop *loop, const struct engine_config *config, recurse_cb *cb, void *arg,
    struct recurse **out, char why[ENGINE_WHY_MAX])
{
	struct recurse *recurse;
	int error, zone = -1;

	error = rootfile_check(config->root_hints, ROOTFILE_HINTS, why, ENGINE_WHY_MAX);
	if (!error)
		error =
		    rootfile_check(config->trust_anchors, ROOTFILE_ANCHORS, why, ENGINE_WHY_MAX);
	if (error)
		return error;
	recurse = make(loop, cb, arg, why);
	if (!recurse)
		return -ENOMEM;
	recurse->max = RECURSE_JOBS_MAX;
	recurse->burst = RECURSE_BURST;
	recurse->fixed = config->outgoing_interface != NULL;
	recurse->families = families_routed();
	error = set_options(recurse->ctx, config, &recurse->root, why);
	if (!error)
		error = deadend_set(recurse->ctx, config->exceptions.dead_ends, &zone, why);
	if (!error && !recurse->fixed)
		error = set_families(recurse->ctx, recurse->families, why);
	if (!error)
		error = finalise(recurse->ctx, why);
	if (zone >= 0)
		close(zone);
	if (error)
		recurse_free(recurse);
	else
		*out = recurse;
	return error;
}

static int
set_server(struct ub_ctx *ctx, const struct addr *server, char why[ENGINE_WHY_MAX])
{
	char host[INET_ADDRSTRLEN], text[INET_ADDRSTRLEN + 8];
	int error;

	inet_ntop(AF_INET, server->ip, host, sizeof(host));
	snprintf(text, sizeof(text), "%s@%u", host, server->port);
	error = ub_ctx_set_fwd(ctx, text);
	if (!error)
		return 0;
	snprintf(why, ENGINE_WHY_MAX, "libunbound cannot be told to ask %s: %s", text,
	    ub_strerror(error));
	return -EIO;
}

static int
set_forwarding(struct ub_ctx *ctx, const struct engine_config *config, const struct addr *server,
    char why[ENGINE_WHY_MAX])
{
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(options) / sizeof(*options); i++)
		error = set_option(ctx, options[i].name, options[i].value, why);
	for (size_t i = 0; !error && i < sizeof(forwarding) / sizeof(*forwarding); i++)
		error = set_option(ctx, forwarding[i].name, forwarding[i].value, why);
	if (!error)
		error = trust_set(ctx, config, NULL, why);
	if (!error)
		error = set_time(ctx, config->time, why);
	if (!error)
		error = set_server(ctx, server, why);
	return error;
}

int
recurse_new_forwarding(struct loop *loop, const struct engine_config *config,
    const struct addr *server, recurse_cb *cb, void *arg, struct recurse **out,
    char why[ENGINE_WHY_MAX])
{
	struct recurse *recurse;
	int error = rootfile_check(config->trust_anchors, ROOTFILE_ANCHORS, why, ENGINE_WHY_MAX);

	if (error)
		return error;
	recurse = make(loop, cb, arg, why);
	if (!recurse)
		return -ENOMEM;
	recurse->max = RECURSE_FORWARDED_MAX;
	recurse->fixed = true;
	error = set_forwarding(recurse->ctx, config, server, why);
	if (!error)
		error = finalise(recurse->ctx, why);
	if (error)
		recurse_free(recurse);
	else
		*out = recurse;
	return error;
}

bool
recurse_owns(const struct recurse *recurse, const struct addr *local)
{
	return ubase_owns(recurse->base, local);
}

struct recurse *
recurse_free(struct recurse *recurse)
{
	if (!recurse)
		return NULL;
	recurse->cb = NULL; /* libunbound fails what it has in hand, some of it */
	timer_stop(&recurse->pace);
	ub_ctx_delete(recurse->ctx);
	list_for_each (it, &recurse->jobs)
		free(container_of(it, struct job, link));
	list_for_each (it, &recurse->queued)
		free(container_of(it, struct job, link));
	ubase_free(recurse->base);
	trust_copy_clear(&recurse->root);
	free(recurse);
	return NULL;
}

static void
job_free(struct job *job)
{
	list_remove(&job->link);
	job->recurse->njobs--;
	free(job);
}

/* Bogus data comes as a good message: it goes no further than this. NXDOMAIN and the like come with
 * rcode 0 and are in the message's header; with any other rcode there is no message to read. */
static struct engine_result
judge(const struct recurse *recurse, int rcode, const uint8_t *wire, int len, int sec,
    const char *why)
{
	struct engine_result result = { .rcode = RCODE_SERVFAIL,
		.why = families_why(recurse->families) };

	if (rcode == 0 && sec == SEC_BOGUS) {
		result.security = SECURITY_BOGUS;
		result.why = why && *why ? why : "the answer failed DNSSEC validation";
	} else if (rcode == 0 && wire && len >= HEADER_SIZE) {
		result.rcode = wire[RCODE_OFFSET] & RCODE_MASK;
		result.security = sec == SEC_SECURE ? SECURITY_SECURE : SECURITY_INSECURE;
		result.wire = wire;
		result.len = (size_t)len;
		result.why = "";
	} else if (rcode != 0) {
		result.rcode = (uint8_t)(rcode & RCODE_MASK);
	}
	return result;
}

static void
on_answer(void *arg, int rcode, void *wire, int len, int sec, char *why, int ratelimited)
{
	struct job *job = arg;
	struct recurse *recurse = job->recurse;
	const struct engine_result result = judge(recurse, rcode, wire, len, sec, why);
	const uint64_t id = job->request.id;

	(void)ratelimited; /* no such limit is set */
	job_free(job);
	if (recurse->cb)
		recurse->cb(recurse->arg, id, &result);
}

/* Gives it to libunbound. Returns 0, -ENOMEM or -EIO. */
static int
hand_over(struct job *job)
{
	struct recurse *recurse = job->recurse;
	const struct question *question = &job->request.question;
	char text[NAME_TEXT_MAX];
	int error;

	list_remove(&job->link);
	list_push_back(&recurse->jobs, &job->link);
	recurse->started++;
	error = ub_resolve_event(recurse->ctx, name_to_text(&question->name, text), question->type,
	    question->class, job, on_answer, NULL);
	return error == UB_NOMEM ? -ENOMEM : error ? -EIO : 0;
}

/* Hands a job over; if it fails the job goes. Returns 0, -ENOMEM or -EIO. */
static int
start(struct job *job)
{
	const int error = hand_over(job);

	if (error)
		job_free(job);
	return error;
}

static bool
may_start(const struct recurse *recurse)
{
	return !recurse->burst || recurse->started < recurse->burst;
}

/* The next pace: as many of those that wait as it has room for. */
static void
on_pace(void *arg)
{
	struct recurse *recurse = arg;

	recurse->started = 0;
	while (!list_empty(&recurse->queued) && may_start(recurse)) {
		struct job *job = container_of(recurse->queued.next, struct job, link);
		const uint64_t id = job->request.id;
		const int error = start(job);
		const struct engine_result none = { .error = error,
			.rcode = RCODE_SERVFAIL,
			.why = "libunbound takes no questions" };

		if (error)
			recurse->cb(recurse->arg, id, &none);
	}
	if (recurse->started)
		timer_start(&recurse->pace, RECURSE_PACE);
}

int
recurse_ask(struct recurse *recurse, const struct engine_request *request)
{
	struct job *job;

	if (recurse->njobs >= recurse->max)
		return -EBUSY;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->recurse = recurse;
	job->request = *request;
	list_push_back(&recurse->queued, &job->link);
	recurse->njobs++;
	if (recurse->burst && !timer_running(&recurse->pace))
		timer_start(&recurse->pace, RECURSE_PACE);
	return may_start(recurse) ? start(job) : 0;
}

bool
recurse_outdated(struct recurse *recurse)
{
	return trust_copy_outdated(&recurse->root) ||
	       (!recurse->fixed && recurse->families != families_routed());
}

size_t
recurse_count(const struct recurse *recurse)
{
	return recurse->njobs;
}
