#include "stubd/front/h2o_host.h"
#include "stubd/net/loop.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* h2o's handler, with the way back to us. */
struct handler {
	h2o_handler_t super;
	struct h2o_host *host;
};

static void
last_closed(uv_handle_t *handle)
{
	struct h2o_host *host = handle->data;

	/* libuv finishes the handles closed in one turn last come, first served: on the first lap
	 * libh2o's own timers, which live in our memory, are still behind this one. */
	if (!host->last_lap) {
		host->last_lap = true;
		uv_timer_init(host->loop, &host->last);
		uv_close((uv_handle_t *)&host->last, last_closed);
		return;
	}
	host->ops->closed(host->arg);
}

static void
finish_when_empty(struct h2o_host *host)
{
	if (!host->closing || host->npeers)
		return;
	/* Left over from h2o_context_request_shutdown(). */
	h2o_timeout_unlink(&host->context.http2._graceful_shutdown_timeout);
	h2o_context_dispose(&host->context);
	h2o_config_dispose(&host->config);
	uv_close((uv_handle_t *)&host->check, NULL);
	uv_close((uv_handle_t *)&host->last, last_closed);
}

static void
peer_closed(uv_handle_t *handle)
{
	struct h2o_peer *peer = container_of((uv_stream_t *)handle, struct h2o_peer, uv.stream);
	struct h2o_host *host = peer->host;

	list_remove(&peer->link);
	if (--host->npeers == 0)
		uv_check_stop(&host->check);
	host->ops->gone(host->arg, peer);
	finish_when_empty(host);
}

/* libuv takes no writes after a read that failed, and calls nobody back for them. */
static bool
waits_for_nothing(const struct h2o_peer *peer)
{
	const uv_stream_t *stream = &peer->uv.stream;
	const h2o_socket_t *sock = stream->data;

	return !uv_is_closing(&peer->uv.handle) && !uv_is_writable(stream) &&
	       uv_stream_get_write_queue_size(stream) == 0 && sock->_cb.write;
}

static void
on_check(uv_check_t *check)
{
	struct h2o_host *host = check->data;

	list_for_each (it, &host->peers) {
		struct h2o_peer *peer = container_of(it, struct h2o_peer, link);
		h2o_socket_t *sock = peer->uv.stream.data;
		h2o_socket_cb cb;

		if (!waits_for_nothing(peer))
			continue;
		cb = sock->_cb.write;
		sock->_cb.write = NULL;
		cb(sock, h2o_socket_error_io);
	}
}

static int
on_request(h2o_handler_t *handler, h2o_req_t *req)
{
	struct h2o_host *host = ((struct handler *)handler)->host;

	return host->ops->request(host->arg, req);
}

void
h2o_host_init(struct h2o_host *host, struct loop *loop, const struct h2o_host_ops *ops, void *arg)
{
	h2o_hostconf_t *conf;
	struct handler *handler;

	host->loop = loop_uv(loop);
	host->ops = ops;
	host->arg = arg;
	host->npeers = 0;
	host->closing = host->last_lap = false;
	list_init(&host->peers);
	h2o_config_init(&host->config);
	/* No header says what serves: that is nobody's business. */
	host->config.server_name = h2o_iovec_init(H2O_STRLIT(""));
	host->config.http1.upgrade_to_http2 = 0;
	host->config.max_request_entity_size = ops->body_max;
	host->config.http1.req_timeout = host->config.handshake_timeout = ops->request_time;
	host->config.http2.idle_timeout = ops->idle_time;
	conf =
	    h2o_config_register_host(&host->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	handler = (struct handler *)h2o_create_handler(
	    h2o_config_register_path(conf, "/", 0), sizeof(*handler));
	handler->super.on_req = on_request;
	handler->host = host;
	h2o_context_init(&host->context, host->loop, &host->config);
	host->accept = (h2o_accept_ctx_t){ .ctx = &host->context, .hosts = host->config.hosts };
	uv_check_init(host->loop, &host->check);
	host->check.data = host;
	uv_timer_init(host->loop, &host->last);
	host->last.data = host;
}

int
h2o_host_serve(struct h2o_host *host, struct h2o_peer *peer, int fd, bool is_pipe)
{
	h2o_socket_t *sock;
	int r;

	if (is_pipe)
		uv_pipe_init(host->loop, &peer->uv.pipe, 0);
	else
		uv_tcp_init(host->loop, &peer->uv.tcp);
	peer->host = host;
	list_push_back(&host->peers, &peer->link);
	if (host->npeers++ == 0)
		uv_check_start(&host->check, on_check);
	r = is_pipe ? uv_pipe_open(&peer->uv.pipe, fd) : uv_tcp_open(&peer->uv.tcp, fd);
	if (r < 0) {
		close(fd);
		uv_close(&peer->uv.handle, peer_closed);
		return r;
	}
	if (!is_pipe)
		uv_tcp_nodelay(&peer->uv.tcp, 1);
	sock = h2o_uv_socket_create(&peer->uv.stream, peer_closed);
	sock->on_close.data = peer;
	h2o_accept(&host->accept, sock);
	return 0;
}

void
h2o_peer_shut(struct h2o_peer *peer)
{
	uv_os_fd_t fd;

	if (uv_fileno(&peer->uv.handle, &fd) == 0)
		shutdown(fd, SHUT_RDWR);
}

struct h2o_peer *
h2o_peer_of(const h2o_req_t *req)
{
	return req->conn->callbacks->get_socket(req->conn)->on_close.data;
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
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Internal Server Error";
}

void
h2o_host_begin(h2o_req_t *req, int status, const char *type)
{
	req->res.status = status;
	req->res.reason = reason(status);
	h2o_add_header(
	    &req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, type, strlen(type));
	h2o_add_header(
	    &req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
}

void
h2o_host_close(struct h2o_host *host)
{
	host->closing = true;
	/* libh2o cannot be told to close idle connections: the end of the stream tells it. */
	list_for_each (it, &host->peers)
		h2o_peer_shut(container_of(it, struct h2o_peer, link));
	finish_when_empty(host);
}
