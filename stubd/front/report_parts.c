#include "stubd/front/report_parts.h"
#include "policy/addr.h"
#include "policy/config.h"
#include "policy/dns64.h"
#include "policy/select.h"
#include "stubd/front/report_standing.h"
#include "stubd/net/loop.h"
#include "stubd/query/designations.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *
report_counts(const struct report_count *counts)
{
	json_t *json = json_object();

	for (; counts->name; counts++)
		json_object_set_new(json, counts->name, json_integer((json_int_t)counts->n));
	return json;
}

json_t *
report_addr(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_to_text(addr, text));
}

json_t *
report_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json)
		return json;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

size_t
report_rank(const struct resolver *resolver, uint16_t upstream)
{
	for (size_t i = 0; i < resolver->draw.n; i++)
		if (resolver->draw.order[i] == upstream)
			return i + 1;
	return 0;
}

bool
report_is_down(const struct resolver *resolver, uint16_t upstream)
{
	return upstream < pool_count(resolver->pool) &&
	       pool_standing(resolver->pool)[upstream].down_until > loop_now(resolver->loop);
}

static const char *
scheme_name(enum scheme scheme)
{
	static const char *const names[SCHEMES] = {
		[SCHEME_DNS] = "do53", [SCHEME_TLS] = "dot", [SCHEME_HTTPS] = "doh"
	};

	return names[scheme];
}

static const char *
standing_word(const struct standing *s, msec now)
{
	if (s->held_until > now)
		return "held";
	if (s->down_until > now)
		return "down";
	if (select_suspect(s, now))
		return "silent";
	if (s->down_until || s->held_until)
		return "failing"; /* until it proves itself */
	if (s->last_answer)
		return "up";
	return s->failures ? "failing" : "untried";
}

/* What the pool knows of it. */
static void
add_standing(json_t *json, const struct resolver *r, uint16_t upstream)
{
	msec now = loop_now(r->loop);
	struct upstream_info info;
	const struct standing *s = &info.standing;

	pool_info(r->pool, upstream, &info);
	json_object_set_new(json, "standing", json_string(standing_word(s, now)));
	if (s->srtt_us)
		json_object_set_new(json, "rtt_ms", json_real(s->srtt_us / 1000.0));
	if (s->last_answer)
		json_object_set_new(
		    json, "answered_ms_ago", json_integer((json_int_t)(now - s->last_answer)));
	if (s->down_until > now)
		json_object_set_new(
		    json, "retry_in_ms", json_integer((json_int_t)(s->down_until - now)));
	if (s->held_until > now)
		json_object_set_new(
		    json, "held_ms", json_integer((json_int_t)(s->held_until - now)));
	if (info.way != info.spec)
		json_object_set_new(json, "fallback", json_string(scheme_name(info.way->scheme)));
	json_object_set_new(json, "failures", json_integer(s->failures));
	json_object_set_new(json, "connections", json_integer((json_int_t)info.connections));
	json_object_set_new(json, "outstanding", json_integer((json_int_t)info.outstanding));
	json_object_set_new(json, "asks", json_integer((json_int_t)info.stats.asks));
	json_object_set_new(json, "answers", json_integer((json_int_t)info.stats.answers));
	json_object_set_new(json, "blocked", json_integer((json_int_t)info.stats.blocked));
	json_object_set_new(json, "handshakes", json_integer((json_int_t)info.stats.handshakes));
	json_object_set_new(
	    json, "last_error", report_text(info.last_error ? info.last_error : ""));
	report_standing(json, &info, now);
}

/* Of one of the network's servers: did an encrypted one prove to be it, and if not, why. */
static void
add_designation(
    json_t *json, const struct resolver *r, const struct upstream_spec *spec, uint16_t upstream)
{
	const struct addr *server = &r->netview.servers[upstream - r->policy->nupstreams];

	json_object_set_new(
	    json, "proved", json_boolean(spec->scheme != SCHEME_DNS && !spec->unverified));
	json_object_set_new(
	    json, "designation", report_text(designations_text(r->designations, server)));
}

json_t *
report_upstream(const struct resolver *resolver, uint16_t upstream)
{
	const struct upstream_spec *spec = upstream < resolver->policy->nupstreams
					       ? resolver->policy->upstreams[upstream]
					       : pool_spec(resolver->pool, upstream);
	json_t *json = json_object(), *addresses = json_array();
	size_t rank = report_rank(resolver, upstream);

	for (size_t i = 0; i < spec->naddresses; i++)
		json_array_append_new(addresses, report_addr(&spec->addresses[i]));
	json_object_set_new(json, "name", report_text(spec->name));
	if (spec->operator_name)
		json_object_set_new(json, "operator", report_text(spec->operator_name));
	json_object_set_new(json, "transport", json_string(scheme_name(spec->scheme)));
	json_object_set_new(json, "encrypted", json_boolean(spec->scheme != SCHEME_DNS));
	if (spec->network)
		add_designation(json, resolver, spec, upstream);
	if (spec->host)
		json_object_set_new(json, "host", report_text(spec->host));
	json_object_set_new(json, "addresses", addresses);
	if (rank)
		json_object_set_new(json, "rank", json_integer((json_int_t)rank));
	if (upstream < pool_count(resolver->pool))
		json_object_set_new(json, "found", report_found(resolver, upstream));
	if (upstream < pool_count(resolver->pool))
		add_standing(json, resolver, upstream);
	return json;
}

/* What the network's own resolvers may be asked for now. */
static const char *
asked_for(const struct resolver *resolver)
{
	const struct policy *policy = resolver->policy;

	if (policy_has_step(policy, MISS_NETWORK))
		return "public names";
	return resolver->netview.unsynchronised && policy->network.ntime_names ? "time servers"
									       : "nothing";
}

json_t *
report_network(const struct resolver *resolver)
{
	const struct netview *view = &resolver->netview;
	char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];
	json_t *servers = json_array(), *asked = json_array();
	json_t *json = json_pack("{s:b, s:n, s:b, s:o, s:o}", "ipv4", view->ipv4, "nat64", "dns64",
	    dns64_prefix(resolver->policy, view) != NULL, "servers", servers, "servers_from",
	    *view->servers_from ? report_text(view->servers_from) : json_null());

	for (size_t i = 0; i < view->nservers; i++)
		json_array_append_new(servers, report_addr(&view->servers[i]));
	json_object_set_new(json, "asked", asked);
	json_object_set_new(json, "asked_for", json_string(asked_for(resolver)));
	for (size_t i = resolver->policy->nupstreams; i < pool_count(resolver->pool); i++)
		json_array_append_new(asked, report_upstream(resolver, (uint16_t)i));
	if (!view->nat64.family)
		return json;
	inet_ntop(AF_INET6, view->nat64.ip, host, sizeof(host));
	snprintf(text, sizeof(text), "%s/%u", host, view->nat64.bits);
	json_object_set_new(json, "nat64", json_string(text));
	return json;
}
