#include "stubd/front/doh_impl.h"

#include "stubd/front/doh_question.h"
#include "stubd/net/loop.h"
#include "stubd/query/query.h"
#include "stubd/query/resolver.h"
#include "stubd/wire/lifetime.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/padding.h"

#include <string.h>

enum { LIFETIME_DIGITS = 10 /* of 32 bits */ };

/* One request; lives in its pool. */
struct request {
	struct list link; /* in front->requests while it waits for an answer */
	struct doh_front *front;
	struct doh_client *client;
	h2o_req_t *req;
	struct query *query; /* NULL: it does not wait */
	bool head;
	bool padded; /* the question was, over TLS: so will be the answer */
	bool answered;
	size_t length; /* of the body that is owed to the client */
};

/* --- replies ---------------------------------------------------------------------------------- */

static void
send_body(h2o_req_t *req, bool head, const void *body, size_t n)
{
	static h2o_generator_t generator;
	h2o_iovec_t buf = h2o_iovec_init(body, n);

	req->res.content_length = n;
	h2o_start_response(req, &generator);
	h2o_send(req, &buf, head ? 0 : 1, H2O_SEND_STATE_FINAL);
}

/* Says what is wrong with a request; text is static. */
static void
refuse(h2o_req_t *req, int status, const char *text)
{
	h2o_host_begin(req, status, "text/plain; charset=utf-8");
	send_body(req, h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD")), text,
	    strlen(text));
}

static void
last_word(h2o_req_t *req)
{
	req->http1_is_persistent = 0;
	refuse(req, 503, "stubd is shutting down\n");
}

/* RFC 8484 section 5.1 */
static h2o_iovec_t
cache_control(h2o_mem_pool_t *pool, const uint8_t *wire, size_t len)
{
	static const char key[] = "max-age=";
	const int64_t lifetime = lifetime_of(wire, len);
	char *text, *end, *at;

	if (lifetime < 0)
		return h2o_iovec_init(H2O_STRLIT("no-store"));
	text = h2o_mem_alloc_pool(pool, sizeof(key) + LIFETIME_DIGITS);
	at = end = text + sizeof(key) + LIFETIME_DIGITS;
	for (uint32_t left = (uint32_t)lifetime; at == end || left; left /= 10)
		*--at = (char)('0' + left % 10);
	at -= sizeof(key) - 1;
	memcpy(at, key, sizeof(key) - 1);
	return h2o_iovec_init(at, (size_t)(end - at));
}

static void
answer(struct request *request, const uint8_t *wire, size_t len)
{
	h2o_req_t *req = request->req;
	const h2o_iovec_t lifetime = cache_control(&req->pool, wire, len);
	const size_t more = request->padded ? padding_needed(wire, len) : 0;
	uint8_t *body = h2o_mem_alloc_pool(&req->pool, len + more);

	memcpy(body, wire, len);
	if (more)
		padding_add(body, len, more);
	len += more;
	req->res.status = 200;
	req->res.reason = "OK";
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
	    H2O_STRLIT("application/dns-message"));
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, lifetime.base,
	    lifetime.len);
	request->length = request->head ? 0 : len;
	send_body(req, request->head, body, len);
}

static void
replied(void *arg, const uint8_t *wire, size_t len)
{
	struct request *request = arg;
	struct doh_counters *counters = &request->front->counters;

	if (request->query) { /* it waited */
		list_remove(&request->link);
		request->query = NULL;
		request->client->waiting--;
		counters->waiting--;
		doh_client_used(request->client);
	}
	request->answered = true;
	if (len) {
		counters->answered++;
		answer(request, wire, len);
	} else {
		counters->bad++;
		refuse(request->req, 400, "that is not a DNS question\n");
	}
}

/* The request's pool goes: answered and done, or the client left. */
static void
request_disposed(void *arg)
{
	struct request *request = arg;
	struct doh_client *client = request->client;
	struct doh_counters *counters = &request->front->counters;

	counters->open--;
	if (request->query) {
		list_remove(&request->link);
		query_cancel(request->front->resolver, request->query);
		client->waiting--;
		counters->waiting--;
		counters->gone++;
	}
	/* Not read to its end is as good as cancelled: a flood of such requests costs their sender
	 * nothing, and us all the work (CVE-2023-44487). */
	if (request->answered && request->req->bytes_sent >= request->length)
		return;
	if (++client->gone >= DOH_GONE)
		doh_client_shut(client, &counters->flooding);
}

void
doh_end_requests(struct doh_front *front)
{
	while (!list_empty(&front->requests)) {
		struct request *request = container_of(front->requests.next, struct request, link);

		list_remove(&request->link);
		query_cancel(front->resolver, request->query);
		request->query = NULL;
		request->answered = true;
		last_word(request->req);
	}
}

/* --- requests --------------------------------------------------------------------------------- */

static bool
method_is(const h2o_req_t *req, const char *name)
{
	return h2o_memis(req->method.base, req->method.len, name, strlen(name));
}

static const h2o_iovec_t *
header(const h2o_req_t *req, const char *name)
{
	const ssize_t at = h2o_find_header_by_str(&req->headers, name, strlen(name), SIZE_MAX);

	return at < 0 ? NULL : &req->headers.entries[at].value;
}

