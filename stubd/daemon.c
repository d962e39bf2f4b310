#include "stubd/daemon_impl.h"

#include "stubd/base/log.h"
#include "stubd/base/service.h"
#include "stubd/cache/cache.h"
#include "stubd/crew.h"
#include "stubd/engine/engine.h"
#include "stubd/epoch.h"
#include "stubd/exposure.h"
#include "stubd/front/api.h"
#include "stubd/front/doh.h"
#include "stubd/front/listen.h"
#include "stubd/front/tcp.h"
#include "stubd/front/totals.h"
#include "stubd/front/udp.h"
#include "stubd/goodtime.h"
#include "stubd/keep.h"
#include "stubd/nat64.h"
#include "stubd/netservers.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/net/tls.h"
#include "stubd/ntas.h"
#include "stubd/persist.h"
#include "stubd/privilege.h"
#include "stubd/query/ahead.h"
#include "stubd/query/designations.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/fetch.h"
#include "stubd/query/ledger.h"
#include "stubd/query/query.h"
#include "stubd/query/refresh.h"
#include "stubd/query/upstreams.h"
#include "stubd/rootkeys.h"
#include "stubd/shuffle.h"
#include "stubd/upstream/pool.h"
#include "stubd/watch/link.h"
#include "stubd/watch/wake.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRAIN_POLL = 10 /* ms */ };

/* The hostname as a name; the root where it is none. */
static void
read_hostname(struct name *out)
{
	char text[256];

	if (gethostname(text, sizeof(text)) < 0 || name_from_text(out, text) < 0)
		*out = (struct name){ .len = 1 };
}

/* --- policy ----------------------------------------------------------------------------------- */

/* Hands a policy to everything that follows it. Workers stand still for the swap alone: what else is done may
 * write files. */
int
daemon_apply_policy(struct daemon *d, struct policy *policy)
{
	struct draw_order draw;

	if (draw_make(&d->shuffle.seed, policy, &draw) < 0)
		return -ENOMEM;
	if (upstreams_set(&d->resolver, policy) < 0) {
		draw_clear(&draw);
		return -ENOMEM;
	}
	rootkeys_follow(&d->root, policy);
	d->resolver.root_state = d->root.file;
	keep_lists(policy);
	shuffle_take(&d->shuffle, &draw, policy->reshuffle);
	crew_halt(d->crew);
	resolver_set_policy(&d->resolver, policy);
	crew_go(d->crew);
	refresh_apply(d->refresh);
	persist_follow(d->persist);
	nat64_look(d->nat64);
	netservers_set_policy(d->netservers);
	exposure_apply(d->exposure, policy);
	return 0;
}

/* A link came or went: names of its rules belong to a new view from now on, what is under way under
 * the old one is decided again. Workers have the new view before anything else is done. */
static void
on_links(void *arg)
{
	struct daemon *d = arg;

	log_debug("links: changed count=%zu", d->resolver.netview.nlinks);
	resolver_changed(&d->resolver);
	nat64_look(d->nat64);
	netservers_look(d->netservers);
	if (!d->resolver.policy)
		return;
	exceptions_links_changed(&d->resolver);
	flight_reroute_all(&d->resolver);
}

static void
on_designated(void *arg)
{
	struct daemon *d = arg;

	upstreams_designated(&d->resolver);
}

static void
on_epoch(void *arg)
{
	struct daemon *d = arg;

	nat64_look(d->nat64);
	ahead_in_epoch(&d->resolver);
	if (d->exposure)
		exposure_save(d->exposure);
}

static void
on_sent(
    void *arg, const struct upstream_spec *spec, const struct question *question, unsigned flags)
{
	struct daemon *d = arg;

	ledger_sent(&d->resolver, spec, question, flags);
	exposure_asked(d->exposure);
}

static void
on_wake(void *arg, bool slept)
{
	struct daemon *d = arg;

	nat64_look(d->nat64);
	if (slept) {
		d->resolver.missed_at = 0; /* who asked before may not be there any more */
		resolver_new_epoch(&d->resolver, "the machine slept");
	} else {
		resolver_look_at_clock(&d->resolver, true);
	}
	/* By another time, keys that were bad may be good. */
	engine_forget(d->engine);
}

static void
on_hangup(void *arg)
{
	json_t *report = NULL;

	service_tell_reloading(clock_monotonic_us());
	daemon_reload(arg, &report);
	json_decref(report);
	service_tell_ready();
}

/* --- draining --------------------------------------------------------------------------------- */

static void
on_drain_poll(void *arg)
{
	struct daemon *d = arg;
	struct totals totals = { 0 };
	struct doh_counters doh;

	totals_add(&totals, &d->resolver.counters, d->udp, d->tcp);
	crew_totals(d->crew, &totals);
	doh_counters(d->doh, &doh);
	if (!totals.query.waiting && !totals.udp.waiting && !totals.tcp.waiting && doh.open == 0)
		loop_stop(d->loop);
	else
		timer_start(&d->drain_poll, DRAIN_POLL);
}

