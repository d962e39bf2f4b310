#include "stubd/front/api.h"
#include "stubd/front/listen.h"
#include "tests/unit/front/house.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

struct rig {
	struct house house;
	struct api *api;
	struct http *http;
	struct listen_set listening;
	char dir[32], path[64];
	int reload_result;
	/* the client's side */
	const char *method, *target;
	char heard[65536];
	int status;
	json_t *json; /* owned; the last answer's body */
};

static int
reload(void *arg, json_t **report)
{
	struct rig *rig = arg;

	*report = json_pack("{s:[s]}", rig->reload_result ? "errors" : "restart", "listen");
	return rig->reload_result;
}

static int
shuffle(void *arg)
{
	const struct rig *rig = arg;

	return rig->reload_result;
}

static json_t *
draw(void *arg)
{
	(void)arg;
	return json_pack("{s:[s]}", "members", "dead");
}

static void
warnings(void *arg, json_t *array)
{
	(void)arg;
	json_array_append_new(array, json_string("of the host"));
}

static void
rig_open(struct rig *rig)
{
	char error[HTTP_ERROR_MAX];
	struct api_host host = { .resolver = &rig->house.resolver,
		.version = "1.2.3",
		.listening = &rig->listening,
		.reload = reload,
		.shuffle = shuffle,
		.draw = draw,
		.warnings = warnings,
		.arg = rig };

	memset(rig, 0, sizeof(*rig));
	house_open(&rig->house);
	host.started = loop_now(rig->house.loop);
	snprintf(rig->dir, sizeof(rig->dir),
	    "/tmp/unit-api-XX"
	    "XX"
	    "XX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(rig->dir));
	snprintf(rig->path, sizeof(rig->path), "%s/s", rig->dir);
	rig->listening.n = 1;
	CU_ASSERT_EQUAL(addr_from_text(&rig->listening.sockets[0].addr, "127.0.0.53:53", 0), 0);
	rig->api = api_new(&host);
	CU_ASSERT_EQUAL_FATAL(
	    http_open(rig->house.loop, rig->path, api_handle, rig->api, &rig->http, error), 0);
}

static void
rig_close(struct rig *rig)
{
	rig->http = http_close(rig->http);
	rig->api = api_free(rig->api);
	house_end_queries(&rig->house);
	house_close(&rig->house);
	json_decref(rig->json);
	CU_ASSERT_EQUAL(rmdir(rig->dir), 0);
}

static int
send_request(struct rig *rig)
{
	char text[1024];
	int fd = client_connect_unix(rig->path);
	int n = snprintf(text, sizeof(text),
	    "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	    rig->method, rig->target);

	if (write(fd, text, (size_t)n) != n)
		perror("write");
	return fd;
}

static void
converse(void *arg)
{
	struct rig *rig = arg;
	int fd = send_request(rig);

	client_read_all(fd, rig->heard, sizeof(rig->heard));
	close(fd);
}

static void
take(struct rig *rig)
{
	const char *body = strstr(rig->heard, "\r\n\r\n");

	json_decref(rig->json);
	rig->json = body ? json_loads(body + 4, 0, NULL) : NULL;
	rig->status = 0;
	if (sscanf(rig->heard, "HTTP/1.1 %d", &rig->status) != 1)
		rig->status = -1;
	CU_ASSERT_PTR_NOT_NULL(rig->json);
}

static int
call(struct rig *rig, const char *method, const char *target)
{
	rig->method = method;
	rig->target = target;
	client_run(rig->house.loop, converse, rig);
	take(rig);
	return rig->status;
}

/* A string deep inside the last answer; "" when it is not there. */
static const char *
text_at(const struct rig *rig, const char *a, const char *b)
{
	const json_t *json = json_object_get(rig->json, a);
	const char *text = json_string_value(b ? json_object_get(json, b) : json);

	return text ? text : "";
}

static void
status_tells_what_the_daemon_is(void)
{
	const json_t *listen, *split, *server, *warning;
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/status"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "version", NULL), "1.2.3");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "privacy", NULL), "encrypted");
	listen = json_array_get(json_object_get(rig.json, "listen"), 0);
	CU_ASSERT_STRING_EQUAL(
	    json_string_value(json_object_get(listen, "address")), "127.0.0.53:53");
	split = json_array_get(json_object_get(rig.json, "split"), 0);
	server = json_array_get(json_object_get(split, "servers"), 0);
	CU_ASSERT_TRUE(json_is_false(json_object_get(server, "encrypted")));
	warning = json_array_get(json_object_get(rig.json, "warnings"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(warning), "of the host");
	CU_ASSERT_TRUE(
	    json_is_integer(json_object_get(json_object_get(rig.json, "counters"), "queries")));
	rig_close(&rig);
}

static void
providers_are_listed_with_their_standing(void)
{
	const json_t *p;
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/providers"), 200);
	p = json_object_get(rig.json, "providers");
	CU_ASSERT_EQUAL(json_array_size(p), 1);
	p = json_array_get(p, 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(p, "name")), "dead");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(p, "transport")), "dot");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(p, "standing")), "untried");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(p, "rank")), 1);
	rig_close(&rig);
}

