#include "stubd/net/h2.h"
#include "stubd/base/list.h"
#include "stubd/base/spare.h"
#include "stubd/net/h2_mem.h"
#include "stubd/net/http_time.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	WINDOW_STREAM = 64 * 1024,
	WINDOW_CONNECTION = 1 << 20,
	HEADERS_MAX = 16 * 1024, /* octets of an answer's headers, as unfolded */
	BODY_FIRST = 512,	 /* octets of an answer that take no allocation */
	LENGTH_MAX = 8,		 /* digits of a content-length */
	HEADERS = 7,		 /* of a request, content-length the last of them */
};

#define DNS_MESSAGE "application/dns-message"

struct h2_stream {
	struct list link; /* in h2.open, or h2.closed until told */
	struct h2 *h2;
	void *request;
	int32_t id;
	bool cancelled;
	bool refused;
	bool too_big;
	struct http_times times;
	bool complete; /* END_STREAM came */
	bool closed;   /* nghttp2 has let go of it; in h2.closed */
	struct h2_answer answer;
	uint8_t *body; /* first[], or owned */
	size_t cap;
	size_t nheaders; /* octets of headers that came */
	size_t sent, nquestion;
	/* from here on: not cleared by h2_ask() */
	uint8_t length[LENGTH_MAX]; /* of question, as text */
	uint8_t question[H2_REQUEST], first[BODY_FIRST];
};

struct h2 {
	nghttp2_session *session;
	struct h2_mem mem;	   /* the session's */
	struct h2_stream *reading; /* the one of the last header or octets that came; NULL: none */
	const struct h2_events *events;
	void *arg;
	char *authority, *path;	     /* owned */
	nghttp2_nv headers[HEADERS]; /* of each request; the last has no value yet */
	struct list open, closed;
	struct spares spare_streams;
	size_t nopen;
	bool goaway, goaway_told;
	bool busy; /* a callback is on the stack, which frees the memory when it is gone */
	bool dead; /* freed, but for the memory */
};

/* What comes for one stream comes in a row; nghttp2 searches a table. */
static struct h2_stream *
stream_of(struct h2 *h2, int32_t id)
{
	if (!h2->reading || h2->reading->id != id)
		h2->reading = nghttp2_session_get_stream_user_data(h2->session, id);
	return h2->reading;
}

static void
stream_free(struct h2_stream *s)
{
	list_remove(&s->link);
	if (s->h2->reading == s)
		s->h2->reading = NULL;
	if (s->body != s->first)
		free(s->body);
	spares_give(&s->h2->spare_streams, s);
}

/* Room for that many octets of the answer. False: out of memory. */
static bool
body_reserve(struct h2_stream *s, size_t n)
{
	size_t cap = s->cap;
	uint8_t *body;

	while (cap < n)
		cap *= 2;
	if (cap == s->cap)
		return true;
	body = realloc(s->body == s->first ? NULL : s->body, cap);
	if (!body)
		return false;
	if (s->body == s->first)
		memcpy(body, s->first, s->answer.len);
	s->body = body;
	s->cap = cap;
	return true;
}

