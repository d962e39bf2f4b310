#include "stubd/crew.h"

#include "stubd/front/listen.h"
#include "stubd/front/totals.h"
#include "stubd/query/errand.h"
#include "stubd/query/scopes.h"
#include "tests/unit/front/house.h"

#include <poll.h>

enum { STILL = 50 /* ms in which somebody who stands still says nothing */ };

/* A house whose main thread is the test's, and one worker, who alone hears the clients. */
struct rig {
	struct house house;
	struct crew *crew;
	uint16_t port;
	int client;
	uint8_t heard[600];
	ssize_t len;
};

static void
serve(struct rig *rig, int type, uint16_t *port)
{
	struct listen_socket s = { .fd = house_socket(type, port), .stream = type == SOCK_STREAM };

	/* It is shared, and nobody else reads it. */
	s.inherited = true;
	if (s.stream)
		CU_ASSERT_EQUAL(listen(s.fd, 4), 0);
	CU_ASSERT_EQUAL_FATAL(crew_serve(rig->crew, &s), 0);
	close(s.fd);
}

static void
rig_open(struct rig *rig, int type)
{
	struct sockaddr_in to;
	uint16_t port;

	memset(rig, 0, sizeof(*rig));
	house_open(&rig->house);
	rig->crew = crew_new(&rig->house.resolver, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->crew);
	serve(rig, type, &rig->port);
	CU_ASSERT_EQUAL_FATAL(crew_start(rig->crew), 0);
	to = house_address(rig->port);
	rig->client = house_socket(type, &port);
	if (connect(rig->client, (struct sockaddr *)&to, sizeof(to)) < 0)
		perror("connect");
}

/* The worker ends first; then who still waits has its answer. */
static void
rig_end_crew(struct rig *rig)
{
	rig->house.resolver.draining = true;
	query_end_all(&rig->house.resolver, "the test is over");
	rig->crew = crew_end(rig->crew);
}

static void
rig_close(struct rig *rig)
{
	if (rig->crew)
		rig_end_crew(rig);
	house_end_queries(&rig->house);
	house_close(&rig->house);
	if (rig->client >= 0)
		close(rig->client);
}

static struct totals
totals_of(struct rig *rig)
{
	struct totals totals = { 0 };

	totals_add(&totals, &rig->house.resolver.counters, NULL, NULL);
	crew_totals(rig->crew, &totals);
	return totals;
}

static void
ask(struct rig *rig, uint16_t id, const char *name)
{
	uint8_t wire[300];
	size_t n = house_question(wire, sizeof(wire), id, name, TYPE_A);

	if (send(rig->client, wire, n, 0) < 0)
		perror("send");
}

static const struct subnet home = { .family = SUBNET_IPV4, .source = 24, .ip = { 198, 51, 100 } };

static void
ask_from_home(struct rig *rig, uint16_t id, const char *name)
{
	const struct msg_ask ask = {
		.id = id, .rd = true, .udp_size = 1232, .has_subnet = true, .subnet = home
	};
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	uint8_t wire[300];
	size_t n;

	CU_ASSERT_EQUAL(name_from_text(&question.name, name), 0);
	n = msg_write_query(wire, sizeof(wire), &question, &ask);
	if (send(rig->client, wire, n, 0) < 0)
		perror("send");
}

static void
hear(void *arg)
{
	struct rig *rig = arg;

	rig->len = recv(rig->client, rig->heard, sizeof(rig->heard), 0);
}

static bool
has_heard(const struct rig *rig)
{
	struct pollfd poll_fd = { .fd = rig->client, .events = POLLIN };

	return poll(&poll_fd, 1, STILL) == 1;
}

static void
what_is_known_needs_no_main_thread(void)
{
	struct totals totals;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	ask(&rig, 7, "localhost");
	hear(&rig);
	CU_ASSERT(rig.len > MSG_HEADER);
	CU_ASSERT_EQUAL(rig.heard[1], 7);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.queries, 1);
	CU_ASSERT_EQUAL(totals.query.local, 1);
	CU_ASSERT_EQUAL(totals.query.handed, 0);
	CU_ASSERT_EQUAL(totals.udp.received, 1);
	CU_ASSERT_EQUAL(totals.udp.sent, 1);
	rig_close(&rig);
}