static void
exposure_is_there_before_anybody_was_told_anything(void)
{
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/exposure"), 200);
	CU_ASSERT_TRUE(json_is_array(json_object_get(rig.json, "providers")));
	CU_ASSERT_TRUE(json_is_object(json_object_get(rig.json, "recursion")));
	rig_close(&rig);
}

static void
explain_tells_a_split_name_from_a_public_and_a_local_one(void)
{
	const json_t *stage, *candidate;
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/explain?name=A.Corp.example&type=aaaa"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "name", NULL), "a.corp.example.");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "type", NULL), "AAAA");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "view", "kind"), "split");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "cache", "state"), "absent");
	stage = json_array_get(json_object_get(rig.json, "stages"), 0);
	candidate = json_array_get(json_object_get(stage, "candidates"), 0);
	CU_ASSERT_TRUE(json_is_false(json_object_get(candidate, "encrypted")));
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/explain?name=www.example.com"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "view", "kind"), "providers");
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/explain?name=localhost"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "view", "kind"), "local");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "local", "kind"), "addresses");
	CU_ASSERT_PTR_NULL(json_object_get(rig.json, "stages"));
	rig_close(&rig);
}

static void
asks_and_answers(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	int fd = send_request(rig);
	ssize_t n = house_hear(&rig->house, question, sizeof(question));

	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
	client_read_all(fd, rig->heard, sizeof(rig->heard));
	close(fd);
}

static long long
flushed(struct rig *rig, const char *what)
{
	char target[128];

	snprintf(target, sizeof(target), "/v1/flush%s", what);
	CU_ASSERT_EQUAL(call(rig, "POST", target), 200);
	return json_integer_value(json_object_get(rig->json, "flushed"));
}

static void
a_live_query_waits_for_its_answer_and_traces_it(void)
{
	const json_t *record;
	struct rig rig;

	rig_open(&rig);
	rig.method = "POST";
	rig.target = "/v1/query?name=a.corp.example&type=A";
	client_run(rig.house.loop, asks_and_answers, &rig);
	take(&rig);
	CU_ASSERT_EQUAL(rig.status, 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "rcode", NULL), "NOERROR");
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "trace", "stage"), "servers");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(&rig, "trace", "address"), "127.0.0.1:"));
	record = json_array_get(json_object_get(rig.json, "answers"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "data")), "192.0.2.77");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(record, "ttl")), 60);

	CU_ASSERT_EQUAL(call(&rig, "POST", rig.target), 200);
	CU_ASSERT_TRUE(json_is_true(json_object_get(rig.json, "cached")));
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/explain?name=a.corp.example"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "cache", "state"), "fresh");
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/flush?name=a.localhost&what=view"), 400);
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/flush?name=a.corp.example&what=all"), 400);
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/flush?what=name"), 400);
	CU_ASSERT_EQUAL(flushed(&rig, "?name=corp.example&what=name"), 0);
	CU_ASSERT_EQUAL(flushed(&rig, "?name=public.example&what=view"), 0);
	CU_ASSERT_EQUAL(flushed(&rig, "?name=other.corp.example&what=view"), 1);
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/explain?name=a.corp.example"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "cache", "state"), "absent");
	rig_close(&rig);
}

static void
a_failure_carries_its_reason(void)
{
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/query?name=www.example.com"), 200);
	CU_ASSERT_STRING_EQUAL(text_at(&rig, "rcode", NULL), "SERVFAIL");
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(&rig, "ede", "text"), "dead"));
	rig_close(&rig);
}

static void
asks_and_leaves(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	int fd = send_request(rig);
	ssize_t n = house_hear(&rig->house, question, sizeof(question));

	close(fd);
	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
	rig->method = "GET";
	rig->target = "/v1/status";
	converse(rig);
}

static void
a_client_that_leaves_harms_nobody(void)
{
	struct rig rig;

	rig_open(&rig);
	rig.method = "POST";
	rig.target = "/v1/query?name=b.corp.example";
	client_run(rig.house.loop, asks_and_leaves, &rig);
	take(&rig);
	CU_ASSERT_EQUAL(rig.status, 200);
	rig_close(&rig);
}

static void
asks_only(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];

	rig->status = send_request(rig);
	house_hear(&rig->house, question, sizeof(question));
}

static void
shutting_down_takes_waiting_questions_along(void)
{
	struct rig rig;
	int fd;

	rig_open(&rig);
	rig.method = "POST";
	rig.target = "/v1/query?name=c.corp.example";
	client_run(rig.house.loop, asks_only, &rig);
	fd = rig.status;
	CU_ASSERT_EQUAL(rig.house.resolver.counters.waiting, 1);
	rig_close(&rig);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.abandoned, 1);
	close(fd);
}

