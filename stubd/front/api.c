#include "stubd/front/api.h"
#include "policy/config.h"
#include "policy/name.h"
#include "policy/nta.h"
#include "policy/value.h"
#include "stubd/base/list.h"
#include "stubd/cache/cache.h"
#include "stubd/engine/engine.h"
#include "stubd/front/params.h"
#include "stubd/front/report.h"
#include "stubd/front/report_exposure.h"
#include "stubd/front/report_nta.h"
#include "stubd/front/report_parts.h"
#include "stubd/front/report_question.h"
#include "stubd/net/loop.h"
#include "stubd/query/query.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 512, EDNS_SIZE = 1232, TYPE_TEXT_MAX = 32, STAMP_NAME_MAX = 64, WHAT_MAX = 8 };

struct api {
	struct api_host host;
	struct list live; /* questions that wait */
};

/* One question of POST /v1/query. */
struct live {
	struct list link;
	struct api *api;
	struct http_request *request;
	struct question question;
	struct query *query;
	struct query_trace trace;
	msec started;
	bool starting, replied; /* the reply may come inside query_start_traced() */
};

struct api *
api_new(const struct api_host *host)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return NULL;
	api->host = *host;
	list_init(&api->live);
	return api;
}

static void
live_free(struct live *live)
{
	list_remove(&live->link);
	free(live);
}

struct api *
api_free(struct api *api)
{
	if (!api)
		return NULL;
	list_for_each (it, &api->live) {
		struct live *live = container_of(it, struct live, link);

		query_cancel(api->host.resolver, live->query);
		live_free(live);
	}
	free(api);
	return NULL;
}

/* Sends a JSON value and lets it go; NULL: we are out of memory. */
static void
reply(struct http_request *request, int status, json_t *json)
{
	static const char no_memory[] = "{\"error\": \"out of memory\"}\n";
	char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;

	if (text)
		http_reply(request, status, text, strlen(text));
	else
		http_reply(request, 500, no_memory, sizeof(no_memory) - 1);
	free(text);
	json_decref(json);
}

