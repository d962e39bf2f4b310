/* One client's TLS connection: handshake, bytes in, bytes out, DoT framing (RFC 7858). */
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "crook.h"

struct request *
request_new(struct conn *conn, int32_t stream)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		die("calloc");
	r->upstream.fd = -1;
	r->conn = conn;
	r->stream = stream;
	r->next = conn->requests;
	conn->requests = r;
	return r;
}

void
request_free(struct request *r)
{
	struct request **at = &r->conn->requests;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	watch_close(&r->upstream);
	buf_free(&r->path);
	buf_free(&r->headers);
	buf_free(&r->query);
	buf_free(&r->answer);
	free(r);
}

static void
conn_free(struct conn *conn)
{
	struct conn **at = &conn->crook->conns;

	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	nghttp2_session_del(conn->h2);
	while (conn->requests)
		request_free(conn->requests);
	SSL_free(conn->ssl);
	watch_close(&conn->watch);
	buf_free(&conn->in);
	buf_free(&conn->out);
	free(conn);
}

/* Cut the DoT stream into questions. */
static void
split_frames(struct conn *conn)
{
	while (conn->in.len >= 2) {
		size_t len = (size_t)conn->in.data[0] << 8 | conn->in.data[1];
		struct request *r;

		if (conn->in.len < 2 + len)
			return;
		r = request_new(conn, 0);
		buf_add(&r->query, conn->in.data + 2, len);
		buf_drop(&conn->in, 2 + len);
		request_start(r);
		if (conn->doomed)
			return;
	}
}

/* Was that result only "not yet"?  Anything else ends the connection. */
static bool
would_block(struct conn *conn, int result)
{
	int error = SSL_get_error(conn->ssl, result);

	ERR_clear_error(); /* or the next connection would be blamed for it */
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void
conn_read(struct conn *conn)
{
	uint8_t data[16384];
	int len;

	while ((len = SSL_read(conn->ssl, data, sizeof(data))) > 0) {
		if (conn->http) {
			conn->doomed |= !http_receive(conn, data, (size_t)len);
		} else {
			buf_add(&conn->in, data, (size_t)len);
			split_frames(conn);
		}
		if (conn->doomed)
			return;
	}
	if (!would_block(conn, len))
		conn->doomed = true;
}

static void
conn_write(struct conn *conn)
{
	int len = 1;

	while (conn->out.len && len > 0) {
		len = SSL_write(conn->ssl, conn->out.data, (int)conn->out.len);
		if (len > 0)
			buf_drop(&conn->out, (size_t)len);
		else if (!would_block(conn, len))
			conn->doomed = true;
	}
}

/* After the last answer: are all streams done that GOAWAY promised one? */
static bool
is_drained(const struct conn *conn)
{
	if (conn->last_stream == INT32_MAX || conn->out.len)
		return false;
	if (!conn->http)
		return true;
	for (const struct request *r = conn->requests; r; r = r->next)
		if (r->stream <= conn->last_stream)
			return false;
	return true;
}

void
conn_settle(struct conn *conn)
{
	if (conn->accepted && !conn->doomed) {
		if (conn->http)
			http_collect(conn);
		conn_write(conn);
	}
	if (!conn->doomed && is_drained(conn)) {
		SSL_shutdown(conn->ssl);
		conn->doomed = true;
	}
	if (conn->doomed) {
		conn_free(conn);
		return;
	}
	watch_change(conn->crook, &conn->watch, conn->out.len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void
conn_rested(struct conn *conn)
{
	conn->last_stream = 0;
	if (conn->http)
		http_goaway(conn, 0, NGHTTP2_NO_ERROR);
}

static void
conn_ready(struct watch *w, uint32_t events)
{
	struct conn *conn = (struct conn *)w;

	(void)events;
	conn->heard = now_ms();
	if (!conn->accepted) {
		int result = SSL_accept(conn->ssl);

		if (result == 1) {
			conn->accepted = true;
			conn->doomed = conn->http && !http_open(conn);
		} else if (!would_block(conn, result)) {
			conn->doomed = true;
		}
	}
	if (conn->accepted && !conn->doomed)
		conn_read(conn);
	conn_settle(conn);
}

void
conn_accept(struct crook *crook, int fd, bool http, const char *client)
{
	enum mode certificate = crook->mode < CERTIFICATES ? crook->mode : MODE_OK;
	struct conn *conn = calloc(1, sizeof(*conn));
	int on = 1;

	if (!conn)
		die("calloc");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn->watch = (struct watch){ fd, conn_ready };
	conn->crook = crook;
	conn->http = http;
	conn->last_stream = INT32_MAX;
	strcpy(conn->client, client);
	conn->ssl = SSL_new(crook->tls[certificate][http]);
	if (!conn->ssl)
		die("SSL_new");
	SSL_set_fd(conn->ssl, fd);
	conn->next = crook->conns;
	crook->conns = conn;
	watch_add(crook, &conn->watch, EPOLLIN);
}
