#include "policy/config_load.h"

#include "policy/config_check.h"
#include "policy/dns64.h"
#include "policy/doh.h"
#include "policy/provider.h"
#include "policy/registrable.h"
#include "policy/split.h"
#include "policy/suffix.h"
#include "policy/value.h"
#include "policy/zone.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what the parts of a load share ----------------------------------------------------------- */

json_t *
config_at(const struct config_load *load, const char *path)
{
	return config_doc_at(load->merged, path);
}

const char *
config_text(const struct config_load *load, const char *path)
{
	return json_string_value(config_at(load, path));
}

/* The last file that writes path, or the last one that writes something around it. */
static struct config_doc *
find_doc(const struct config_load *load, const char *path)
{
	char around[256];
	char *slash;

	snprintf(around, sizeof(around), "%s", path);
	do {
		for (size_t i = load->ndocs; i-- > 0;) {
			if (load->docs[i].root && config_doc_at(load->docs[i].root, around))
				return &load->docs[i];
		}
		slash = strrchr(around, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	return load->ndocs ? &load->docs[0] : NULL;
}

void
config_error(struct config_load *load, const char *path, const char *fmt, ...)
{
	struct config_doc *doc = find_doc(load, path);
	char text[REPORT_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (doc)
		config_doc_error(doc, &load->report, path, "%s", text);
	else
		report_add(&load->report, "built-in defaults", 1, path, "%s", text);
}

bool
config_written(const struct config_load *load, const char *path)
{
	for (size_t i = 0; i < load->ndocs; i++) {
		if (load->docs[i].root && config_doc_at(load->docs[i].root, path))
			return true;
	}
	return false;
}

char *
config_strdup(struct config_load *load, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		load->report.nomem = true;
	return copy;
}

int
config_check_readable(struct config_load *load, const char *path, const char *file)
{
	if (!file || access(file, R_OK) == 0)
		return 0;
	config_error(
	    load, path, "\"%s\" cannot be read: %s; name a file that can", file, strerror(errno));
	return -EINVAL;
}

/* Whether asking addr would be asking ourselves. */
static bool
is_own(const struct policy *p, const struct addr *addr)
{
	for (size_t i = 0; i < p->nlisten; i++) {
		const struct addr *own = &p->listen[i];

		if (own->port != addr->port || own->family != addr->family)
			continue;
		if (addr_same_host(own, addr))
			return true;
		if (addr_is_unspecified(own) && addr_is_loopback(addr))
			return true;
	}
	return doh_listens(&p->doh, addr);
}

int
config_add_upstream(struct config_load *load, const char *path, struct upstream_spec *spec)
{
	struct policy *p = load->policy;
	char text[ADDR_TEXT_MAX];

	for (const struct upstream_spec *s = spec; s; s = s->other) {
		for (size_t i = 0; i < s->naddresses; i++) {
			if (!is_own(p, &s->addresses[i]))
				continue;
			config_error(load, path,
			    "has the address %s, at which stubd itself listens; write another "
			    "server",
			    addr_to_text(&s->addresses[i], text));
			goto fail;
		}
	}
	if (p->nupstreams == POLICY_UPSTREAMS_MAX) {
		config_error(load, path, "is one server too many; write at most %d in all",
		    POLICY_UPSTREAMS_MAX);
		goto fail;
	}
	if (!p->upstreams)
		p->upstreams = calloc(POLICY_UPSTREAMS_MAX, sizeof(struct upstream_spec *));
	if (p->upstreams)
		p->upstreams[p->nupstreams] = malloc(sizeof(*spec));
	if (!p->upstreams || !p->upstreams[p->nupstreams]) {
		load->report.nomem = true;
		goto fail;
	}
	*p->upstreams[p->nupstreams] = *spec;
	*spec = (struct upstream_spec){ .name = NULL };
	return (int)p->nupstreams++;
fail:
	upstream_spec_clear(spec);
	return -1;
}

/* --- plain values ----------------------------------------------------------------------------- */

static void
build_listen(struct config_load *load)
{
	const json_t *array = config_at(load, "/listen");
	struct policy *p = load->policy;
	struct why why = { "" };
	char path[32], text[ADDR_TEXT_MAX];

	p->listen = calloc(json_array_size(array) + 1, sizeof(*p->listen));
	if (!p->listen) {
		load->report.nomem = true;
		return;
	}
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *entry = json_string_value(json_array_get(array, i));
		struct addr *addr = &p->listen[p->nlisten];

		if (!entry || value_addr(entry, 53, true, addr, &why) < 0)
			continue;
		if (addr_among(addr, p->listen, p->nlisten)) {
			snprintf(path, sizeof(path), "/listen/%zu", i);
			config_error(load, path, "%s is listed twice; write it once",
			    addr_to_text(addr, text));
		}
		p->nlisten++;
	}
}

static enum privacy
build_privacy(const struct config_load *load)
{
	const char *text = config_text(load, "/privacy");

	for (int v = PRIVACY_ENCRYPTED; text && v <= PRIVACY_OPPORTUNISTIC; v++) {
		if (strcmp(privacy_text((enum privacy)v), text) == 0)
			return (enum privacy)v;
	}
	return PRIVACY_ENCRYPTED;
}

static enum strategy
build_strategy(const struct config_load *load)
{
	const char *text = config_text(load, "/providers/strategy");

	for (int v = STRATEGY_ONE; text && v <= STRATEGY_ORDERED; v++) {
		if (strcmp(strategy_text((enum strategy)v), text) == 0)
			return (enum strategy)v;
	}
	return STRATEGY_ONE;
}

static enum dnssec_mode
build_dnssec(const struct config_load *load)
{
	const char *text = config_text(load, "/dnssec");

	for (int v = DNSSEC_OFF; text && v <= DNSSEC_VALIDATE; v++) {
		if (strcmp(dnssec_mode_text((enum dnssec_mode)v), text) == 0)
			return (enum dnssec_mode)v;
	}
	return DNSSEC_OFF;
}

static uint16_t
build_filter(const struct config_load *load)
{
	const char *text = config_text(load, "/filter");

	if (!text)
		return 0;
	return strcmp(text, "A") == 0 ? TYPE_A : TYPE_AAAA;
}

static void
build_nat64(struct config_load *load)
{
	const char *prefix = config_text(load, "/nat64"), *mode = config_text(load, "/dns64");
	struct policy *p = load->policy;
	struct why why;

	p->nat64_learnt = prefix && strcmp(prefix, NAT64_AUTO) == 0;
	if (prefix && !p->nat64_learnt)
		dns64_from_text(&p->nat64, prefix, &why); /* the schema has complained */
	for (int v = DNS64_NEVER; mode && v <= DNS64_ALWAYS; v++) {
		if (strcmp(dns64_mode_text((enum dns64_mode)v), mode) == 0)
			p->dns64 = (enum dns64_mode)v;
	}
	if (p->dns64 == DNS64_ALWAYS && p->filter == TYPE_AAAA)
		config_error(load, "/dns64",
		    "makes the addresses that \"filter\" takes away; write one of the two");
	if (p->filter == TYPE_AAAA)
		p->dns64 = DNS64_NEVER;
}

static void
default_on_miss(struct policy *p)
{
	p->on_miss[p->non_miss++] = MISS_PROVIDERS;
	if (p->privacy == PRIVACY_OPPORTUNISTIC)
		p->on_miss[p->non_miss++] = MISS_NETWORK;
	if (p->privacy != PRIVACY_STRICT)
		p->on_miss[p->non_miss++] = MISS_RECURSE;
}

static bool
has_step(const struct policy *p, enum miss_step step)
{
	for (size_t i = 0; i < p->non_miss; i++) {
		if (p->on_miss[i] == step)
			return true;
	}
	return false;
}

/* One step of "on_miss", that is written at path. */
static void
add_step(struct config_load *load, const char *path, const char *text)
{
	struct policy *p = load->policy;
	enum miss_step step = MISS_PROVIDERS;

	while (step < MISS_RECURSE && strcmp(text, miss_step_text(step)) != 0)
		step++;
	if (has_step(p, step))
		config_error(load, path, "\"%s\" is listed twice; write it once", text);
	else if (step == MISS_RECURSE && p->privacy == PRIVACY_STRICT)
		config_error(load, path,
		    "\"recurse\" asks in plaintext, which privacy \"strict\" does not "
		    "allow; write [ \"providers\" ]");
	else if (step == MISS_NETWORK && p->privacy != PRIVACY_OPPORTUNISTIC)
		config_error(load, path,
		    "\"network\" asks the network's own resolver in plaintext, which privacy "
		    "\"%s\" does not allow; leave it out, or write \"privacy\": \"opportunistic\"",
		    privacy_text(p->privacy));
	else
		p->on_miss[p->non_miss++] = step;
}

static void
build_on_miss(struct config_load *load)
{
	const json_t *array = config_at(load, "/on_miss");
	struct policy *p = load->policy;
	char path[32];

	if (!array) {
		default_on_miss(p);
		return;
	}
	for (size_t i = 0; i < json_array_size(array) && i < MISS_STEPS; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		snprintf(path, sizeof(path), "/on_miss/%zu", i);
		if (text)
			add_step(load, path, text);
	}
	/* What the validator needs to know of one upstream's answer is asked of all upstreams. */
	if (p->non_miss == MISS_STEPS && p->on_miss[1] == MISS_RECURSE)
		config_error(load, "/on_miss/1",
		    "\"recurse\" stands between two that are asked; write it first or last");
}

static void
build_hosts(struct config_load *load)
{
	const char *file = load->options->hosts_file ? load->options->hosts_file : "/etc/hosts";
	int r = hosts_read(file, &load->policy->hosts);

	if (r == -ENOMEM)
		load->report.nomem = true;
	else if (r < 0)
		report_add(
		    &load->report, file, 1, "/", "cannot be read: %s; mend the file", strerror(-r));
}

static void
build_public_suffixes(struct config_load *load)
{
	const char *file = config_text(load, "/public_suffix_list");
	const int r = registrable_open(file, &load->policy->public_suffixes);

	if (r == -ENOMEM)
		load->report.nomem = true;
	else if (r == -EINVAL)
		config_error(load, "/public_suffix_list",
		    "\"%s\" has no suffixes; name a public suffix list, or write null", file);
	else if (r < 0)
		config_error(load, "/public_suffix_list",
		    "\"%s\" cannot be read: %s; name a file that can, or write null",
		    file ? file : "the list of libpsl", strerror(-r));
}

static void
build_values(struct config_load *load)
{
	struct policy *p = load->policy;
	const json_t *draw = config_at(load, "/providers/draw");

	p->privacy = build_privacy(load);
	p->strategy = build_strategy(load);
	p->dnssec = build_dnssec(load);
	p->filter = build_filter(load);
	build_nat64(load);
	p->draw_size = (unsigned)json_integer_value(draw);
	p->reshuffle = (uint64_t)config_time(config_at(load, "/providers/reshuffle")) / 1000;
	p->prewarm = json_is_true(config_at(load, "/providers/prewarm"));
	p->keep_exposure = json_is_true(config_at(load, "/providers/keep_exposure"));
	p->cache_size = (size_t)config_size(config_at(load, "/cache/size"));
	p->cache_stale = (uint64_t)config_time(config_at(load, "/cache/stale"));
	p->workers = (unsigned)json_integer_value(config_at(load, "/workers"));
	p->cache_prefetch = json_is_true(config_at(load, "/cache/prefetch"));
	p->cache_persist = json_is_true(config_at(load, "/cache/persist"));
	p->root_hints = config_strdup(load, config_text(load, "/engine/root_hints"));
	p->trust_anchors = config_strdup(load, config_text(load, "/engine/trust_anchors"));
	config_check_readable(load, "/engine/root_hints", p->root_hints);
	config_check_readable(load, "/engine/trust_anchors", p->trust_anchors);
	p->control = config_strdup(load, config_text(load, "/control"));
	p->state = config_strdup(load, config_text(load, "/state"));
}

/* When all suffixes and hosts are there. */
static void
build_strangers(struct policy *p)
{
	strangers_all(&p->strangers);
	if (p->hosts)
		hosts_meet(p->hosts, &p->strangers);
	suffixes_meet(p->suffixes, &p->strangers);
}

void
config_build(struct config_load *load)
{
	load->policy->suffixes = suffixes_new();
	if (!load->policy->suffixes || zone_add_all(load->policy->suffixes) < 0) {
		load->report.nomem = true;
		return;
	}
	build_values(load);
	build_public_suffixes(load);
	build_listen(load);
	doh_build(load);
	build_on_miss(load);
	build_hosts(load);
	rebinding_build(load);
	network_build(load);
	clients_build(load);
	provider_build(load);
	split_build(load);
	build_strangers(load->policy);
}