static void __attribute__((format(printf, 3, 4)))
reply_error(struct http_request *request, int status, const char *fmt, ...)
{
	char text[API_WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply(request, status, json_pack("{s:o}", "error", report_text(text)));
}

/* Reads one parameter; a wrong one is answered. Returns 1 (there), 0 (not given), -errno (answered).
 */
static int
read_param(struct http_request *request, const char *key, char *out, size_t cap)
{
	int r = params_get(request->query, key, out, cap);

	if (r >= 0)
		return 1;
	if (r == -ENOENT)
		return 0;
	reply_error(request, 400, "parameter \"%s\" %s", key,
	    r == -EEXIST   ? "is given twice"
	    : r == -ENOSPC ? "is too long"
			   : "is not readable");
	return r;
}

static int
read_name(struct http_request *request, struct name *out)
{
	char text[NAME_TEXT_MAX];
	int r = read_param(request, "name", text, sizeof(text));

	if (r <= 0)
		return r;
	r = name_from_text(out, text);
	if (r == 0)
		return 1;
	reply_error(request, 400, "\"%s\" is no domain name", text);
	return r;
}

/* Reads name and type. Returns 0, or -errno when the fault was answered. */
static int
read_question(struct http_request *request, struct question *out)
{
	char type[TYPE_TEXT_MAX] = "A";
	int r = read_name(request, &out->name);

	if (r == 0)
		reply_error(request, 400, "parameter \"name\" is missing");
	if (r <= 0)
		return -EINVAL;
	if (read_param(request, "type", type, sizeof(type)) < 0)
		return -EINVAL;
	out->class = CLASS_IN;
	out->type = (uint16_t)ldns_get_rr_type_by_name(type);
	if (out->type)
		return 0;
	reply_error(request, 400, "\"%s\" is no record type", type);
	return -EINVAL;
}

static void
handle_status(struct api *api, struct http_request *request)
{
	resolver_look_at_clock(api->host.resolver, true);
	reply(request, 200, report_status(&api->host));
}

static void
handle_providers(struct api *api, struct http_request *request)
{
	reply(request, 200, report_providers(&api->host));
}

static void
handle_exposure(struct api *api, struct http_request *request)
{
	reply(request, 200, report_exposure(api->host.resolver));
}

static void
handle_catalogue(struct api *api, struct http_request *request)
{
	reply(request, 200, json_pack("{s:s?}", "file", api->host.resolver->policy->catalogue));
}

static void
handle_stamp(struct api *api, struct http_request *request)
{
	char name[STAMP_NAME_MAX];
	json_t *json;
	const int r = read_param(request, "name", name, sizeof(name));

	if (r == 0)
		reply_error(request, 400, "parameter \"name\" is missing");
	if (r <= 0)
		return;
	json = report_stamp(api->host.resolver, name);
	if (json)
		reply(request, 200, json);
	else
		reply_error(request, 404, "there is no provider \"%s\"", name);
}

static void
handle_explain(struct api *api, struct http_request *request)
{
	struct question question;

	if (read_question(request, &question) == 0)
		reply(request, 200, report_explain(api->host.resolver, &question));
}

static void
live_replied(void *arg, const uint8_t *wire, size_t len)
{
	struct live *live = arg;
	msec took = loop_now(live->api->host.resolver->loop) - live->started;

	if (len)
		reply(live->request, 200,
		    report_reply(&live->question, wire, len, &live->trace, took));
	else
		reply_error(live->request, 503, "the resolver gave no answer");
	live->replied = true;
	if (!live->starting)
		live_free(live);
}

static void
live_gone(void *arg)
{
	struct live *live = arg;

	query_cancel(live->api->host.resolver, live->query);
	live_free(live);
}

static void
handle_query(struct api *api, struct http_request *request)
{
	struct resolver *resolver = api->host.resolver;
	const struct msg_ask ask = { .rd = true, .ad = true, .udp_size = EDNS_SIZE };
	const struct query_front how = {
		.client = { .family = AF_INET, .ip = { 127, 0, 0, 1 } },
		.limit = MSG_MAX,
	};
	struct query *waiting = NULL;
	uint8_t wire[QUERY_MAX];
	struct question question;
	struct live *live;

	if (read_question(request, &question) < 0)
		return;
	live = calloc(1, sizeof(*live));
	if (!live) {
		reply(request, 500, NULL);
		return;
	}
	live->api = api;
	live->request = request;
	live->question = question;
	live->started = loop_now(resolver->loop);
	live->starting = true;
	live->trace.ede = EDE_NONE;
	list_push_back(&api->live, &live->link);
	query_start_traced(resolver, wire, msg_write_query(wire, sizeof(wire), &question, &ask),
	    &how, &live->trace, live_replied, live, &waiting);
	live->starting = false;
	if (live->replied) {
		live_free(live);
		return;
	}
	live->query = waiting;
	request->gone = live_gone;
	request->arg = live;
}

/* Forgets the whole view that owns the name. Returns how many, or -ENOENT. */
static ssize_t
flush_view(const struct resolver *r, const struct name *name)
{
	const struct question question = { .name = *name, .type = TYPE_A, .class = CLASS_IN };
	struct view view;

	policy_owner(r->policy, &question, &r->netview, &view);
	return view.kind == VIEW_LOCAL ? -ENOENT : (ssize_t)cache_flush_view(r->cache, view.id);
}

static void
handle_flush(struct api *api, struct http_request *request)
{
	struct resolver *r = api->host.resolver;
	char what[WHAT_MAX] = "below";
	struct name name;
	int named = read_name(request, &name);
	ssize_t n;

	if (named < 0 || read_param(request, "what", what, sizeof(what)) < 0)
		return;
	if (strcmp(what, "view") == 0 && named) {
		n = flush_view(r, &name);
	} else if (strcmp(what, "below") == 0 || (strcmp(what, "name") == 0 && named)) {
		n = (ssize_t)cache_flush(
		    r->cache, named ? &name : NULL, strcmp(what, "below") == 0);
	} else {
		reply_error(request, 400,
		    named ? "\"%s\" is no kind of flush; write below, name or view"
			  : "\"%s\" needs a name",
		    what);
		return;
	}
	if (n < 0) {
		reply_error(request, 400, "that name is answered here: nothing of it is kept");
		return;
	}
	/* The validator would remember what was flushed, and so would the disk. */
	engine_forget(r->engine);
	if (api->host.flushed)
		api->host.flushed(api->host.arg);
	reply(request, 200, json_pack("{s:I}", "flushed", (json_int_t)n));
}

static void
handle_reload(struct api *api, struct http_request *request)
{
	json_t *report = NULL;
	int r = api->host.reload ? api->host.reload(api->host.arg, &report) : -ENOSYS;

	if (!report)
		report = json_object();
	if (r)
		json_object_set_new(report, "error",
		    json_string("the configuration was refused; the one before stays in force"));
	reply(request, r ? 409 : 200, report);
}

static void
handle_shuffle(struct api *api, struct http_request *request)
{
	const int r = api->host.shuffle ? api->host.shuffle(api->host.arg) : -ENOSYS;

	if (r < 0)
		reply_error(request, 500,
		    "the new draw cannot be kept: %s; the old one stays in force", strerror(-r));
	else
		reply(request, 200, report_draw(&api->host));
}

static void
handle_ntas(struct api *api, struct http_request *request)
{
	reply(request, 200, json_pack("{s:o}", "ntas", report_ntas(api->host.resolver)));
}

/* Reads the name, which has to be there. Returns 0, or -EINVAL when the fault was answered. */
static int
read_nta(struct http_request *request, struct name *out)
{
	const int r = read_name(request, out);

	if (r == 0)
		reply_error(request, 400, "parameter \"name\" is missing");
	return r > 0 ? 0 : -EINVAL;
}

static void
handle_nta_add(struct api *api, struct http_request *request)
{
	char text[32] = "", why[API_WHY_MAX];
	int64_t ms = (int64_t)NTA_TIME_DEFAULT * 1000;
	struct why wrong = { "" };
	struct name name;

	if (read_nta(request, &name) < 0 || read_param(request, "duration", text, sizeof(text)) < 0)
		return;
	if (*text && value_time(text, &ms, &wrong) < 0)
		reply_error(request, 400, "%s", wrong.text);
	else if (api->host.add_nta(api->host.arg, &name, ms / 1000, why) < 0)
		reply_error(request, 409, "%s", why);
	else
		reply(request, 200, report_nta(api->host.resolver, &name));
}

static void
handle_nta_remove(struct api *api, struct http_request *request)
{
	char text[NAME_TEXT_MAX], why[API_WHY_MAX];
	struct name name;
	int r;

	if (read_nta(request, &name) < 0)
		return;
	r = api->host.remove_nta(api->host.arg, &name, why);
	if (r < 0)
		reply_error(request, r == -ENOENT ? 404 : 500, "%s", why);
	else
		reply(request, 200, json_pack("{s:s}", "removed", name_to_text(&name, text)));
}

static const struct endpoint {
	const char *path;
	enum http_method method;
	bool changes; /* needs a peer that may */
	void (*handle)(struct api *api, struct http_request *request);
} endpoints[] = {
	{ "/v1/status", HTTP_GET, false, handle_status },
	{ "/v1/providers", HTTP_GET, false, handle_providers },
	{ "/v1/exposure", HTTP_GET, false, handle_exposure },
	{ "/v1/catalogue", HTTP_GET, false, handle_catalogue },
	{ "/v1/stamp", HTTP_GET, false, handle_stamp },
	{ "/v1/explain", HTTP_GET, false, handle_explain },
	{ "/v1/query", HTTP_POST, false, handle_query },
	{ "/v1/flush", HTTP_POST, true, handle_flush },
	{ "/v1/reload", HTTP_POST, true, handle_reload },
	{ "/v1/shuffle", HTTP_POST, true, handle_shuffle },
	{ "/v1/nta", HTTP_GET, false, handle_ntas },
	{ "/v1/nta/add", HTTP_POST, true, handle_nta_add },
	{ "/v1/nta/remove", HTTP_POST, true, handle_nta_remove },
};

void
api_handle(void *arg, struct http_request *request)
{
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
		const struct endpoint *e = &endpoints[i];

		if (strcmp(request->path, e->path) != 0)
			continue;
		if (request->method != e->method) {
			request->allow = e->method == HTTP_GET ? "GET" : "POST";
			reply_error(request, 405, "%s wants %s", e->path, request->allow);
		} else if (e->changes && !request->may_change) {
			reply_error(request, 403,
			    "only root, stubd's own user and members of its group may do that");
		} else {
			e->handle(arg, request);
		}
		return;
	}
	reply_error(request, 404, "there is nothing at %s", request->path);
}
