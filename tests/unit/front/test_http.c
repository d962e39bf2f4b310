#include "stubd/front/http.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "tests/unit/front/client.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A server whose handler answers /now at once, /later after a timer, and never /never. */
struct rig {
	struct loop *loop;
	struct http *http;
	char dir[32], path[64];
	struct timer later;
	struct http_request *waiting;
	int handled, gone;
	char target[256];
	enum http_method method;
	bool may_change;
	/* the client's side */
	const char *say;
	char heard[16384];
	bool turned_away;
	bool stay; /* the client does not close its side before it has heard everything */
	int fd;	   /* of a client that stays connected */
};

static void
on_gone(void *arg)
{
	((struct rig *)arg)->gone++;
}

static void
on_later(void *arg)
{
	struct rig *rig = arg;

	http_reply(rig->waiting, 200, "\"late\"", 6);
	rig->waiting = NULL;
	if (!rig->stay)
		loop_stop(rig->loop);
}

static void
on_request(void *arg, struct http_request *request)
{
	struct rig *rig = arg;

	rig->handled++;
	rig->method = request->method;
	rig->may_change = request->may_change;
	snprintf(rig->target, sizeof(rig->target), "%.100s|%.100s", request->path, request->query);
	if (strcmp(request->path, "/now") == 0) {
		http_reply(request, 200, "{}", 2);
		return;
	}
	request->gone = on_gone;
	request->arg = rig;
	rig->waiting = request;
	if (strcmp(request->path, "/later") == 0)
		timer_start(&rig->later, 30);
	else
		loop_stop(rig->loop);
}

static void
rig_open(struct rig *rig)
{
	char error[HTTP_ERROR_MAX];

	memset(rig, 0, sizeof(*rig));
	signal(SIGPIPE, SIG_IGN);
	snprintf(rig->dir, sizeof(rig->dir),
	    "/tmp/unit-http-XX"
	    "XX"
	    "XX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(rig->dir));
	snprintf(rig->path, sizeof(rig->path), "%s/s", rig->dir);
	rig->loop = loop_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->loop);
	timer_init(&rig->later, rig->loop, on_later, rig);
	rig->stay = true;
	CU_ASSERT_EQUAL_FATAL(
	    http_open(rig->loop, rig->path, on_request, rig, &rig->http, error), 0);
}

static void
rig_close(struct rig *rig)
{
	rig->http = http_close(rig->http);
	rig->loop = loop_free(rig->loop);
	CU_ASSERT_EQUAL(rmdir(rig->dir), 0); /* the socket file is gone */
}

static void
converse(void *arg)
{
	struct rig *rig = arg;
	int fd = client_connect_unix(rig->path);

	if (write(fd, rig->say, strlen(rig->say)) < 0)
		rig->heard[0] = '!';
	if (rig->stay)
		client_read_all(fd, rig->heard, sizeof(rig->heard));
	close(fd);
}

static void
say(struct rig *rig, const char *text)
{
	rig->say = text;
	client_run(rig->loop, converse, rig);
}

static void
path_and_query_string_are_handed_apart(void)
{
	struct rig rig;

	rig_open(&rig);
	say(&rig, "GET /now?name=a%20b&x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CU_ASSERT_STRING_EQUAL(rig.target, "/now|name=a%20b&x");
	CU_ASSERT_EQUAL(rig.method, HTTP_GET);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 200 OK\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "application/json"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "\r\n\r\n{}"));
	rig_close(&rig);
}

static void
our_own_user_may_change_things(void)
{
	struct rig rig;

	rig_open(&rig);
	say(&rig,
	    "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	CU_ASSERT_EQUAL(rig.method, HTTP_POST);
	CU_ASSERT_TRUE(rig.may_change);
	rig_close(&rig);
}

static void
an_answer_may_come_later(void)
{
	struct rig rig;

	rig_open(&rig);
	say(&rig, "GET /later HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "\"late\""));
	CU_ASSERT_EQUAL(rig.gone, 0);
	rig_close(&rig);
}

static void
a_late_answer_to_a_client_that_left_harms_nobody(void)
{
	struct rig rig;

	rig_open(&rig);
	rig.stay = false;
	say(&rig, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	if (rig.waiting || rig.handled == 0)
		loop_run(rig.loop);
	CU_ASSERT_EQUAL(rig.handled, 1);
	CU_ASSERT_PTR_NULL(rig.waiting);
	rig.stay = true;
	say(&rig, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "200 OK"));
	rig_close(&rig);
}

