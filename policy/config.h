/*
 * The configuration: JSON files in, one immutable snapshot out.
 *
 * policy_load() reads everything, checks everything and reports *all* errors; only an error-free
 * load gives a policy. The schema table (policy/schema.h) names every key once: type, default,
 * check, whether it needs a restart, and whether a value is not built yet.
 *
 * Files are laid over the built-in defaults in order: stubd.json, then the drop-ins by name. Of two
 * files that write the same key the later one wins: numbers, texts and arrays are replaced, objects
 * are merged member by member. No file at all is a working configuration. Keys that begin with two
 * slashes are comments.
 *
 * Providers: the custom ones come first, then the catalogue's; or those of `choose`, in its order.
 * Where the catalogue is not written, is not installed, and there are custom providers, they alone
 * are the providers.
 */
#ifndef POLICY_CONFIG_H
#define POLICY_CONFIG_H

#include "policy/addr.h"
#include "policy/clients.h"
#include "policy/doh.h"
#include "policy/hosts.h"
#include "policy/name.h"
#include "policy/network.h"
#include "policy/rebinding.h"
#include "policy/strangers.h"
#include "policy/upstream_spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum privacy { PRIVACY_ENCRYPTED, PRIVACY_STRICT, PRIVACY_OPPORTUNISTIC };
enum strategy { STRATEGY_ONE, STRATEGY_SPREAD, STRATEGY_SHARD, STRATEGY_FASTEST, STRATEGY_ORDERED };
enum miss_step { MISS_PROVIDERS, MISS_NETWORK, MISS_RECURSE, MISS_STEPS };
enum dns64_mode { DNS64_NEVER, DNS64_AUTO, DNS64_ALWAYS };
enum dnssec_mode { DNSSEC_OFF, DNSSEC_TRUST, DNSSEC_VALIDATE };

enum {
	POLICY_LISTEN_MAX = 64,
	POLICY_UPSTREAMS_MAX = 1024,
	POLICY_RULES_MAX = 256,
	POLICY_RULE_DOMAINS_MAX = 1024,
	POLICY_RESTART_KEYS = 8 /* room for their names and a NULL */
};

struct anchor;

/* One entry of "split". */
struct split_rule {
	struct name *domains; /* owned; suffixes, reverse zones of prefixes among them */
	char **domain_texts;  /* owned; as the person wrote them */
	size_t ndomains;
	char *link; /* owned; NULL: any */
	enum dnssec_mode dnssec;
	struct anchor
	    *anchors; /* owned; policy/anchors.h; some where dnssec is VALIDATE, else none */
	size_t nanchors;
	uint16_t first_upstream, nupstreams; /* its servers, in order, in policy.upstreams; none:
					      * every question fails closed (SERVFAIL) */
};

struct suffixes;
struct registrable_list;
struct provider_list;
struct minisig_crypto;

/* Lines "file:line: /json/path: what is wrong; what to write". */
struct policy_errors {
	char **lines; /* owned */
	size_t n;
};

struct policy {
	/* listen */
	struct addr *listen;
	size_t nlisten;
	struct clients clients; /* allow, limits */
	struct doh_options doh;
	/* whom to ask: providers first (nproviders of them, in catalogue or `ordered` order), then
	 * the split rules' servers */
	struct upstream_spec **upstreams;
	size_t nupstreams, nproviders;
	enum strategy strategy;
	unsigned draw_size;
	uint64_t reshuffle; /* s between fresh draws; 0: never */
	bool keep_exposure;
	bool prewarm; /* connections are made ahead of questions, see query/ahead.h */
	enum privacy privacy;
	enum miss_step on_miss[MISS_STEPS];
	size_t non_miss;
	enum dnssec_mode dnssec;
	bool nat64_learnt;   /* its prefix is taken from routers, RFC 8781 */
	struct prefix nat64; /* that is written; family 0: none */
	enum dns64_mode dns64;
	uint16_t filter; /* TYPE_A or TYPE_AAAA: no name has such addresses; 0: no filter */
	struct rebinding rebinding;
	struct network network;
	struct split_rule *rules;
	size_t nrules;
	struct registrable_list *public_suffixes; /* owned; policy/registrable.h */
	struct suffixes *suffixes;  /* owned; whose names are whose, see policy/suffix.h */
	struct hosts *hosts;	    /* owned; /etc/hosts as read at load, see policy/hosts.h */
	struct strangers strangers; /* whom neither of these two knows */
	char *root_hints, *trust_anchors; /* owned; NULL: shipped */
	size_t cache_size;		  /* octets */
	uint64_t cache_stale;		  /* ms */
	struct provider_list *lists;	  /* owned; policy/lists.h */
	size_t nlists;
	bool cache_prefetch, cache_persist;
	bool ecs_pass;	      /* a provider is told of clients' subnets */
	unsigned workers;     /* threads that answer; at least 1 */
	uint64_t fingerprint; /* of all that is decided here, see policy/fingerprint.h */
	char *control;	      /* owned; path of the control socket */
	char *state;	      /* owned; folder */
	char *catalogue;      /* owned; the file; NULL: none */
	char **files;	      /* owned; configuration files that were read, in order */
	size_t nfiles;
	struct policy_errors warnings; /* what was left out of the catalogue, and why */
};

struct policy_load_options {
	const char *file; /* -c FILE: only this one; NULL: the standard places */
	const char *dir;  /* drop-ins, NULL: /etc/stubd/stubd.d (unless file is given) */
	/* Catalogue, root hints, anchors; NULL: the compiled-in STUBD_DATA_DIR. */
	const char *data_dir;
	const char *hosts_file; /* NULL: /etc/hosts */
	/* To verify signed lists with, policy/minisig.h; NULL: they are refused. */
	const struct minisig_crypto *crypto;
};

/* Loads and checks. Returns 0 and an owned *out; or -EINVAL and *errors filled with all errors (call
 * policy_errors_clear); -ENOMEM. */
int policy_load(
    const struct policy_load_options *options, struct policy **out, struct policy_errors *errors);

/* The same for one text in memory, which stands in place of all files; errors call it `name`. */
int policy_load_text(const char *text, size_t n, const char *name,
    const struct policy_load_options *options, struct policy **out, struct policy_errors *errors);
void policy_errors_clear(struct policy_errors *errors);

struct policy *policy_free(struct policy *policy);

/* Keys whose change between a and b needs a restart, as paths of the schema (static texts), ended
 * by NULL; returns how many. */
size_t policy_restart_keys(
    const struct policy *a, const struct policy *b, const char *out[POLICY_RESTART_KEYS]);

/* Is anything validated here, providers' answers or a split rule's? */
bool policy_validates(const struct policy *policy);

/* Has on_miss that step? */
bool policy_has_step(const struct policy *policy, enum miss_step step);

const char *privacy_text(enum privacy v);
const char *strategy_text(enum strategy v);
const char *miss_step_text(enum miss_step v);
const char *dnssec_mode_text(enum dnssec_mode v);
const char *dns64_mode_text(enum dns64_mode v);

#endif
