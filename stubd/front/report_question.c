#include "stubd/front/report_question.h"
#include "policy/config.h"
#include "policy/decide.h"
#include "policy/registrable.h"
#include "stubd/cache/cache.h"
#include "stubd/front/report_nta.h"
#include "stubd/front/report_parts.h"
#include "stubd/net/loop.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/query.h"
#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

static json_t *
name_json(const struct name *name)
{
	char text[NAME_TEXT_MAX];

	return json_string(name_to_text(name, text));
}

static json_t *
type_json(uint16_t type)
{
	char *text = ldns_rr_type2str(type);
	json_t *json = json_string(text ? text : "");

	free(text);
	return json;
}

static json_t *
view_json(const struct view *view)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "kind", view_kind_text(view->kind), "why",
	    report_text(view->why ? view->why : ""), "owner", report_text(view->owner), "rule",
	    view->rule >= 0 ? json_integer(view->rule) : json_null());
}

static json_t *
local_json(const struct local_answer *local, uint16_t type)
{
	static const char *const kinds[] = { [LOCAL_NXDOMAIN] = "NXDOMAIN",
		[LOCAL_NODATA] = "NODATA",
		[LOCAL_ADDRESSES] = "addresses",
		[LOCAL_PTR] = "PTR",
		[LOCAL_HINFO] = "HINFO",
		[LOCAL_CNAME] = "CNAME" };
	json_t *data = json_array();
	char text[INET6_ADDRSTRLEN];
	int family = type == TYPE_AAAA ? AF_INET6 : AF_INET;

	for (size_t i = 0; local->kind == LOCAL_ADDRESSES && i < local->naddresses; i++)
		json_array_append_new(
		    data, json_string(inet_ntop(family, local->addresses[i], text, sizeof(text))));
	if (local->kind == LOCAL_PTR || local->kind == LOCAL_CNAME)
		json_array_append_new(data, name_json(&local->ptr));
	return json_pack("{s:s, s:I, s:o}", "kind", kinds[local->kind], "ttl",
	    (json_int_t)local->ttl, "data", data);
}

static json_t *
stages_json(
    const struct resolver *resolver, const struct view *view, const struct question *question)
{
	json_t *array = json_array();
	struct route route;

	resolver_route(resolver, view, &question->name,
	    registrable_octets(resolver->policy->public_suffixes, &question->name), &route);
	for (unsigned i = 0; i < route.nstages; i++) {
		const struct stage *stage = &route.stages[i];
		json_t *candidates = json_array();

		for (unsigned k = 0; k < stage->ncandidates; k++)
			json_array_append_new(
			    candidates, report_upstream(resolver, stage->candidates[k]));
		json_array_append_new(
		    array, json_pack("{s:s, s:o}", "kind", stage_kind_text(stage->kind),
			       "candidates", candidates));
	}
	return array;
}

/* By what the strategy chooses: the domain under `shard`, null where that is nobody's. */
static void
add_strategy(json_t *json, const struct policy *policy, const struct question *question)
{
	struct name domain;

	json_object_set_new(json, "strategy", json_string(strategy_text(policy->strategy)));
	if (policy->strategy == STRATEGY_SHARD)
		json_object_set_new(json, "shard",
		    registrable_domain(policy->public_suffixes, &question->name, &domain)
			? name_json(&domain)
			: json_null());
}

static json_t *
cache_json(
    const struct resolver *resolver, const struct view *view, const struct question *question)
{
	const struct cache_key key = { .question = question, .view = view->id };
	uint32_t age;
	struct answer *answer = cache_get(resolver->cache, &key, loop_now(resolver->loop), &age);
	json_t *json;

	if (!answer)
		return json_pack("{s:s}", "state",
		    cache_is_stale(resolver->cache, &key, loop_now(resolver->loop)) ? "stale"
										    : "absent");
	json = json_pack("{s:s, s:I, s:s}", "state", "fresh", "ttl_left",
	    (json_int_t)(answer->ttl > age ? answer->ttl - age : 0), "security",
	    security_text(answer->security));
	if (label_text(answer))
		json_object_set_new(json, "label", report_text(label_text(answer)));
	answer_free(answer);
	return json;
}