static void
on_drained(void *arg)
{
	struct daemon *d = arg;

	query_end_all(&d->resolver, "stubd is stopping");
	loop_stop(d->loop);
}

static void
on_terminate(void *arg)
{
	struct daemon *d = arg;

	if (d->resolver.draining)
		return;
	log_info("stopping waiting=%llu", (unsigned long long)d->resolver.counters.waiting);
	service_tell_stopping();
	crew_drain(d->crew);
	d->resolver.draining = true;
	udp_drain(d->udp);
	tcp_drain(d->tcp);
	doh_drain(d->doh);
	timer_start(&d->drain, DRAIN_TIME);
	timer_start(&d->drain_poll, 0);
}

/* --- start and end ---------------------------------------------------------------------------- */

static int
serve_socket(struct daemon *d, const struct policy *policy, struct listen_socket *s)
{
	const bool doh = s->stream && doh_listens(&policy->doh, &s->addr);
	char text[ADDR_TEXT_MAX];
	int err = doh ? 0 : crew_serve(d->crew, s);

	if (!err)
		err = doh	  ? doh_inherit(d->doh, s->fd, &s->addr)
		      : s->stream ? tcp_add(d->tcp, s->fd)
				  : udp_add(d->udp, s->fd);
	if (err < 0)
		return err;
	s->fd = -1;
	log_info("listening address=%s transport=%s%s", addr_to_text(&s->addr, text),
	    doh		? "doh"
	    : s->stream ? "tcp"
			: "udp",
	    s->inherited ? " inherited" : "");
	return 0;
}

static int
open_fronts(struct daemon *d, const struct policy *policy, char error[DAEMON_ERROR_MAX])
{
	int err = listen_open(policy, d->listening, error);

	for (size_t i = 0; err == 0 && i < d->listening->n; i++)
		err = serve_socket(d, policy, &d->listening->sockets[i]);
	listen_close(d->listening);
	if (err == 0)
		err = daemon_serve_doh(d, &policy->doh, error);
	if (err < 0)
		return err;
	return http_open(d->loop, policy->control, api_handle, d->api, &d->http, error);
}

static int
make_parts(struct daemon *d, const struct policy *policy)
{
	const struct engine_config engine = {
		.root_hints = policy->root_hints,
		.trust_anchors = policy->trust_anchors,
	};
	static const struct transport_ops *const ops[SCHEMES] = {
		[SCHEME_DNS] = &transport_do53,
		[SCHEME_TLS] = &transport_dot,
		[SCHEME_HTTPS] = &transport_doh,
	};
	static const struct path_ops paths = { .source = route_source, .state = route_state };
	struct transport_env env;

	d->loop = loop_new();
	d->tls = tls_store_new();
	if (!d->loop || !d->tls)
		return -ENOMEM;
	env = (struct transport_env){ .loop = d->loop, .tls = d->tls, .paths = &paths };
	d->pool = pool_new(&env, ops);
	d->engine = engine_new(d->loop, &engine);
	d->cache = cache_new(policy->cache_size);
	if (!d->pool || !d->engine || !d->cache || resolver_init(&d->resolver) < 0)
		return -ENOMEM;
	d->resolver_made = true;
	d->resolver.loop = d->loop;
	d->resolver.cache = d->cache;
	d->resolver.pool = d->pool;
	d->resolver.engine = d->engine;
	shuffle_init(&d->shuffle, d->loop, &d->resolver, d->tls);
	engine_set_fetch(d->engine, fetch_start, &d->resolver);
	pool_watch(d->pool, on_sent, d);
	read_hostname(&d->resolver.netview.hostname);
	d->links = link_watch_new(d->loop, &d->resolver.netview, on_links, d);
	d->resolver.epoch.since = loop_now(d->loop);
	d->resolver.epoch_changed = on_epoch;
	d->resolver.epoch_arg = d;
	d->epoch = epoch_new(d->loop, &d->resolver);
	d->nat64 = nat64_new(d->loop, &d->resolver);
	d->netservers = netservers_new(d->loop, &d->resolver, d->nat64);
	d->wake = wake_watch_new(d->loop, on_wake, d);
	d->resolver.designations =
	    designations_new(&d->resolver.netview, &env, ops, on_designated, d);
	timer_init(&d->warm, d->loop, daemon_warm_tls, d);
	timer_init(&d->drain, d->loop, on_drained, d);
	timer_init(&d->drain_poll, d->loop, on_drain_poll, d);
	d->udp = udp_new(&d->resolver);
	d->tcp = tcp_new(&d->resolver);
	d->doh = doh_new(&d->resolver);
	if (policy->workers > 1)
		d->crew = crew_new(&d->resolver, policy->workers - 1);
	d->listening = calloc(1, sizeof(*d->listening));
	d->api = daemon_make_api(d);
	d->hangup = loop_signal_new(d->loop, SIGHUP, on_hangup, d);
	d->terminate = loop_signal_new(d->loop, SIGTERM, on_terminate, d);
	d->interrupt = loop_signal_new(d->loop, SIGINT, on_terminate, d);
	if (!d->links || !d->resolver.designations || !d->epoch || !d->nat64 || !d->netservers ||
	    !d->wake || !d->udp || !d->tcp || !d->doh || !d->listening || !d->api ||
	    (policy->workers > 1 && !d->crew))
		return -ENOMEM;
	return d->hangup && d->terminate && d->interrupt ? 0 : -ENOMEM;
}

