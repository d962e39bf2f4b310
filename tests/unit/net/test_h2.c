#include "stubd/net/h2.h"
#include "stubd/net/http_time.h"
#include "tests/unit/net/h2_server.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

struct client {
	struct h2 *h2;
	size_t answered, goaways;
	struct h2_answer last;
	void *request;
	uint8_t first_octet;
	bool free_it;
};

static void
on_answered(void *arg, void *request, const struct h2_answer *a)
{
	struct client *c = arg;

	c->answered++;
	c->last = *a;
	c->request = request;
	c->first_octet = a->len ? a->body[0] : 0;
	if (c->free_it)
		c->h2 = h2_free(c->h2);
}

static void
on_goaway(void *arg)
{
	((struct client *)arg)->goaways++;
}

static const struct h2_events events = { on_answered, on_goaway };

static void
client_init(struct client *c)
{
	memset(c, 0, sizeof(*c));
	c->h2 = h2_new("dns.test", "/dns-query", &events, c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->h2);
}

/* Carries octets to and fro until neither has any. */
static int
talk(struct client *c, struct server *s)
{
	const uint8_t *bytes;
	const char *why = "";
	bool moved = true;
	int error = 0;
	long n;

	while (moved && !error) {
		moved = false;
		while (c->h2 && (n = h2_take(c->h2, &bytes)) > 0) {
			CU_ASSERT_EQUAL(nghttp2_session_mem_recv(s->session, bytes, (size_t)n), n);
			moved = true;
		}
		while (c->h2 && !error && (n = nghttp2_session_mem_send(s->session, &bytes)) > 0) {
			error = h2_feed(c->h2, bytes, (size_t)n, &why);
			moved = true;
		}
	}
	return error;
}

static int
ask(struct client *c, void *request, struct h2_stream **out)
{
	struct h2_stream *ignored;

	return h2_ask(c->h2, (const uint8_t *)"question", 8, request, out ? out : &ignored);
}

