/*
 * The inside of the daemon, shared by daemon.c (start, signals, end) and daemon_api.c (what the
 * person asks of it through the control API, reloads above all).
 */
#ifndef STUBD_DAEMON_IMPL_H
#define STUBD_DAEMON_IMPL_H

#include "policy/doh.h"
#include "stubd/base/clock.h"
#include "stubd/daemon.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"
#include "stubd/rootkeys.h"
#include "stubd/shuffle.h"

#include <jansson.h>
#include <stdbool.h>

struct daemon {
	const struct policy_load_options *options; /* borrowed */
	struct loop *loop;
	struct tls_store *tls;
	struct pool *pool;
	struct engine *engine;
	struct cache *cache;
	struct shuffle shuffle;
	struct refresh *refresh;
	struct ntas *ntas;
	struct persist *persist;
	struct exposure *exposure;
	struct resolver resolver;
	bool resolver_made;
	struct link_watch *links;
	struct epoch *epoch;
	struct nat64 *nat64;
	struct netservers *netservers;
	struct wake_watch *wake;
	struct goodtime *goodtime;
	struct crew *crew; /* NULL: the main thread works alone */
	struct udp_front *udp;
	struct tcp_front *tcp;
	struct doh_front *doh;
	struct listen_set *listening;
	struct api *api;
	struct http *http;
	bool reload_failed;
	struct rootkeys root;
	struct loop_signal *hangup, *terminate, *interrupt;
	struct timer warm;	 /* until TLS gets ready */
	struct timer drain;	 /* the end of DRAINING */
	struct timer drain_poll; /* looks whether the last answer is out */
	msec drain_started;
};

/* Puts policy in force, takes it. Returns 0 or -errno: the old one stays, policy is the caller's. */
int daemon_apply_policy(struct daemon *d, struct policy *policy);

/* Reads private CA files while we still may: later we are nobody. Returns 0, or -errno and one line. */
int daemon_read_cas(struct daemon *d, const struct policy *policy, char error[DAEMON_ERROR_MAX]);

enum { DAEMON_WARM = 20 /* ms from the start until TLS gets ready, before it is needed */ };

/* Gets TLS ready; arg is the daemon. OpenSSL takes longer for that than all else together: whoever asks for
 * what is known here as soon as we listen does not wait for it, and the first question to a provider does
 * not, either. With "prewarm" there is a connection then, too. */
void daemon_warm_tls(void *arg);

/* Begins to serve DoH, while files that only root can read may still be read. What is inherited is there
 * already. Returns 0, or -errno and one line for the person. */
int daemon_serve_doh(
    struct daemon *d, const struct doh_options *options, char error[DAEMON_ERROR_MAX]);

/* Says in the log where DoH is served now, and what is wrong with its certificate. */
void daemon_note_doh(const struct daemon *d);

/* What is wrong with the certificate now, in one line for the person; false: nothing. */
bool daemon_doh_warning(const struct daemon *d, char text[DAEMON_ERROR_MAX]);

/* Reads the configuration again; arg is the daemon. Any error keeps the old one. Fills a report for
 * the person who asked, owned: { "errors": [...], "restart": [...] }. Returns 0 or -errno. */
int daemon_reload(void *arg, json_t **report);

/* The control API over this daemon; owned. NULL: out of memory. */
struct api *daemon_make_api(struct daemon *d);

#endif