/* A web page has no business here: it could learn what is cached, or, under a name of its own that it
 * makes lead here (rebinding), what names of the person's own networks are. Without TLS no certificate
 * keeps it from that, so the Host has to be this machine. */
static int
refuse_web_page(h2o_req_t *req, const struct doh_front *front)
{
	const h2o_iovec_t *site = header(req, "sec-fetch-site");

	if (header(req, "origin") ||
	    (site && !h2o_memis(site->base, site->len, H2O_STRLIT("none")))) {
		refuse(req, 403, "this is no place for web pages\n");
		return 403;
	}
	if (front->tls || doh_host_is_local(req->authority.base, req->authority.len))
		return 0;
	refuse(req, 421,
	    "without TLS only \"localhost\" and loopback addresses are served: mend the Host\n");
	return 421;
}

static int
refuse_method(h2o_req_t *req)
{
	static const char *const known[] = { "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE",
		"CONNECT" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!method_is(req, known[i]))
			continue;
		h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("allow"), 0, NULL,
		    H2O_STRLIT("GET, HEAD, POST"));
		refuse(req, 405, "ask with GET or POST (RFC 8484)\n");
		return 405;
	}
	refuse(req, 501, "ask with GET or POST (RFC 8484)\n");
	return 501;
}

/* The octets of the question, borrowed until the request ends; NULL: refused. */
static const uint8_t *
posted_question(h2o_req_t *req, size_t *n)
{
	const ssize_t at = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, SIZE_MAX);
	const h2o_iovec_t *type = at < 0 ? NULL : &req->headers.entries[at].value;

	if (!type || !doh_type_is_dns(type->base, type->len)) {
		refuse(req, 415, "the content-type must be application/dns-message\n");
		return NULL;
	}
	if (req->entity.len > DOH_QUESTION) {
		refuse(req, 413, "the question is too long\n");
		return NULL;
	}
	if (req->entity.len < MSG_HEADER) {
		refuse(req, 400, "that is not a DNS question\n");
		return NULL;
	}
	*n = req->entity.len;
	return (const uint8_t *)req->entity.base;
}

/* The same of a GET; out has room for DOH_QUESTION. */
static const uint8_t *
written_question(h2o_req_t *req, uint8_t *out, size_t *n)
{
	const size_t at = req->query_at == SIZE_MAX ? req->path.len : req->query_at + 1;
	const ssize_t len =
	    doh_question_read(req->path.base + at, req->path.len - at, out, DOH_QUESTION);

	if (len >= MSG_HEADER) {
		*n = (size_t)len;
		return out;
	}
	refuse(req, 400,
	    "ask with ?dns= and a DNS question in base64url without padding (RFC 8484, 4.1)\n");
	return NULL;
}

static bool
path_is(const h2o_req_t *req, const char *path)
{
	const size_t n = req->query_at == SIZE_MAX ? req->path.len : req->query_at;

	return h2o_memis(req->path.base, n, path, strlen(path));
}

/* Refuses what is no question; else gives its octets. */
static const uint8_t *
read_request(h2o_req_t *req, const struct doh_front *front, uint8_t *buf, size_t *n)
{
	const bool post = method_is(req, "POST");

	if (front->host.closing || front->draining) {
		last_word(req);
		return NULL;
	}
	if (req->path.len > DOH_TARGET) {
		refuse(req, 414, "the target is too long\n");
		return NULL;
	}
	if (refuse_web_page(req, front))
		return NULL;
	if (!path_is(req, front->path)) {
		refuse(req, 404, "there is nothing at this path\n");
		return NULL;
	}
	if (!post && !method_is(req, "GET") && !method_is(req, "HEAD")) {
		refuse_method(req);
		return NULL;
	}
	return post ? posted_question(req, n) : written_question(req, buf, n);
}

int
doh_request(void *arg, h2o_req_t *req)
{
	struct doh_front *front = arg;
	struct doh_client *client = container_of(h2o_peer_of(req), struct doh_client, peer);
	const struct query_front how = { .client = client->addr, .limit = MSG_MAX };
	struct query *waiting = NULL;
	uint8_t buf[DOH_QUESTION];
	struct request *request;
	const uint8_t *bytes;
	size_t n = 0;

	doh_client_used(client);
	front->counters.requests++;
	front->counters.open++;
	request = h2o_mem_alloc_shared(&req->pool, sizeof(*request), request_disposed);
	*request = (struct request){ .front = front, .client = client, .req = req };
	list_init(&request->link);
	request->head = method_is(req, "HEAD");
	bytes = read_request(req, front, buf, &n);
	if (!bytes) {
		front->counters.bad++;
		request->answered = true;
		return 0;
	}
	request->padded = front->tls && padding_asked(bytes, n);
	query_start(front->resolver, bytes, n, &how, replied, request, &waiting);
	if (waiting) {
		request->query = waiting;
		list_push_back(&front->requests, &request->link);
		client->waiting++;
		front->counters.waiting++;
	}
	return 0;
}