static void
upstream_answers(void *arg)
{
	struct rig *rig = arg;
	uint8_t question[600];
	ssize_t n = house_hear(&rig->house, question, sizeof(question));

	if (n > 0)
		house_answer(&rig->house, question, (size_t)n);
}

static void
hears_both(void *arg)
{
	upstream_answers(arg);
	hear(arg);
}

static void
asks_corp(void *arg)
{
	ask(arg, 9, "www.corp.example");
	hears_both(arg);
}

static void
a_miss_goes_to_the_main_thread_and_back_and_the_next_is_a_hit(void)
{
	struct totals totals;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	client_run(rig.house.loop, asks_corp, &rig);
	CU_ASSERT_EQUAL(rig.heard[1], 9);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.queries, 1);
	CU_ASSERT_EQUAL(totals.query.answered, 1);
	CU_ASSERT_EQUAL(totals.query.handed, 1);
	CU_ASSERT_EQUAL(totals.query.seen_missing, 1);
	ask(&rig, 10, "www.corp.example");
	hear(&rig); /* and the main thread does not run */
	CU_ASSERT_EQUAL(rig.heard[1], 10);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.queries, 2);
	CU_ASSERT_EQUAL(totals.query.cached, 1);
	CU_ASSERT_EQUAL(totals.query.waiting, 0);
	rig_close(&rig);
}

/* Makes the answer to www.corp.example so old that 4 of its 60 s are left. */
static void
let_it_age(struct rig *rig)
{
	struct resolver *r = &rig->house.resolver;
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	struct cache_key key = { .question = &question };
	struct answer *answer;
	struct view view;
	uint32_t age;

	CU_ASSERT_EQUAL(name_from_text(&question.name, "www.corp.example"), 0);
	policy_view(r->policy, &question, &r->netview, &view);
	key.view = view.id;
	answer = cache_get(r->cache, &key, loop_now(r->loop), &age);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	cache_flush(r->cache, NULL, true);
	cache_put(r->cache, &key, loop_now(r->loop) - 56000, answer);
	answer_free(answer);
}

static void
a_hit_near_its_end_has_the_main_thread_ask_ahead_once(void)
{
	struct totals totals;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	client_run(rig.house.loop, asks_corp, &rig);
	let_it_age(&rig);
	for (uint16_t id = 0; id < 2 * CACHE_PREFETCH_HITS; id++) {
		ask(&rig, id, "www.corp.example");
		hear(&rig); /* and the main thread does not run */
		CU_ASSERT_EQUAL(rig.heard[7], 1);
	}
	client_run(rig.house.loop, upstream_answers, &rig);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.prefetches, 1);
	CU_ASSERT_EQUAL(totals.query.flights, 2);
	CU_ASSERT_EQUAL(totals.query.queries, 1 + 2 * CACHE_PREFETCH_HITS);
	CU_ASSERT_EQUAL(totals.query.cached, 2 * CACHE_PREFETCH_HITS);
	CU_ASSERT_EQUAL(totals.query.waiting, 0);
	rig_close(&rig);
}

/* Keeps that www.example has no such name, for one network or for those of none. */
static void
keep_denial(struct rig *rig, uint32_t view)
{
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	const struct cache_key key = { .question = &question, .view = view };
	struct resolver *r = &rig->house.resolver;
	struct answer *answer;

	CU_ASSERT_EQUAL(name_from_text(&question.name, "www.example.com"), 0);
	CU_ASSERT_EQUAL_FATAL(
	    answer_from_rcode(&question, view ? RCODE_NXDOMAIN : RCODE_NOERROR, &answer), 0);
	answer->keep = true;
	answer->ttl = 60;
	cache_put(r->cache, &key, loop_now(r->loop), answer);
	answer_free(answer);
}

static void
asks_from_home(void *arg)
{
	ask_from_home(arg, 8, "www.example.com");
	hear(arg);
}