json_t *
report_explain(const struct resolver *resolver, const struct question *question)
{
	json_t *json = json_object();
	struct view view;

	policy_view(resolver->policy, question, &resolver->netview, &view);
	json_object_set_new(json, "name", name_json(&question->name));
	json_object_set_new(json, "type", type_json(question->type));
	json_object_set_new(json, "view", view_json(&view));
	if (view.kind == VIEW_LOCAL) {
		json_object_set_new(json, "local", local_json(&view.local, question->type));
		return json;
	}
	json_object_set_new(json, "dnssec",
	    json_string(dnssec_mode_text(exceptions_mode(resolver, &view, question))));
	json_object_set_new(json, "nta", report_nta(resolver, &question->name));
	if (view.kind == VIEW_PROVIDERS)
		add_strategy(json, resolver->policy, question);
	json_object_set_new(json, "stages", stages_json(resolver, &view, question));
	json_object_set_new(json, "cache", cache_json(resolver, &view, question));
	return json;
}

/* One record; ldns separates the five fields by tabs. */
static json_t *
record_json(const ldns_rr *rr)
{
	static const char *const keys[] = { "name", "ttl", "class", "type" };
	char *text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr), *p = text;
	json_t *json = json_object();

	for (size_t i = 0; p && i < 4; i++) {
		char *tab = strchr(p, '\t');

		if (!tab)
			break;
		*tab = '\0';
		json_object_set_new(
		    json, keys[i], i == 1 ? json_integer(atoll(p)) : report_text(p));
		p = tab + 1;
	}
	if (p) {
		p[strcspn(p, "\n")] = '\0';
		json_object_set_new(json, "data", report_text(p));
	}
	free(text);
	return json;
}

static json_t *
records_json(const ldns_rr_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; list && i < ldns_rr_list_rr_count(list); i++)
		json_array_append_new(array, record_json(ldns_rr_list_rr(list, i)));
	return array;
}

static json_t *
flight_json(const struct flight_trace *f)
{
	json_t *json = json_pack("{s:s, s:o, s:s, s:I, s:f, s:I, s:I, s:I, s:I}", "stage",
	    stage_kind_text(f->stage), "upstream", report_text(f->upstream), "transport",
	    f->transport ? f->transport : "", "connection_age_ms", (json_int_t)f->connection_age,
	    "rtt_ms", f->rtt_us / 1000.0, "took_ms", (json_int_t)f->took, "asks",
	    (json_int_t)f->asks, "hedges", (json_int_t)f->hedges, "failovers",
	    (json_int_t)f->failovers);

	if (f->address.family)
		json_object_set_new(json, "address", report_addr(&f->address));
	return json;
}

static void
add_trace(json_t *json, const struct query_trace *trace)
{
	json_object_set_new(json, "view", view_json(&trace->view));
	json_object_set_new(json, "cached", json_boolean(trace->cached));
	if (trace->cached)
		json_object_set_new(json, "ttl_left", json_integer(trace->ttl_left));
	json_object_set_new(json, "security", json_string(security_text(trace->security)));
	json_object_set_new(json, "steps", json_integer(trace->steps));
	json_object_set_new(
	    json, "trace", trace->has_flight ? flight_json(&trace->flight) : json_null());
	json_object_set_new(json, "ede",
	    trace->ede == EDE_NONE ? json_null()
				   : json_pack("{s:i, s:o}", "code", (int)trace->ede, "text",
					 report_text(trace->text)));
}

json_t *
report_reply(const struct question *question, const uint8_t *wire, size_t len,
    const struct query_trace *trace, uint64_t took)
{
	json_t *json = json_object();
	ldns_pkt *packet = NULL;
	char *rcode;

	json_object_set_new(json, "name", name_json(&question->name));
	json_object_set_new(json, "type", type_json(question->type));
	if (ldns_wire2pkt(&packet, wire, len) == LDNS_STATUS_OK) {
		rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
		json_object_set_new(json, "rcode", json_string(rcode ? rcode : ""));
		json_object_set_new(json, "authenticated", json_boolean(ldns_pkt_ad(packet)));
		json_object_set_new(json, "answers", records_json(ldns_pkt_answer(packet)));
		json_object_set_new(json, "authority", records_json(ldns_pkt_authority(packet)));
		free(rcode);
		ldns_pkt_free(packet);
	} else {
		/* Records of a known type with data that is not of that type; it happens. */
		json_object_set_new(json, "rcode",
		    json_string(len >= MSG_HEADER && (wire[3] & 15) == 0 ? "NOERROR" : "SERVFAIL"));
		json_object_set_new(
		    json, "unreadable", json_string("the answer cannot be shown as text"));
	}
	json_object_set_new(json, "took_ms", json_integer((json_int_t)took));
	add_trace(json, trace);
	return json;
}
