#include "stubd/front/doh.h"

#include "stubd/net/listen.h"
#include "tests/unit/front/house.h"

#include <errno.h>

/* The server on a port of 127.0.0.1, without TLS. */
struct rig {
	struct house house;
	struct doh_front *doh;
	struct addr addr;
	struct doh_options options;
	int command[2]; /* a pipe: any byte drains the front */
	struct loop_watch *watch;
	/* what the client says, and hears until the connection ends */
	const char *say;
	size_t len;
	void (*meanwhile)(struct rig *rig, int fd);
	char heard[4096];
};

static void
on_command(void *arg, int events)
{
	struct rig *rig = arg;
	char c;

	(void)events;
	if (read(rig->command[0], &c, 1) == 1)
		doh_drain(rig->doh);
}

/* Takes what options say. */
static void
serve(struct rig *rig)
{
	char error[DOH_ERROR_MAX];
	struct doh_plan *plan = NULL;

	CU_ASSERT_EQUAL_FATAL(doh_prepare(rig->doh, &rig->options, &plan, error), 0);
	doh_commit(rig->doh, plan);
}

static void
rig_open(struct rig *rig)
{
	int fd;

	memset(rig, 0, sizeof(*rig));
	house_open(&rig->house);
	rig->doh = doh_new(&rig->house.resolver);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->doh);
	fd = loopback_socket(SOCK_STREAM, &rig->addr);
	close(fd);
	rig->options = (struct doh_options){ .listen = &rig->addr, .nlisten = 1, .path = "/q" };
	serve(rig);
	CU_ASSERT_EQUAL_FATAL(pipe(rig->command), 0);
	rig->watch = loop_watch_new(rig->house.loop, rig->command[0], LOOP_READ, on_command, rig);
}

static struct doh_counters
rig_close(struct rig *rig)
{
	struct doh_counters counters;

	doh_counters(rig->doh, &counters);
	rig->doh = doh_free(rig->doh);
	house_end_queries(&rig->house);
	rig->watch = loop_watch_free(rig->watch);
	close(rig->command[0]);
	close(rig->command[1]);
	house_close(&rig->house);
	return counters;
}

static int
enter(const struct rig *rig)
{
	struct sockaddr_in to = house_address(rig->addr.port);

	return client_connect((struct sockaddr *)&to, sizeof(to));
}

static void
converse(void *arg)
{
	struct rig *rig = arg;
	const int fd = enter(rig);

	if (send(fd, rig->say, rig->len, MSG_NOSIGNAL) != (ssize_t)rig->len)
		rig->heard[0] = '!';
	if (rig->meanwhile)
		rig->meanwhile(rig, fd);
	client_read_all(fd, rig->heard, sizeof(rig->heard));
	close(fd);
}

static void
say(struct rig *rig, const void *text, size_t n)
{
	rig->say = text;
	rig->len = n;
	client_run(rig->house.loop, converse, rig);
}