static bool
is_dns_message(const uint8_t *value, size_t n)
{
	const size_t len = sizeof(DNS_MESSAGE) - 1;

	if (n < len || strncasecmp((const char *)value, DNS_MESSAGE, len) != 0)
		return false;
	return n == len || value[len] == ';' || value[len] == ' ';
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t nname,
    const uint8_t *value, size_t nvalue, uint8_t flags, void *arg)
{
	struct h2_stream *s = stream_of(arg, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (!s || frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	/* One octet can stand for 4,096 of the dynamic table: the sum is bounded here. The rest of
	 * the block is read without being unfolded. */
	s->nheaders += nname + nvalue;
	if (s->nheaders > HEADERS_MAX)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	/* nghttp2 has checked that :status is three digits */
	if (nname == 7 && !memcmp(name, ":status", 7) && nvalue == 3)
		s->answer.status = (unsigned)(value[0] - '0') * 100 +
				   (unsigned)(value[1] - '0') * 10 + (unsigned)(value[2] - '0');
	if (nname == 12 && !memcmp(name, "content-type", 12))
		s->answer.is_dns_message = is_dns_message(value, nvalue);
	http_times_take(
	    &s->times, name, nname, (const char *)value, nvalue, s->answer.status != 200);
	return 0;
}

static int
on_chunk(
    nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *arg)
{
	struct h2_stream *s = stream_of(arg, id);

	(void)flags;
	if (!s || s->cancelled || s->too_big || !n)
		return 0;
	if (n > H2_BODY - s->answer.len) {
		s->too_big = true;
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
		return 0;
	}
	if (!body_reserve(s, s->answer.len + n))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	memcpy(s->body + s->answer.len, bytes, n);
	s->answer.len += n;
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s;

	if (frame->hd.type == NGHTTP2_GOAWAY)
		h2->goaway = true;
	if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	s = stream_of(h2, frame->hd.stream_id);
	if (s && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		s->complete = true;
	return 0;
}

/* A request that nghttp2 held back (the server's limit) and then could not send after a GOAWAY. */
static int
on_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int error, void *arg)
{
	struct h2_stream *s;

	(void)session;
	(void)error;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	s = stream_of(arg, frame->hd.stream_id);
	if (s)
		s->refused = true;
	return 0;
}

static int
on_close(nghttp2_session *session, int32_t id, uint32_t error, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *s = stream_of(h2, id);

	if (!s)
		return 0;
	h2->reading = NULL;
	nghttp2_session_set_stream_user_data(session, id, NULL);
	h2->nopen--;
	s->closed = true;
	list_remove(&s->link);
	if (s->cancelled) {
		stream_free(s);
		return 0;
	}
	s->answer.error = error;
	s->answer.age = s->times.age;
	s->answer.retry_after = http_times_retry(&s->times);
	if (s->too_big)
		s->answer.end = H2_TOO_BIG;
	else if (s->refused || error == NGHTTP2_REFUSED_STREAM)
		s->answer.end = H2_REFUSED;
	else if (error == NGHTTP2_NO_ERROR && s->complete)
		s->answer.end = H2_OK;
	else
		s->answer.end = H2_FAILED;
	list_push_back(&h2->closed, &s->link);
	return 0;
}

static ssize_t
read_question(nghttp2_session *session, int32_t id, uint8_t *buf, size_t cap, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct h2_stream *s = source->ptr;
	size_t n = s->nquestion - s->sent < cap ? s->nquestion - s->sent : cap;

	(void)session;
	(void)id;
	(void)arg;
	memcpy(buf, s->question + s->sent, n);
	s->sent += n;
	if (s->sent == s->nquestion)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static int
make_session(struct h2 *h2)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0 }, /* of pushes */
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_STREAM },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_MAX },
		/* RFC 9218 section 2.1: all questions are alike, and nghttp2 keeps no tree */
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};
	nghttp2_mem mem = h2_mem_hooks(&h2->mem);
	nghttp2_session_callbacks *cbs;
	int error;

	if (nghttp2_session_callbacks_new(&cbs))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_frame);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cbs, on_not_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(cbs, on_close);
	error = nghttp2_session_client_new3(&h2->session, cbs, h2, NULL, &mem);
	nghttp2_session_callbacks_del(cbs);
	if (error)
		return -ENOMEM;
	if (nghttp2_submit_settings(
		h2->session, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(*settings)) ||
	    nghttp2_session_set_local_window_size(
		h2->session, NGHTTP2_FLAG_NONE, 0, WINDOW_CONNECTION))
		return -ENOMEM;
	return 0;
}

/* Both stay as they are as long as the stream lives, or the session. */
static nghttp2_nv
header(const char *name, const char *value)
{
	return (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name,
		.value = (uint8_t *)(uintptr_t)value,
		.namelen = strlen(name),
		.valuelen = strlen(value),
		.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
	};
}

static void
make_headers(struct h2 *h2)
{
	const nghttp2_nv headers[HEADERS] = {
		header(":method", "POST"),
		header(":scheme", "https"),
		header(":authority", h2->authority),
		header(":path", h2->path),
		header("accept", DNS_MESSAGE),
		header("content-type", DNS_MESSAGE),
		header("content-length", ""),
	};

	memcpy(h2->headers, headers, sizeof(headers));
}

struct h2 *
h2_new(const char *authority, const char *path, const struct h2_events *events, void *arg)
{
	struct h2 *h2 = calloc(1, sizeof(*h2));

	if (!h2)
		return NULL;
	list_init(&h2->open);
	list_init(&h2->closed);
	h2->events = events;
	h2->arg = arg;
	h2->authority = strdup(authority);
	h2->path = strdup(path);
	if (!h2->authority || !h2->path || make_session(h2))
		return h2_free(h2);
	make_headers(h2);
	return h2;
}

struct h2 *
h2_free(struct h2 *h2)
{
	if (!h2)
		return NULL;
	nghttp2_session_del(h2->session);
	h2_mem_clear(&h2->mem);
	while (!list_empty(&h2->open))
		stream_free(container_of(h2->open.next, struct h2_stream, link));
	while (!list_empty(&h2->closed))
		stream_free(container_of(h2->closed.next, struct h2_stream, link));
	spares_clear(&h2->spare_streams);
	free(h2->authority);
	free(h2->path);
	h2->dead = true;
	if (!h2->busy)
		free(h2);
	return NULL;
}

