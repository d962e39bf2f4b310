/*
 * The server's side of HTTP/2, for tests: its answers are the test's choice.
 */
#ifndef UNIT_NET_H2_SERVER_H
#define UNIT_NET_H2_SERVER_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 400, HEADERS_TEXT = 1024 };

/* A server whose answers the test chooses, on the same octets. */
struct server {
	nghttp2_session *session;
	char headers[HEADERS_TEXT]; /* of the last request: "name: value\n" each */
	uint8_t body[2048];
	size_t nbody;
	int32_t ids[REQUESTS];
	size_t nrequests, cancelled, pings;
	const char *status, *type, *age; /* age NULL: none */
	const char *date, *retry_after;	 /* NULL: none */
	size_t answer_len, answer_sent;
	bool hold; /* answer nothing */
};

static inline int
on_server_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t nname, const uint8_t *value, size_t nvalue, uint8_t flags, void *arg)
{
	struct server *s = arg;
	size_t used = strlen(s->headers);

	(void)session;
	(void)frame;
	(void)flags;
	snprintf(s->headers + used, sizeof(s->headers) - used, "%.*s: %.*s\n", (int)nname, name,
	    (int)nvalue, value);
	return 0;
}

static inline int
on_server_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct server *s = arg;

	(void)session;
	(void)frame;
	s->headers[0] = '\0';
	s->nbody = 0;
	return 0;
}

static inline int
on_server_chunk(
    nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *arg)
{
	struct server *s = arg;

	(void)session;
	(void)flags;
	(void)id;
	if (s->nbody + n <= sizeof(s->body))
		memcpy(s->body + s->nbody, bytes, n);
	s->nbody += n;
	return 0;
}

static inline ssize_t
read_answer(nghttp2_session *session, int32_t id, uint8_t *buf, size_t cap, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct server *s = arg;
	size_t n = s->answer_len - s->answer_sent;

	(void)session;
	(void)id;
	(void)source;
	n = n < cap ? n : cap;
	memset(buf, 'A', n);
	s->answer_sent += n;
	if (s->answer_sent == s->answer_len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static inline nghttp2_nv
nv(const char *name, const char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
		.value = (uint8_t *)(uintptr_t)value,
		.namelen = strlen(name),
		.valuelen = strlen(value) };
}

static inline void
answer(struct server *s, int32_t id)
{
	nghttp2_nv headers[5] = { nv(":status", s->status), nv("content-type", s->type) };
	size_t n = 2;
	nghttp2_data_provider provider = { .read_callback = read_answer };

	if (s->age)
		headers[n++] = nv("age", s->age);
	if (s->retry_after)
		headers[n++] = nv("retry-after", s->retry_after);
	if (s->date)
		headers[n++] = nv("date", s->date);
	s->answer_sent = 0;
	nghttp2_submit_response(s->session, id, headers, n, &provider);
}

static inline int
on_server_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct server *s = arg;

	(void)session;
	s->pings += frame->hd.type == NGHTTP2_PING;
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		s->cancelled++;
	if (frame->hd.type != NGHTTP2_DATA || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	s->ids[s->nrequests++] = frame->hd.stream_id;
	if (!s->hold)
		answer(s, frame->hd.stream_id);
	return 0;
}

static inline void
server_init(struct server *s, uint32_t streams)
{
	nghttp2_session_callbacks *cbs;
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams },
	};

	memset(s, 0, sizeof(*s));
	s->status = "200";
	s->type = "application/dns-message";
	s->answer_len = 100;
	nghttp2_session_callbacks_new(&cbs);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cbs, on_server_begin);
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_server_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_server_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_server_frame);
	nghttp2_session_server_new(&s->session, cbs, s);
	nghttp2_session_callbacks_del(cbs);
	nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, settings, 1);
}

#endif