static void
no_priorities_are_told_nor_wanted(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(
	    nghttp2_session_get_remote_settings(s.session, NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES),
	    1);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
a_question_is_posted_with_exactly_these_headers(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	CU_ASSERT_EQUAL(ask(&c, &s, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_STRING_EQUAL(s.headers,
	    ":method: POST\n:scheme: https\n:authority: dns.test\n:path: /dns-query\n"
	    "accept: application/dns-message\ncontent-type: application/dns-message\n"
	    "content-length: 8\n");
	CU_ASSERT_EQUAL(s.nbody, 8);
	CU_ASSERT_EQUAL(memcmp(s.body, "question", 8), 0);
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_PTR_EQUAL(c.request, &s);
	CU_ASSERT_EQUAL(c.last.end, H2_OK);
	CU_ASSERT_EQUAL(c.last.status, 200);
	CU_ASSERT_TRUE(c.last.is_dns_message);
	CU_ASSERT_EQUAL(c.last.len, 100);
	CU_ASSERT_EQUAL(c.first_octet, 'A');
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
status_and_content_type_are_handed_on(void)
{
	static const struct {
		const char *type;
		bool good;
	} types[] = {
		{ "text/html", false },
		{ "application/dns-message-not", false },
		{ "Application/DNS-Message; charset=x", true },
		{ "application/dns-json", false },
	};
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.status = "503";
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		s.type = types[i].type;
		CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
		CU_ASSERT_EQUAL(talk(&c, &s), 0);
		CU_ASSERT_EQUAL(c.last.end, H2_OK);
		CU_ASSERT_EQUAL(c.last.status, 503);
		CU_ASSERT_EQUAL(c.last.is_dns_message, types[i].good);
	}
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
an_age_is_a_number_of_seconds_or_nothing(void)
{
	static const struct {
		const char *text;
		uint32_t age;
	} ages[] = {
		{ NULL, 0 },
		{ "0", 0 },
		{ "250", 250 },
		{ "007", 7 },
		{ "2147483647", HTTP_AGE_MOST },
		{ "2147483648", HTTP_AGE_MOST },
		{ "99999999999999999999999999999999999999", HTTP_AGE_MOST },
		{ "-5", 0 },
		{ "+5", 0 },
		{ "5s", 0 },
		{ "5, 7", 0 },
		{ "1e3", 0 },
		{ "", 0 },
	};
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		s.age = ages[i].text;
		CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
		CU_ASSERT_EQUAL(talk(&c, &s), 0);
		CU_ASSERT_EQUAL(c.last.end, H2_OK);
		CU_ASSERT_EQUAL(c.last.age, ages[i].age);
	}
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
a_body_is_bounded(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.answer_len = H2_BODY;
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.last.end, H2_OK);
	CU_ASSERT_EQUAL(c.last.len, H2_BODY);
	s.answer_len = H2_BODY + 1;
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.last.end, H2_TOO_BIG);
	CU_ASSERT_EQUAL(c.answered, 2);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
the_servers_limit_of_streams_is_respected(void)
{
	struct client c;
	struct server s;
	size_t asked = 0;

	client_init(&c);
	server_init(&s, 3);
	s.hold = true;
	CU_ASSERT_EQUAL(h2_room(c.h2), 100); /* until its SETTINGS are known */
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(h2_room(c.h2), 3);
	while (ask(&c, NULL, NULL) == 0)
		asked++;
	CU_ASSERT_EQUAL(asked, 3);
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), -EBUSY);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	answer(&s, s.ids[1]);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_EQUAL(h2_room(c.h2), 1);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
our_own_limit_of_streams_holds(void)
{
	struct client c;
	struct server s;
	size_t asked = 0;

	client_init(&c);
	server_init(&s, 1000);
	s.hold = true;
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	while (ask(&c, NULL, NULL) == 0)
		asked++;
	CU_ASSERT_EQUAL(asked, H2_STREAMS);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
after_goaway_what_was_not_looked_at_is_refused_and_the_rest_is_answered(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.hold = true;
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(s.nrequests, 3);
	nghttp2_submit_goaway(s.session, NGHTTP2_FLAG_NONE, s.ids[0], NGHTTP2_NO_ERROR, NULL, 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.goaways, 1);
	CU_ASSERT_EQUAL(c.answered, 2);
	CU_ASSERT_EQUAL(c.last.end, H2_REFUSED);
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), -EPIPE);
	CU_ASSERT_EQUAL(h2_room(c.h2), 0);
	answer(&s, s.ids[0]);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.answered, 3);
	CU_ASSERT_EQUAL(c.last.end, H2_OK);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
requests_that_were_held_back_are_refused_by_a_goaway(void)
{
	struct client c;
	struct server s;
	const uint8_t *bytes;
	const char *why;
	long n;

	client_init(&c);
	server_init(&s, 1);
	s.hold = true;
	for (int i = 0; i < 3; i++) /* before the server's limit is known */
		CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	/* The server's SETTINGS come first. */
	while ((n = nghttp2_session_mem_send(s.session, &bytes)) > 0)
		CU_ASSERT_EQUAL(h2_feed(c.h2, bytes, (size_t)n, &why), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(s.nrequests, 1);
	nghttp2_submit_goaway(s.session, NGHTTP2_FLAG_NONE, s.ids[0], NGHTTP2_NO_ERROR, NULL, 0);
	answer(&s, s.ids[0]);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.answered, 3);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
a_stream_reset_by_the_server_is_told_with_its_error(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.hold = true;
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	nghttp2_submit_rst_stream(
	    s.session, NGHTTP2_FLAG_NONE, s.ids[0], NGHTTP2_ENHANCE_YOUR_CALM);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.last.end, H2_FAILED);
	CU_ASSERT_EQUAL(c.last.error, NGHTTP2_ENHANCE_YOUR_CALM);
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	nghttp2_submit_rst_stream(s.session, NGHTTP2_FLAG_NONE, s.ids[1], NGHTTP2_REFUSED_STREAM);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.last.end, H2_REFUSED);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
a_cancelled_request_is_reset_and_never_told(void)
{
	struct client c;
	struct server s;
	struct h2_stream *stream;

	client_init(&c);
	server_init(&s, 100);
	s.hold = true;
	CU_ASSERT_EQUAL(ask(&c, NULL, &stream), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	h2_cancel(stream);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(s.cancelled, 1);
	CU_ASSERT_EQUAL(c.answered, 0);
	CU_ASSERT_EQUAL(h2_room(c.h2), 100);
	CU_ASSERT_EQUAL(ask(&c, NULL, &stream), 0);
	h2_cancel(stream); /* before it was sent */
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(c.answered, 0);
	CU_ASSERT_EQUAL(h2_room(c.h2), 100);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
a_callback_may_free_the_session(void)
{
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	c.free_it = true;
	CU_ASSERT_EQUAL(talk(&c, &s), -ECANCELED);
	CU_ASSERT_EQUAL(c.answered, 1);
	nghttp2_session_del(s.session);
}

static void
a_ping_is_sent_and_octets_that_are_no_http2_break_it(void)
{
	struct client c;
	struct server s;
	const uint8_t *bytes;
	const char *why = NULL;
	long n;

	client_init(&c);
	server_init(&s, 100);
	h2_ping(c.h2);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	CU_ASSERT_EQUAL(s.pings, 1);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
	client_init(&c);
	CU_ASSERT_EQUAL(
	    h2_feed(c.h2, (const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28, &why), 0);
	while ((n = h2_take(c.h2, &bytes)) > 0)
		;
	CU_ASSERT_EQUAL(n, -EPROTO);
	CU_ASSERT_EQUAL(h2_feed(c.h2, (const uint8_t *)"more", 4, &why), -EPROTO);
	CU_ASSERT_PTR_NOT_NULL(why);
	h2_free(c.h2);
}

/* A header of 4,000 octets is put into the dynamic table and then named 12,000 times, an octet each:
 * unfolded it would be 48 MB. */
static void
headers_that_unfold_without_end_end_their_stream_alone(void)
{
	enum { VALUE = 4000, TIMES = 12000, HEAD = 9 };
	static const uint8_t begin[] = { 0x88, 0x40, 1, 'x', 0x7f, 0xa1, 0x1e }; /* :status 200 */
	static uint8_t frame[HEAD + sizeof(begin) + VALUE + TIMES];
	const size_t n = sizeof(frame) - HEAD;
	const uint8_t *bytes;
	const char *why = "";
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.hold = true;
	CU_ASSERT_EQUAL(ask(&c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(talk(&c, &s), 0);
	memcpy(frame, (uint8_t[]){ 0, (uint8_t)(n >> 8), (uint8_t)n, 1, 5, 0, 0, 0, 1 }, HEAD);
	memcpy(frame + HEAD, begin, sizeof(begin));
	memset(frame + HEAD + sizeof(begin), 'v', VALUE);
	memset(frame + HEAD + sizeof(begin) + VALUE, 0xbe, TIMES);
	CU_ASSERT_EQUAL(h2_feed(c.h2, frame, sizeof(frame), &why), 0);
	while (h2_take(c.h2, &bytes) > 0) /* the reset leaves */
		;
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_EQUAL(c.last.end, H2_FAILED);
	CU_ASSERT_EQUAL(h2_room(c.h2), 100);
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static void
retry_after_is_understood_by_the_servers_own_clock(void)
{
	static const struct {
		const char *date, *retry_after;
		uint32_t seconds;
	} said[] = {
		{ NULL, NULL, 0 },
		{ NULL, "5", 5 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:49 GMT", 12 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:49 GMT", 12 },
		{ NULL, "Sun, 06 Nov 1994 08:49:49 GMT", 0 },
		{ "yesterday", "Fri, 06 Nov 3994 08:49:49 GMT", 60 },
		{ NULL, "0000000000000000000000000000000000000000000000000000005", 0 },
	};
	struct client c;
	struct server s;

	client_init(&c);
	server_init(&s, 100);
	s.status = "429";
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		s.date = said[i].date;
		s.retry_after = said[i].retry_after;
		CU_ASSERT_EQUAL(ask(&c, &s, NULL), 0);
		CU_ASSERT_EQUAL(talk(&c, &s), 0);
		CU_ASSERT_EQUAL(c.last.status, 429);
		CU_ASSERT_EQUAL(c.last.retry_after, said[i].seconds);
	}
	h2_free(c.h2);
	nghttp2_session_del(s.session);
}

static const struct unit_case cases[] = {
	{ "a question is posted with exactly these headers",
	    a_question_is_posted_with_exactly_these_headers },
	{ "no priorities are told nor wanted", no_priorities_are_told_nor_wanted },
	{ "status and content type are handed on", status_and_content_type_are_handed_on },
	{ "Retry-After is understood by the server's own clock",
	    retry_after_is_understood_by_the_servers_own_clock },
	{ "an age is a number of seconds, or nothing", an_age_is_a_number_of_seconds_or_nothing },
	{ "a body is bounded", a_body_is_bounded },
	{ "the server's limit of streams is respected", the_servers_limit_of_streams_is_respected },
	{ "our own limit of streams holds", our_own_limit_of_streams_holds },
	{ "after GOAWAY what was not looked at is refused and the rest is answered",
	    after_goaway_what_was_not_looked_at_is_refused_and_the_rest_is_answered },
	{ "requests that were held back are refused by a GOAWAY",
	    requests_that_were_held_back_are_refused_by_a_goaway },
	{ "a stream reset by the server is told with its error",
	    a_stream_reset_by_the_server_is_told_with_its_error },
	{ "a cancelled request is reset and never told",
	    a_cancelled_request_is_reset_and_never_told },
	{ "headers that unfold without end end their stream alone",
	    headers_that_unfold_without_end_end_their_stream_alone },
	{ "a callback may free the session", a_callback_may_free_the_session },
	{ "a ping is sent and octets that are no HTTP/2 break it",
	    a_ping_is_sent_and_octets_that_are_no_http2_break_it },
};

UNIT_MAIN("net/h2", cases)
