/* DoH (RFC 8484) over HTTP/2, by nghttp2. */
#include <stdio.h>
#include <string.h>

#include "crook.h"

#define PATH "/dns-query"
#define QUERY_MAX 65535

static struct request *
request_on(struct conn *conn, int32_t stream)
{
	struct request *r = conn->requests;

	while (r && r->stream != stream)
		r = r->next;
	return r;
}

static int
on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	(void)h2;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		request_new(arg, frame->hd.stream_id);
	return 0;
}

static int
on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name, size_t namelen,
    const uint8_t *value, size_t valuelen, uint8_t flags, void *arg)
{
	struct request *r = request_on(arg, frame->hd.stream_id);

	(void)h2;
	(void)flags;
	if (!r)
		return 0;
	if (r->headers.len)
		buf_add(&r->headers, ",", 1);
	buf_add(&r->headers, "[", 1);
	buf_add_json(&r->headers, name, namelen);
	buf_add(&r->headers, ",", 1);
	buf_add_json(&r->headers, value, valuelen);
	buf_add(&r->headers, "]", 1);
	if (namelen == 5 && memcmp(name, ":path", 5) == 0)
		buf_add(&r->path, value, valuelen);
	if (namelen == 7 && memcmp(name, ":method", 7) == 0)
		snprintf(r->method, sizeof(r->method), "%s", (const char *)value);
	return 0;
}

static int
on_data(
    nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data, size_t len, void *arg)
{
	struct request *r = request_on(arg, stream);

	(void)h2;
	(void)flags;
	if (r && r->query.len + len <= QUERY_MAX)
		buf_add(&r->query, data, len);
	return 0;
}

/* The question of a GET is in its URI: /dns-query?dns=BASE64URL. */
static bool
query_from_path(struct request *r)
{
	const char *path = r->path.data ? (const char *)r->path.data : "";
	const char *parameter = strstr(path, "?dns=");

	if (!parameter)
		return false;
	parameter += 5;
	return base64url_decode(&r->query, (const uint8_t *)parameter, strcspn(parameter, "&"));
}

static int
on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct conn *conn = arg;
	struct request *r = request_on(conn, frame->hd.stream_id);
	const size_t len = strlen(PATH);

	(void)h2;
	if (!r || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
	    (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
		return 0;
	if (r->path.len < len || memcmp(r->path.data, PATH, len) != 0 ||
	    (strcmp(r->method, "POST") != 0 && !query_from_path(r)))
		return nghttp2_submit_rst_stream(
		    conn->h2, NGHTTP2_FLAG_NONE, r->stream, NGHTTP2_REFUSED_STREAM);
	request_start(r);
	return 0;
}

static int
on_close(nghttp2_session *h2, int32_t stream, uint32_t error, void *arg)
{
	struct request *r = request_on(arg, stream);

	(void)h2;
	(void)error;
	if (r)
		request_free(r);
	return 0;
}

bool
http_open(struct conn *conn)
{
	nghttp2_settings_entry settings = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100 };
	nghttp2_session_callbacks *callbacks;
	const unsigned char *alpn;
	unsigned len;

	SSL_get0_alpn_selected(conn->ssl, &alpn, &len);
	if (len != 2 || nghttp2_session_callbacks_new(&callbacks) != 0)
		return false;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	if (nghttp2_session_server_new(&conn->h2, callbacks, conn) != 0)
		die("nghttp2");
	nghttp2_session_callbacks_del(callbacks);
	return nghttp2_submit_settings(conn->h2, NGHTTP2_FLAG_NONE, &settings, 1) == 0;
}

bool
http_receive(struct conn *conn, const uint8_t *data, size_t len)
{
	return nghttp2_session_mem_recv(conn->h2, data, len) >= 0;
}

void
http_collect(struct conn *conn)
{
	const uint8_t *data;
	ssize_t len;

	while ((len = nghttp2_session_mem_send(conn->h2, &data)) > 0)
		buf_add(&conn->out, data, (size_t)len);
	if (len < 0 || (!nghttp2_session_want_read(conn->h2) &&
			   !nghttp2_session_want_write(conn->h2) && !conn->out.len))
		conn->doomed = true;
}

/* Goes on for ever: the answer, and then zeroes; slowly if so told. */
static ssize_t
read_endless(struct request *r, uint8_t *to, size_t room)
{
	size_t len = r->value ? 1 : room;

	if (r->due)
		return NGHTTP2_ERR_DEFERRED;
	memset(to, 0, len);
	for (size_t i = 0; i < len && r->sent + i < r->answer.len; i++)
		to[i] = r->answer.data[r->sent + i];
	r->sent += len;
	if (r->value)
		r->due = now_ms() + r->value;
	return (ssize_t)len;
}

void
http_resume(struct request *r)
{
	r->due = 0;
	nghttp2_session_resume_data(r->conn->h2, r->stream);
}

static ssize_t
read_answer(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct request *r = source->ptr;
	size_t len = r->answer.len - r->sent;

	(void)h2;
	(void)stream;
	(void)arg;
	if (r->mode == MODE_ENDLESS)
		return read_endless(r, to, room);
	if (len > room)
		len = room;
	if (len)
		memcpy(to, r->answer.data + r->sent, len);
	r->sent += len;
	if (r->sent == r->answer.len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static nghttp2_nv
header(const char *name, const char *value)
{
	return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), 0 };
}

void
http_answer(struct request *r)
{
	static const char *const status[MODE_COUNT] = {
		[MODE_HTTP500] = "500", [MODE_HTTP302] = "302", [MODE_HTTP429] = "429"
	};
	nghttp2_data_provider body = { { .ptr = r }, read_answer };
	const char *code = status[r->mode] ? status[r->mode] : "200";
	bool is_dns = !status[r->mode] && r->mode != MODE_WRONG_TYPE && r->mode != MODE_STATUS;
	nghttp2_nv headers[6];
	size_t n = 0;
	char len[24], age[16], told[16], cookie[48];

	snprintf(len, sizeof(len), "%zu", r->answer.len);
	snprintf(told, sizeof(told), "%u", r->value);
	snprintf(
	    cookie, sizeof(cookie), "id=%lx-%d; Path=/; Secure", (unsigned long)r->conn, r->stream);
	headers[n++] = header(":status", r->mode == MODE_STATUS ? told : code);
	headers[n++] = header("content-type", is_dns ? "application/dns-message" : "text/html");
	if (r->mode != MODE_ENDLESS)
		headers[n++] = header("content-length", len);
	headers[n++] = header("set-cookie", cookie); /* nobody may bring it back */
	if (r->mode == MODE_HTTP302)
		headers[n++] = header("location", "https://dns.alpha.example/dns-query");
	if (r->mode == MODE_HTTP429)
		headers[n++] = header("retry-after", "5");
	snprintf(age, sizeof(age), "%u", r->value);
	if (r->mode == MODE_AGE)
		headers[n++] = header("age", age);
	nghttp2_submit_response(r->conn->h2, r->stream, headers, n, &body);
}

void
http_reset(struct request *r)
{
	nghttp2_submit_rst_stream(r->conn->h2, NGHTTP2_FLAG_NONE, r->stream,
	    r->value ? r->value : NGHTTP2_INTERNAL_ERROR);
}

void
http_goaway(struct conn *conn, int32_t last_stream, uint32_t error)
{
	nghttp2_submit_goaway(conn->h2, NGHTTP2_FLAG_NONE, last_stream, error, NULL, 0);
}