static void
greet(const struct daemon *d)
{
	const struct policy *p = d->resolver.policy;

	log_info("ready version=%s providers=%zu split_rules=%zu privacy=%s strategy=%s dnssec=%s",
	    STUBD_VERSION, p->nproviders, p->nrules, privacy_text(p->privacy),
	    strategy_text(p->strategy), dnssec_mode_text(p->dnssec));
	if (!d->shuffle.seed.kept)
		log_warn(
		    "state folder %s: cannot be written; the draw of providers is of this run only",
		    p->state);
	service_tell_ready();
}

int
daemon_new(struct policy *policy, const struct policy_load_options *options, struct daemon **out,
    char error[DAEMON_ERROR_MAX])
{
	struct daemon *d = calloc(1, sizeof(*d));
	int err;

	snprintf(error, DAEMON_ERROR_MAX, "out of memory");
	if (!d) {
		policy_free(policy);
		return -ENOMEM;
	}
	d->options = options;
	err = make_parts(d, policy);
	/* Ours, so that the socket in it can be removed at the end; open, for those of its group. */
	privilege_prepare_parent(policy->control, 0755);
	if (!err)
		err = open_fronts(d, policy, error);
	if (!err)
		err = daemon_read_cas(d, policy, error);
	if (err < 0)
		goto fail;
	privilege_prepare_folder(policy->state, 0700);
	privilege_give_socket(policy->control);
	err = privilege_drop(error);
	if (err < 0)
		goto fail;
	err = rootkeys_check(d->engine, policy, error);
	if (err < 0)
		goto fail;
	err = shuffle_open(&d->shuffle, policy->state);
	d->goodtime = goodtime_new(policy->state, d->tls, d->engine, &d->resolver);
	d->resolver.look_at_clock = goodtime_look;
	d->resolver.clock_arg = d->goodtime;
	umask(0077);
	d->ntas = ntas_open(d->loop, &d->resolver, policy->state);
	d->refresh = refresh_new(&d->resolver, policy->state);
	d->persist = persist_new(d->loop, &d->resolver, policy->state);
	d->exposure = exposure_new(&d->resolver, policy->state);
	if (!err)
		err = d->goodtime && d->ntas && d->refresh && d->persist && d->exposure
			  ? daemon_apply_policy(d, policy)
			  : -ENOMEM;
	if (err < 0)
		goto fail;
	err = crew_start(d->crew);
	if (err < 0) {
		snprintf(error, DAEMON_ERROR_MAX, "workers: %s", strerror(-err));
		daemon_free(d);
		return err;
	}
	greet(d);
	daemon_note_doh(d);
	*out = d;
	return 0;
fail:
	policy_free(policy);
	daemon_free(d);
	return err;
}

void
daemon_run(struct daemon *daemon)
{
	timer_start(&daemon->warm, DAEMON_WARM);
	loop_run(daemon->loop);
}

struct daemon *
daemon_free(struct daemon *d)
{
	if (!d)
		return NULL;
	d->http = http_close(d->http);
	d->api = api_free(d->api);
	if (d->resolver_made) {
		d->resolver.draining = true;
		query_end_all(&d->resolver, "stubd is stopping");
		d->crew = crew_end(d->crew);
		d->persist = persist_free(d->persist);
		d->exposure = exposure_free(d->exposure);
		resolver_close(&d->resolver);
	}
	d->resolver.designations = designations_free(d->resolver.designations);
	d->udp = udp_free(d->udp);
	d->tcp = tcp_free(d->tcp);
	d->doh = doh_free(d->doh);
	d->hangup = loop_signal_free(d->hangup);
	d->terminate = loop_signal_free(d->terminate);
	d->interrupt = loop_signal_free(d->interrupt);
	if (d->loop) {
		timer_stop(&d->warm);
		timer_stop(&d->drain);
		timer_stop(&d->drain_poll);
	}
	d->refresh = refresh_free(d->refresh);
	d->ntas = ntas_free(d->ntas);
	d->links = link_watch_free(d->links);
	d->epoch = epoch_free(d->epoch);
	d->nat64 = nat64_free(d->nat64);
	d->netservers = netservers_free(d->netservers);
	d->wake = wake_watch_free(d->wake);
	d->goodtime = goodtime_free(d->goodtime);
	d->engine = engine_free(d->engine);
	d->pool = pool_free(d->pool);
	d->cache = cache_free(d->cache);
	d->tls = tls_store_free(d->tls);
	free(d->listening);
	shuffle_close(&d->shuffle);
	rootkeys_close(&d->root);
	d->loop = loop_free(d->loop);
	free(d);
	return NULL;
}