static void
closing_lets_an_open_request_go_once(void)
{
	struct rig rig;
	static const char text[] = "GET /never HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd;

	rig_open(&rig);
	fd = client_connect_unix(rig.path);
	CU_ASSERT_EQUAL(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	loop_run(rig.loop);
	CU_ASSERT_PTR_NOT_NULL(rig.waiting);
	rig_close(&rig);
	CU_ASSERT_EQUAL(rig.gone, 1);
	client_read_all(fd, rig.heard, sizeof(rig.heard));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "503"));
	close(fd);
}

static void
closing_ends_idle_connections(void)
{
	struct rig rig;
	int fd;

	rig_open(&rig);
	say(&rig, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	fd = client_connect_unix(rig.path);
	rig_close(&rig);
	CU_ASSERT_EQUAL(client_read_all(fd, rig.heard, sizeof(rig.heard)), 0);
	close(fd);
}

/* Asks, waits for the answer, and keeps the connection. */
static void
ask_and_stay(void *arg)
{
	struct rig *rig = arg;
	size_t n = 0;
	ssize_t got = 1;

	rig->fd = client_connect_unix(rig->path);
	if (write(rig->fd, rig->say, strlen(rig->say)) < 0)
		return;
	while (got > 0 && !strstr(rig->heard, "{}")) {
		got = read(rig->fd, rig->heard + n, sizeof(rig->heard) - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
}

static void
a_request_that_arrives_after_closing_reaches_no_handler(void)
{
	struct rig rig;
	ssize_t n;

	rig_open(&rig);
	rig.say = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";
	client_run(rig.loop, ask_and_stay, &rig);
	CU_ASSERT_EQUAL(rig.handled, 1);
	n = (ssize_t)strlen(rig.say);
	CU_ASSERT_EQUAL(write(rig.fd, rig.say, (size_t)n), n);
	rig_close(&rig);
	CU_ASSERT_EQUAL(rig.handled, 1);
	close(rig.fd);
}

static void
targets_that_are_too_long_are_refused(void)
{
	char text[HTTP_TARGET_MAX + 128];
	struct rig rig;
	int n = snprintf(text, sizeof(text), "GET /now?");

	memset(text + n, 'a', HTTP_TARGET_MAX);
	strcpy(text + n + HTTP_TARGET_MAX, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	rig_open(&rig);
	say(&rig, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 414"));
	CU_ASSERT_EQUAL(rig.handled, 0);
	rig_close(&rig);
}

static void
bodies_that_are_too_large_are_refused(void)
{
	struct rig rig;

	rig_open(&rig);
	say(&rig, "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 413"));
	CU_ASSERT_EQUAL(rig.handled, 0);
	rig_close(&rig);
}

static void
http2_is_not_spoken(void)
{
	struct rig rig;

	rig_open(&rig);
	say(&rig, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.0\r\n\r\n");
	CU_ASSERT_PTR_NULL(strstr(rig.heard, "200 OK"));
	CU_ASSERT_EQUAL(rig.handled, 0);
	rig_close(&rig);
}

/* Fills the house, is turned away, makes room, and is let in. */
static void
crowd(void *arg)
{
	struct rig *rig = arg;
	int fds[HTTP_CLIENTS_MAX];

	for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++)
		fds[i] = client_connect_unix(rig->path);
	converse(rig);
	rig->turned_away = rig->heard[0] == '\0';
	close(fds[0]);
	for (int tries = 0; tries < 1000 && !rig->heard[0]; tries++)
		converse(rig);
	for (size_t i = 1; i < HTTP_CLIENTS_MAX; i++)
		close(fds[i]);
}

static void
more_clients_than_the_limit_are_closed(void)
{
	struct rig rig;

	rig_open(&rig);
	rig.say = "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	client_run(rig.loop, crowd, &rig);
	CU_ASSERT_TRUE(rig.turned_away);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "200 OK"));
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	{ "path and query string are handed apart", path_and_query_string_are_handed_apart },
	{ "our own user may change things", our_own_user_may_change_things },
	{ "an answer may come later", an_answer_may_come_later },
	{ "a late answer to a client that left harms nobody",
	    a_late_answer_to_a_client_that_left_harms_nobody },
	{ "closing lets an open request go, once", closing_lets_an_open_request_go_once },
	{ "closing ends idle connections", closing_ends_idle_connections },
	{ "a request that arrives after closing reaches no handler",
	    a_request_that_arrives_after_closing_reaches_no_handler },
	{ "targets that are too long are refused", targets_that_are_too_long_are_refused },
	{ "bodies that are too large are refused", bodies_that_are_too_large_are_refused },
	{ "HTTP/2 is not spoken", http2_is_not_spoken },
	{ "more clients than the limit are closed", more_clients_than_the_limit_are_closed },
};

UNIT_MAIN("front/http", cases)