static void
who_tells_its_network_is_the_main_threads_matter(void)
{
	struct totals totals;
	struct resolver *r;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	r = &rig.house.resolver;
	crew_halt(rig.crew);
	r->policy->ecs_pass = true;
	crew_go(rig.crew);
	r->scopes = scopes_new(r->cache);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->scopes);
	keep_denial(&rig, 0);
	keep_denial(&rig, scopes_number(r->scopes, &home));
	ask(&rig, 7, "www.example.com");
	hear(&rig); /* and the main thread does not run */
	CU_ASSERT_EQUAL(rig.heard[1], 7);
	CU_ASSERT_EQUAL(rig.heard[3] & 15, RCODE_NOERROR);
	client_run(rig.house.loop, asks_from_home, &rig);
	CU_ASSERT_EQUAL(rig.heard[1], 8);
	CU_ASSERT_EQUAL(rig.heard[3] & 15, RCODE_NXDOMAIN);
	ask_from_home(&rig, 9, "localhost");
	hear(&rig); /* an address of nobody's network */
	CU_ASSERT_EQUAL(rig.heard[1], 9);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.queries, 3);
	CU_ASSERT_EQUAL(totals.query.handed, 1);
	CU_ASSERT_EQUAL(totals.query.seen_missing, 0);
	CU_ASSERT_EQUAL(totals.query.cached, 2);
	CU_ASSERT_EQUAL(totals.query.local, 1);
	CU_ASSERT_EQUAL(totals.threads, 2);
	rig_close(&rig);
}

static void
what_is_on_its_way_counts_as_waiting(void)
{
	struct totals totals;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	ask(&rig, 7, "www.corp.example");
	do
		totals = totals_of(&rig);
	while (totals.udp.waiting == 0);
	CU_ASSERT_EQUAL(totals.query.queries, 1);
	CU_ASSERT_EQUAL(totals.query.waiting, 1);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.queries, 0);
	rig_close(&rig);
}

static void
who_stands_still_answers_when_it_goes_on(void)
{
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	crew_halt(rig.crew);
	crew_halt(rig.crew);
	ask(&rig, 7, "localhost");
	CU_ASSERT_FALSE(has_heard(&rig));
	crew_go(rig.crew);
	CU_ASSERT_FALSE(has_heard(&rig));
	crew_go(rig.crew);
	hear(&rig);
	CU_ASSERT_EQUAL(rig.heard[1], 7);
	rig_close(&rig);
}

static void
what_has_changed_is_in_force_when_it_goes_on(void)
{
	static const char text[] =
	    "{ \"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"dead\", "
	    "\"url\": \"tls://dot.example:853\", \"addresses\": [ \"127.0.0.1:1\" ] } ] }, "
	    "\"dnssec\": \"off\", \"on_miss\": [ \"providers\" ], \"filter\": \"A\" }";
	const struct policy_load_options options = { .hosts_file = "/nonexistent" };
	struct policy_errors errors = { 0 };
	struct policy *policy = NULL;
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	client_run(rig.house.loop, asks_corp, &rig);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	CU_ASSERT_EQUAL_FATAL(
	    policy_load_text(text, strlen(text), "test", &options, &policy, &errors), 0);
	crew_halt(rig.crew);
	CU_ASSERT_EQUAL(
	    pool_set_upstreams(rig.house.resolver.pool,
		(const struct upstream_spec *const *)policy->upstreams, policy->nupstreams),
	    0);
	resolver_set_policy(&rig.house.resolver, policy);
	crew_go(rig.crew);
	ask(&rig, 11, "www.corp.example");
	hear(&rig); /* no addresses, by the filter: a local answer */
	CU_ASSERT_EQUAL(rig.heard[1], 11);
	CU_ASSERT_EQUAL(rig.heard[7], 0);
	CU_ASSERT_EQUAL(totals_of(&rig).query.local, 1);
	rig_close(&rig);
}

static void
what_was_read_before_the_end_is_answered(void)
{
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	ask(&rig, 7, "www.corp.example");
	while (totals_of(&rig).udp.waiting == 0)
		;
	crew_drain(rig.crew);
	rig.house.resolver.draining = true;
	client_run(rig.house.loop, hears_both, &rig);
	CU_ASSERT_EQUAL(rig.heard[1], 7);
	CU_ASSERT_EQUAL(rig.heard[7], 1);
	rig_close(&rig);
}