/* A POST with the question for name; returns its length. */
static size_t
post(char out[1024], const char *name)
{
	uint8_t question[300];
	const size_t n = house_question(question, sizeof(question), 0, name, TYPE_A);
	const int head = sprintf(out,
	    "POST /q HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/dns-message\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	    n);

	memcpy(out + head, question, n);
	return (size_t)head + n;
}

static void
what_is_at_hand_is_answered_at_once(void)
{
	struct rig rig;
	char text[1024];
	struct doh_counters c;

	rig_open(&rig);
	say(&rig, text, post(text, "localhost"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 200 OK\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "cache-control: max-age="));
	CU_ASSERT_PTR_NULL(strcasestr(rig.heard, "server:"));
	c = rig_close(&rig);
	CU_ASSERT_EQUAL(c.requests, 1);
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_EQUAL(c.open + c.clients, 0);
}

static void
answer_upstream(struct rig *rig, int fd)
{
	uint8_t question[600];
	const ssize_t n = house_hear(&rig->house, question, sizeof(question));

	(void)fd;
	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
}

static void
a_question_waits_for_its_answer(void)
{
	struct rig rig;
	char text[1024];
	struct doh_counters c;

	rig_open(&rig);
	rig.meanwhile = answer_upstream;
	say(&rig, text, post(text, "www.corp.example"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 200 OK\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "max-age=60\r\n"));
	c = rig_close(&rig);
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_EQUAL(c.waiting, 0);
}

/* Drains while the question waits, then has it answered. */
static void
drain_and_answer(struct rig *rig, int fd)
{
	uint8_t question[600];
	const ssize_t n = house_hear(&rig->house, question, sizeof(question));
	int other;

	(void)fd;
	if (n <= 0 || write(rig->command[1], "", 1) != 1)
		return;
	while ((other = enter(rig)) >= 0) /* until nobody listens any more */
		close(other);
	house_answer(&rig->house, question, (size_t)n);
}

static void
a_draining_server_answers_what_was_asked_and_takes_nothing_more(void)
{
	struct rig rig;
	char text[1024];
	struct doh_counters c;

	rig_open(&rig);
	rig.meanwhile = drain_and_answer;
	say(&rig, text, post(text, "www.corp.example"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 200 OK\r\n"));
	c = rig_close(&rig);
	CU_ASSERT_EQUAL(c.answered, 1);
	CU_ASSERT_EQUAL(c.open, 0);
}

static void
leave(struct rig *rig, int fd)
{
	uint8_t question[600];

	(void)fd;
	house_hear(&rig->house, question, sizeof(question));
	loop_stop(rig->house.loop);
}

static void *
wait_in_vain(void *arg)
{
	converse(arg);
	return NULL;
}

static void
who_waits_at_the_end_has_a_last_word(void)
{
	struct rig rig;
	char text[1024];
	struct doh_counters c;
	pthread_t thread;

	rig_open(&rig);
	rig.meanwhile = leave;
	rig.say = text;
	rig.len = post(text, "www.corp.example");
	pthread_create(&thread, NULL, wait_in_vain, &rig);
	loop_run(rig.house.loop);
	c = rig_close(&rig);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(c.waiting, 1);
	CU_ASSERT(rig.heard[0] == '\0' || strstr(rig.heard, "HTTP/1.1 503 "));
	CU_ASSERT_EQUAL(rig.house.resolver.counters.abandoned, 1);
}

static void
a_plan_changes_nothing_until_it_counts(void)
{
	struct rig rig;
	struct doh_plan *plan = NULL;
	char error[DOH_ERROR_MAX], text[1024];
	struct addr two[2], taken;
	const int fd = loopback_socket(SOCK_STREAM, &taken);
	struct doh_options options;

	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	rig_open(&rig);
	two[0] = rig.addr;
	two[1] = taken;
	options = (struct doh_options){ .listen = two, .nlisten = 2, .path = "/other" };
	CU_ASSERT_EQUAL(doh_prepare(rig.doh, &options, &plan, error), -EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "\"doh/listen\""));
	CU_ASSERT_PTR_NULL(plan);
	options.nlisten = 1;
	CU_ASSERT_EQUAL_FATAL(doh_prepare(rig.doh, &options, &plan, error), 0);
	plan = doh_plan_free(plan);
	say(&rig, text, post(text, "localhost"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 200 OK\r\n"));
	rig.options.path = "/other";
	serve(&rig);
	say(&rig, text, post(text, "localhost"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.heard, "HTTP/1.1 404 Not Found\r\n"));
	rig.options.nlisten = 0;
	serve(&rig);
	CU_ASSERT_EQUAL(enter(&rig), -1);
	rig_close(&rig);
	close(fd);
}

static void
a_server_that_never_served_is_nothing(void)
{
	struct house house;
	struct doh_front *doh;
	struct doh_counters c;

	house_open(&house);
	doh = doh_new(&house.resolver);
	CU_ASSERT_PTR_NOT_NULL_FATAL(doh);
	doh_drain(doh);
	doh_counters(doh, &c);
	CU_ASSERT_EQUAL(c.clients + c.open, 0);
	CU_ASSERT_EQUAL(doh_certificate_until(doh), 0);
	CU_ASSERT_PTR_NULL(doh_free(doh));
	house_end_queries(&house);
	house_close(&house);
}

static const struct unit_case cases[] = {
	{ "what is at hand is answered at once", what_is_at_hand_is_answered_at_once },
	{ "a question waits for its answer", a_question_waits_for_its_answer },
	{ "a draining server answers what was asked, and takes nothing more",
	    a_draining_server_answers_what_was_asked_and_takes_nothing_more },
	{ "who waits at the end has a last word", who_waits_at_the_end_has_a_last_word },
	{ "a plan changes nothing until it counts", a_plan_changes_nothing_until_it_counts },
	{ "a server that never served is nothing", a_server_that_never_served_is_nothing },
};

UNIT_MAIN("front/doh", cases)
