#include <uv.h>

#include <h2o.h>
#include <h2o/http1.h>

#include "stubd/base/list.h"
#include "stubd/front/control.h"
#include "stubd/front/http.h"
#include "stubd/net/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 16 };

struct http {
	uv_loop_t *loop; /* borrowed */
	http_handler *handler;
	void *arg;
	char *path; /* owned */
	struct control_file file;
	uv_pipe_t listener;
	uv_timer_t last; /* closed after all others, twice: see last_closed() */
	bool closing, listener_open, last_lap;
	struct list clients, requests;
	size_t nclients;
	h2o_globalconf_t config;
	h2o_context_t context;
	h2o_accept_ctx_t accept;
};

struct client {
	uv_pipe_t pipe; /* first: libh2o hands it back on close */
	struct http *http;
	struct list link;
};

/* h2o's handler, with the way back to us. */
struct handler {
	h2o_handler_t super;
	struct http *http;
};

/* One request; lives in the request's pool. */
struct request {
	struct http_request pub;
	h2o_req_t *req;
	struct list link; /* in http.requests while unanswered */
};

static void
last_closed(uv_handle_t *handle)
{
	struct http *http = handle->data;

	/* libuv finishes the handles closed in one turn last come, first served: on the first lap
	 * libh2o's own timers, which live in our memory, are still behind this one. */
	if (!http->last_lap) {
		http->last_lap = true;
		uv_timer_init(http->loop, &http->last);
		uv_close((uv_handle_t *)&http->last, last_closed);
		return;
	}
	free(http->path);
	free(http);
}

static void
finish_when_empty(struct http *http)
{
	if (!http->closing || http->nclients || http->listener_open)
		return;
	h2o_context_dispose(&http->context);
	h2o_config_dispose(&http->config);
	uv_close((uv_handle_t *)&http->last, last_closed);
}

static void
listener_closed(uv_handle_t *handle)
{
	struct http *http = handle->data;

	http->listener_open = false;
	finish_when_empty(http);
}

static void
client_closed(uv_handle_t *handle)
{
	struct client *client = container_of((uv_pipe_t *)handle, struct client, pipe);
	struct http *http = client->http;

	list_remove(&client->link);
	free(client);
	http->nclients--;
	finish_when_empty(http);
}

static void
accepted(uv_stream_t *listener, int status)
{
	struct http *http = listener->data;
	struct client *client;

	if (status < 0)
		return;
	client = h2o_mem_alloc(sizeof(*client)); /* no memory is fatal, as everywhere in libh2o */
	client->http = http;
	uv_pipe_init(http->loop, &client->pipe, 0);
	list_push_back(&http->clients, &client->link);
	http->nclients++;
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) < 0 ||
	    http->nclients > HTTP_CLIENTS_MAX) {
		uv_close((uv_handle_t *)&client->pipe, client_closed);
		return;
	}
	h2o_accept(
	    &http->accept, h2o_uv_socket_create((uv_stream_t *)&client->pipe, client_closed));
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

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 414, "URI Too Long" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Internal Server Error";
}

static void
send_json(h2o_req_t *req, int status, const char *body, size_t n)
{
	req->res.status = status;
	req->res.reason = reason(status);
	req->res.content_length = n;
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
	    H2O_STRLIT("application/json"));
	h2o_add_header(
	    &req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
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
on_request(h2o_handler_t *handler, h2o_req_t *req)
{
	struct http *http = ((struct handler *)handler)->http;
	h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);
	size_t n = req->path.len;
	size_t at = req->query_at == SIZE_MAX ? n : req->query_at;
	static const char too_long[] = "{\"error\": \"the request's target is too long\"}\n";
	struct request *request;

	/* What was on its way when the server closed still arrives, and the handler may be gone. */
	if (http->closing) {
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

static void
init_h2o(struct http *http)
{
	h2o_hostconf_t *host;
	struct handler *handler;

	h2o_config_init(&http->config);
	http->config.server_name = h2o_iovec_init(H2O_STRLIT("stubd"));
	http->config.max_request_entity_size = HTTP_BODY_MAX;
	http->config.http1.req_timeout = HTTP_REQUEST_TIMEOUT;
	http->config.http1.upgrade_to_http2 = 0;
	host =
	    h2o_config_register_host(&http->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	handler = (struct handler *)h2o_create_handler(
	    h2o_config_register_path(host, "/", 0), sizeof(*handler));
	handler->super.on_req = on_request;
	handler->http = http;
	h2o_context_init(&http->context, http->loop, &http->config);
	http->accept.ctx = &http->context;
	http->accept.hosts = http->config.hosts;
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
	http->loop = loop_uv(loop);
	http->handler = handler;
	http->arg = arg;
	list_init(&http->clients);
	list_init(&http->requests);
	r = control_bind(path, &fd, &http->file, error);
	if (r)
		goto fail;
	init_h2o(http);
	uv_timer_init(http->loop, &http->last);
	http->last.data = http;
	uv_pipe_init(http->loop, &http->listener, 0);
	http->listener.data = http;
	http->listener_open = true;
	r = uv_pipe_open(&http->listener, fd);
	if (r)
		close(fd);
	else
		r = uv_listen((uv_stream_t *)&http->listener, BACKLOG, accepted);
	if (r) {
		snprintf(error, HTTP_ERROR_MAX, "control socket %s: %s", path, uv_strerror(r));
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
	http->closing = true;
	control_unlink(http->path, &http->file);
	end_requests(http);
	/* libh2o cannot be told to close idle connections: the end of the stream tells it. */
	list_for_each (it, &http->clients) {
		struct client *client = container_of(it, struct client, link);
		uv_os_fd_t fd;

		if (uv_fileno((uv_handle_t *)&client->pipe, &fd) == 0)
			shutdown(fd, SHUT_RDWR);
	}
	uv_close((uv_handle_t *)&http->listener, listener_closed);
	return NULL;
}
