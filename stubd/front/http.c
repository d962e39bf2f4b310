#include "stubd/front/http.h"
#include "stubd/base/list.h"
#include "stubd/front/control.h"
#include "stubd/front/h2o_host.h"
#include "stubd/net/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 16 };

struct http {
	struct loop *loop;     /* borrowed */
	struct h2o_host *host; /* owned; NULL: nobody has come yet */
	http_handler *handler;
	void *arg;
	char *path; /* owned */
	struct control_file file;
	struct listener *listener; /* owned */
	struct list requests;
};

/* One request; lives in the request's pool. */
struct request {
	struct http_request pub;
	h2o_req_t *req;
	struct list link; /* in http.requests while unanswered */
};

static void
host_closed(void *arg)
{
	struct http *http = arg;

	free(http->host);
	free(http->path);
	free(http);
}

static void
client_gone(void *arg, struct h2o_peer *peer)
{
	(void)arg;
	free(peer);
}

/* The request's pool goes: answered and done, or the client left. */
static void
request_disposed(void *arg)
{
	struct request *request = arg;
	bool waiting = !list_empty(&request->link);

	list_remove(&request->link);
	if (waiting && request->pub.gone)
		request->pub.gone(request->pub.arg);
}

static void
send_json(h2o_req_t *req, int status, const char *body, size_t n)
{
	h2o_host_begin(req, status, "application/json");
	req->res.content_length = n;
	h2o_send_inline(req, body, n);
}

static void
last_word(h2o_req_t *req)
{
	static const char body[] = "{\"error\": \"stubd is shutting down\"}\n";

	req->http1_is_persistent = 0;
	send_json(req, 503, body, sizeof(body) - 1);
}

static enum http_method
method(const h2o_req_t *req)
{
	if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")))
		return HTTP_GET;
	if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST")))
		return HTTP_POST;
	return HTTP_OTHER;
}

static int
on_request(void *arg, h2o_req_t *req)
{
	struct http *http = arg;
	h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);
	size_t n = req->path.len;
	size_t at = req->query_at == SIZE_MAX ? n : req->query_at;
	static const char too_long[] = "{\"error\": \"the request's target is too long\"}\n";
	struct request *request;

	/* What was on its way when the server closed still arrives, and the handler may be gone. */
	if (http->host->closing) {
		last_word(req);
		return 0;
	}
	if (n > HTTP_TARGET_MAX) {
		send_json(req, 414, too_long, sizeof(too_long) - 1);
		return 0;
	}
	request = h2o_mem_alloc_shared(&req->pool, sizeof(*request), request_disposed);
	*request = (struct request){ .req = req };
	request->pub.method = method(req);
	request->pub.path = h2o_strdup(&req->pool, req->path.base, at).base;
	request->pub.query =
	    at < n ? h2o_strdup(&req->pool, req->path.base + at + 1, n - at - 1).base : "";
	request->pub.may_change = control_peer_may_change(h2o_socket_get_fd(sock));
	list_push_back(&http->requests, &request->link);
	http->handler(http->arg, &request->pub);
	return 0;
}

void
http_reply(struct http_request *pub, int status, const char *body, size_t n)
{
	struct request *request = container_of(pub, struct request, pub);

	list_remove(&request->link);
	if (pub->allow)
		h2o_add_header_by_str(&request->req->pool, &request->req->res.headers,
		    H2O_STRLIT("allow"), 0, NULL, pub->allow, strlen(pub->allow));
	send_json(request->req, status, body, n);
}

static const struct h2o_host_ops ops = {
	.body_max = HTTP_BODY_MAX,
	.request_time = HTTP_REQUEST_TIMEOUT,
	.idle_time = HTTP_REQUEST_TIMEOUT,
	.request = on_request,
	.gone = client_gone,
	.closed = host_closed,
};

/* libh2o is set up for the first client, so that no start waits for its tables of file types, which
 * nobody needs here. NULL: out of memory. */
static struct h2o_host *
open_host(struct http *http)
{
	if (!http->host) {
		http->host = malloc(sizeof(*http->host));
		if (http->host)
			h2o_host_init(http->host, http->loop, &ops, http);
	}
	return http->host;
}

static void
accepted(void *arg, int fd, const struct addr *peer)
{
	struct http *http = arg;
	struct h2o_host *host = open_host(http);
	struct h2o_peer *client =
	    host && host->npeers < HTTP_CLIENTS_MAX ? malloc(sizeof(*client)) : NULL;

	(void)peer;
	if (client)
		h2o_host_serve(host, client, fd, true);
	else
		close(fd);
}

int
http_open(struct loop *loop, const char *path, http_handler *handler, void *arg, struct http **out,
    char error[HTTP_ERROR_MAX])
{
	struct http *http = calloc(1, sizeof(*http));
	int fd, r = -ENOMEM;

	if (!http || !(http->path = strdup(path))) {
		snprintf(error, HTTP_ERROR_MAX, "control socket %s: out of memory", path);
		goto fail;
	}
	http->loop = loop;
	http->handler = handler;
	http->arg = arg;
	list_init(&http->requests);
	r = control_bind(path, &fd, &http->file, error);
	if (r)
		goto fail;
	r = listen(fd, BACKLOG) < 0 ? -errno : 0;
	if (r == 0 && !(http->listener = listener_new(loop, fd, accepted, http)))
		r = -ENOMEM;
	if (r) {
		close(fd);
		snprintf(error, HTTP_ERROR_MAX, "control socket %s: %s", path, strerror(-r));
		http_close(http);
		return r;
	}
	*out = http;
	return 0;
fail:
	if (http)
		free(http->path);
	free(http);
	return r;
}

/* Lets open requests go. They get a last word, and their connections close after it. */
static void
end_requests(struct http *http)
{
	while (!list_empty(&http->requests)) {
		struct request *request = container_of(http->requests.next, struct request, link);

		list_remove(&request->link);
		if (request->pub.gone)
			request->pub.gone(request->pub.arg);
		last_word(request->req);
	}
}

struct http *
http_close(struct http *http)
{
	if (!http)
		return NULL;
	control_unlink(http->path, &http->file);
	http->listener = listener_free(http->listener);
	end_requests(http);
	if (http->host)
		h2o_host_close(http->host);
	else
		host_closed(http);
	return NULL;
}