/* Writes digits into out, and has the header point there. */
static void
write_length(nghttp2_nv *header, uint8_t out[LENGTH_MAX], size_t n)
{
	uint8_t *p = out + LENGTH_MAX;

	do
		*--p = (uint8_t)('0' + n % 10);
	while (n /= 10);
	header->value = p;
	header->valuelen = (size_t)(out + LENGTH_MAX - p);
}

static struct h2_stream *
stream_new(struct h2 *h2, const uint8_t *body, size_t n, void *request)
{
	struct h2_stream *s = spares_take(&h2->spare_streams, sizeof(*s));

	if (!s)
		return NULL;
	memset(s, 0, offsetof(struct h2_stream, length));
	list_init(&s->link);
	s->h2 = h2;
	s->request = request;
	s->body = s->first;
	s->cap = BODY_FIRST;
	s->nquestion = n;
	memcpy(s->question, body, n);
	return s;
}

static int32_t
submit(struct h2_stream *s)
{
	struct h2 *h2 = s->h2;
	const nghttp2_data_provider provider = { { .ptr = s }, read_question };

	write_length(&h2->headers[HEADERS - 1], s->length, s->nquestion);
	return nghttp2_submit_request(h2->session, NULL, h2->headers, HEADERS, &provider, s);
}

int
h2_ask(struct h2 *h2, const uint8_t *body, size_t n, void *request, struct h2_stream **out)
{
	struct h2_stream *s;

	if (h2->goaway)
		return -EPIPE;
	if (!h2_room(h2))
		return -EBUSY;
	if (n > H2_REQUEST)
		return -EMSGSIZE;
	s = stream_new(h2, body, n, request);
	if (!s)
		return -ENOMEM;
	s->id = submit(s);
	if (s->id < 0) {
		int error = s->id == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPIPE;

		stream_free(s);
		return error;
	}
	list_push_back(&h2->open, &s->link);
	h2->nopen++;
	*out = s;
	return 0;
}

void
h2_cancel(struct h2_stream *s)
{
	struct h2 *h2 = s->h2;

	s->cancelled = true;
	if (!s->closed)
		(void)nghttp2_submit_rst_stream(
		    h2->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
}

void
h2_ping(struct h2 *h2)
{
	(void)nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL);
}

size_t
h2_room(const struct h2 *h2)
{
	uint32_t theirs = nghttp2_session_get_remote_settings(
	    h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	size_t limit = theirs < H2_STREAMS ? theirs : H2_STREAMS;

	if (h2->goaway || h2->nopen >= limit)
		return 0;
	return limit - h2->nopen;
}

/* Tells what happened inside nghttp2, where nobody may be called. Returns 0 or -ECANCELED. */
static int
tell(struct h2 *h2)
{
	h2->busy = true;
	if (h2->goaway && !h2->goaway_told) {
		h2->goaway_told = true;
		h2->events->goaway(h2->arg);
	}
	while (!h2->dead && !list_empty(&h2->closed)) {
		struct h2_stream *s = container_of(h2->closed.next, struct h2_stream, link);

		list_remove(&s->link);
		s->answer.body = s->body;
		if (!s->cancelled)
			h2->events->answered(h2->arg, s->request, &s->answer);
		stream_free(s);
	}
	h2->busy = false;
	if (!h2->dead)
		return 0;
	spares_clear(&h2->spare_streams); /* the last one came back after h2_free() */
	free(h2);
	return -ECANCELED;
}

int
h2_feed(struct h2 *h2, const uint8_t *bytes, size_t n, const char **why)
{
	ssize_t used = nghttp2_session_mem_recv(h2->session, bytes, n);
	int error = tell(h2);

	if (error)
		return error;
	if (used < 0 || !nghttp2_session_want_read(h2->session)) {
		*why = used < 0 ? nghttp2_strerror((int)used) : "HTTP/2 session ended";
		/* want_read is also off after a GOAWAY when nothing is outstanding */
		return used < 0 || !h2->goaway ? -EPROTO : 0;
	}
	return 0;
}

bool
h2_wants_to_say(const struct h2 *h2)
{
	return nghttp2_session_want_write(h2->session) != 0;
}

long
h2_take(struct h2 *h2, const uint8_t **bytes)
{
	ssize_t n = nghttp2_session_mem_send(h2->session, bytes);
	int error;

	/* Our own GOAWAY, after octets that are no HTTP/2, was the last word. */
	if (n < 0 || (n == 0 && !h2->goaway && !nghttp2_session_want_read(h2->session)))
		return -EPROTO;
	/* Streams end here too: those that could not be sent. The octets stay valid. */
	error = list_empty(&h2->closed) ? 0 : tell(h2);
	return error ? error : n;
}