static void
who_waits_at_the_end_is_told(void)
{
	struct rig rig;

	rig_open(&rig, SOCK_DGRAM);
	ask(&rig, 7, "www.corp.example"); /* the main thread never takes it */
	while (totals_of(&rig).udp.waiting == 0)
		;
	rig_end_crew(&rig);
	hear(&rig);
	CU_ASSERT_EQUAL(rig.heard[1], 7);
	CU_ASSERT_EQUAL(rig.heard[3] & 15, RCODE_SERVFAIL);
	CU_ASSERT_EQUAL(rig.house.resolver.counters.overloaded, 1);
	rig_close(&rig);
}

static void
asks_and_leaves(void *arg)
{
	struct rig *rig = arg;
	uint8_t wire[300];
	size_t n = house_question(wire + 2, sizeof(wire) - 2, 7, "www.corp.example", TYPE_A);

	wire[0] = 0;
	wire[1] = (uint8_t)n;
	if (send(rig->client, wire, n + 2, 0) < 0)
		perror("send");
	rig->len = house_hear(&rig->house, rig->heard, sizeof(rig->heard));
	/* A reset, not a FIN: who only stops asking is still answered. */
	setsockopt(rig->client, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
	    sizeof(struct linger));
	close(rig->client);
	rig->client = -1;
}

static void
sees_them_leave(void *arg)
{
	struct rig *rig = arg;

	if (rig->len > 0)
		house_answer(&rig->house, rig->heard, (size_t)rig->len);
}

static void
who_is_gone_has_its_question_answered_for_others(void)
{
	struct totals totals;
	struct rig rig;

	rig_open(&rig, SOCK_STREAM);
	client_run(rig.house.loop, asks_and_leaves, &rig);
	while (totals_of(&rig).tcp.clients)
		;
	CU_ASSERT_EQUAL(totals_of(&rig).query.waiting, 1);
	client_run(rig.house.loop, sees_them_leave, &rig);
	while (rig.house.resolver.counters.waiting)
		client_run(rig.house.loop, sees_them_leave, &rig);
	totals = totals_of(&rig);
	CU_ASSERT_EQUAL(totals.query.queries, 1);
	CU_ASSERT_EQUAL(totals.query.answered, 1);
	CU_ASSERT_EQUAL(totals.query.waiting, 0);
	rig_close(&rig);
}

static void
beyond_its_limits_a_worker_says_so(void)
{
	struct totals totals;
	struct rig rig;
	unsigned sent = 0;

	rig_open(&rig, SOCK_DGRAM);
	/* The main thread takes none of them. What the kernel drops is asked again. */
	do {
		for (unsigned i = 0; i < 64; i++)
			ask(&rig, (uint16_t)sent++, "www.corp.example");
		totals = totals_of(&rig);
	} while (totals.query.overloaded == 0);
	CU_ASSERT_EQUAL(totals.query.handed, DESK_ERRANDS);
	CU_ASSERT_EQUAL(totals.query.waiting, DESK_ERRANDS);
	CU_ASSERT_EQUAL(totals.query.queries, totals.query.waiting + totals.query.overloaded);
	hear(&rig);
	CU_ASSERT_EQUAL(rig.heard[3] & 15, RCODE_SERVFAIL);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	{ "what is known is answered without the main thread", what_is_known_needs_no_main_thread },
	{ "a miss goes to the main thread and back, and the next one is a hit",
	    a_miss_goes_to_the_main_thread_and_back_and_the_next_is_a_hit },
	{ "a hit near its end has the main thread ask ahead, once",
	    a_hit_near_its_end_has_the_main_thread_ask_ahead_once },
	{ "who tells its network is the main thread's matter",
	    who_tells_its_network_is_the_main_threads_matter },
	{ "what is on its way between threads counts as waiting",
	    what_is_on_its_way_counts_as_waiting },
	{ "who stands still answers when it goes on", who_stands_still_answers_when_it_goes_on },
	{ "what has changed is in force when it goes on",
	    what_has_changed_is_in_force_when_it_goes_on },
	{ "what was read before the end is answered", what_was_read_before_the_end_is_answered },
	{ "who waits at the end is told", who_waits_at_the_end_is_told },
	{ "who is gone has its question answered for others",
	    who_is_gone_has_its_question_answered_for_others },
	{ "beyond its limits a worker says so at once", beyond_its_limits_a_worker_says_so },
};

UNIT_MAIN("daemon/crew", cases)