static void
a_fresh_draw_is_told_or_why_there_is_none(void)
{
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/shuffle"), 200);
	CU_ASSERT_STRING_EQUAL(
	    json_string_value(json_array_get(json_object_get(rig.json, "members"), 0)), "dead");
	rig.reload_result = -EROFS;
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/shuffle"), 500);
	CU_ASSERT_PTR_NOT_NULL(strstr(text_at(&rig, "error", NULL), "Read-only file system"));
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/status"), 200);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(json_object_get(rig.json, "draw"), "members"));
	CU_ASSERT_EQUAL(call(&rig, "GET", "/v1/stamp?name=dead"), 200);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(rig.json, "stamps")), 1);
	rig_close(&rig);
}

static void
a_refused_reload_keeps_the_lines(void)
{
	struct rig rig;

	rig_open(&rig);
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/reload"), 200);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(rig.json, "restart"));
	rig.reload_result = -EINVAL;
	CU_ASSERT_EQUAL(call(&rig, "POST", "/v1/reload"), 409);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(rig.json, "errors")), 1);
	CU_ASSERT_STRING_NOT_EQUAL(text_at(&rig, "error", NULL), "");
	rig_close(&rig);
}

static void
wrong_requests_get_fitting_errors(void)
{
	static const struct {
		const char *method, *target;
		int status;
	} wrong[] = {
		{ "GET", "/", 404 },
		{ "GET", "/v1/status/", 404 },
		{ "GET", "/v1/statu%73", 404 },
		{ "GET", "/v1/\"\\\xff", 404 },
		{ "GET", "//v1/status", 404 },
		{ "POST", "/v1/status", 405 },
		{ "GET", "/v1/query?name=localhost", 405 },
		{ "DELETE", "/v1/flush", 405 },
		{ "GET", "/v1/explain", 400 },
		{ "GET", "/v1/explain?name=a..b", 400 },
		{ "GET", "/v1/explain?name=a&name=b", 400 },
		{ "GET", "/v1/explain?name=%00", 400 },
		{ "GET", "/v1/explain?name=a&type=NONSENSE", 400 },
		{ "POST", "/v1/flush?name=%", 400 },
		{ "GET", "/v1/shuffle", 405 },
		{ "GET", "/v1/stamp", 400 },
		{ "GET", "/v1/stamp?name=nobody", 404 },
		{ "GET", "/v1/nta/add?name=a", 405 },
		{ "POST", "/v1/nta", 405 },
		{ "POST", "/v1/nta/add", 400 },
		{ "POST", "/v1/nta/remove?name=a..b", 400 },
		{ "POST", "/v1/nta/add?name=a&duration=1x", 400 },
	};
	struct rig rig;

	rig_open(&rig);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CU_ASSERT_EQUAL(call(&rig, wrong[i].method, wrong[i].target), wrong[i].status);
		CU_ASSERT_STRING_NOT_EQUAL(text_at(&rig, "error", NULL), "");
	}
	rig_close(&rig);
}

/* Asks as somebody whom the daemon does not know. */
static void
flushes_as_nobody(void *arg)
{
	struct rig *rig = arg;
	int status, answer[2];
	pid_t pid;

	if (pipe(answer) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		ssize_t n;

		if (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0)
			converse(rig);
		n = write(answer[1], rig->heard, strlen(rig->heard));
		_exit(n < 0);
	}
	close(answer[1]);
	client_read_all(answer[0], rig->heard, sizeof(rig->heard));
	close(answer[0]);
	waitpid(pid, &status, 0);
}

static void
a_stranger_may_look_but_not_change(void)
{
	struct rig rig;

	if (geteuid() != 0)
		return; /* nobody else to be */
	rig_open(&rig);
	CU_ASSERT_EQUAL(chmod(rig.dir, 0755), 0);
	CU_ASSERT_EQUAL(chmod(rig.path, 0666), 0);
	rig.method = "POST";
	rig.target = "/v1/flush";
	client_run(rig.house.loop, flushes_as_nobody, &rig);
	take(&rig);
	CU_ASSERT_EQUAL(rig.status, 403);
	rig.method = "GET";
	rig.target = "/v1/status";
	client_run(rig.house.loop, flushes_as_nobody, &rig);
	take(&rig);
	CU_ASSERT_EQUAL(rig.status, 200);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	{ "a fresh draw is told, or why there is none", a_fresh_draw_is_told_or_why_there_is_none },
	{ "status tells what the daemon is", status_tells_what_the_daemon_is },
	{ "providers are listed with their standing", providers_are_listed_with_their_standing },
	{ "exposure is there before anybody was told anything",
	    exposure_is_there_before_anybody_was_told_anything },
	{ "explain tells a split name from a public and a local one",
	    explain_tells_a_split_name_from_a_public_and_a_local_one },
	{ "a live query waits for its answer and traces it",
	    a_live_query_waits_for_its_answer_and_traces_it },
	{ "a failure carries its reason", a_failure_carries_its_reason },
	{ "a client that leaves harms nobody", a_client_that_leaves_harms_nobody },
	{ "shutting down takes waiting questions along",
	    shutting_down_takes_waiting_questions_along },
	{ "a refused reload keeps the lines", a_refused_reload_keeps_the_lines },
	{ "wrong requests get fitting errors", wrong_requests_get_fitting_errors },
	{ "a stranger may look but not change", a_stranger_may_look_but_not_change },
};

UNIT_MAIN("front/api", cases)
