/*
 * What a scenario can make happen.
 */
#include "stubd/cache/cache.h"
#include "stubd/query/query.h"
#include "stubd/upstream/pool.h"
#include "tests/replay/fake_loop.h"
#include "tests/replay/network.h"
#include "tests/replay/records.h"
#include "tests/replay/script.h"
#include "tests/replay/words.h"
#include "tests/replay/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the world -------------------------------------------------------------------------------- */

static int
run_config(struct world *w, const struct step *step)
{
	if (w->running)
		return world_fail(w, "there is a config already; write reload");
	return world_configure(w);
}

static int
run_reload(struct world *w, const struct step *step)
{
	if (!w->running)
		return world_fail(w, "nothing runs yet");
	return world_configure(w);
}

static int
run_hosts(struct world *w, const struct step *step)
{
	size_t n = 0;

	for (size_t i = 0; i < step->nblock && n < sizeof(w->hosts); i++)
		n += (size_t)snprintf(w->hosts + n, sizeof(w->hosts) - n, "%s\n", step->block[i]);
	return n < sizeof(w->hosts) ? 0 : world_fail(w, "too many hosts");
}

static int
run_pass(struct world *w, const struct step *step)
{
	msec ms;

	if (words_time(w, step->words[1], &ms) < 0)
		return -1;
	return fake_loop_pass(w->loop, ms) < 0 ? world_fail(w, "the loop spins") : 0;
}

static int
run_epoch(struct world *w, const struct step *step)
{
	resolver_new_epoch(&w->resolver, "the script says so");
	return 0;
}

static int
run_drain(struct world *w, const struct step *step)
{
	w->resolver.draining = true;
	return 0;
}

static int
run_stop(struct world *w, const struct step *step)
{
	return world_stop(w);
}

/* --- clients ---------------------------------------------------------------------------------- */

static struct client *
client_new(unsigned id)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		abort();
	client->id = id;
	return client;
}

static int
ask(struct world *w, unsigned id, const char *name, const char *type,
    const struct records_flags *flags, bool stream)
{
	struct client *client = client_new(id);
	char error[RECORDS_ERROR_MAX];

	client->stream = stream;
	if (records_query((uint16_t)id, name, type, flags, &client->wire, &client->len, error) <
	    0) {
		free(client);
		return world_fail(w, "%s", error);
	}
	return world_send(w, client);
}

/* ask N NAME TYPE [FLAGS] [tcp] */
static int
run_ask(struct world *w, const struct step *step)
{
	struct records_flags flags = { 0 };
	size_t i = 4;
	unsigned id;
	bool stream;

	if (words_number(w, step->words[1], &id) < 0)
		return -1;
	words_flags(step, &i, &flags);
	stream = i < step->nwords && !strcmp(step->words[i], "tcp");
	if (i + stream < step->nwords)
		return world_fail(w, "what is %s?", step->words[i]);
	return ask(w, id, step->words[2], step->words[3], &flags, stream);
}

/* flood FROM COUNT NAME TYPE: clients FROM, FROM+1, ... ask for NAME with their number for % */
static int
run_flood(struct world *w, const struct step *step)
{
	const struct records_flags flags = { 0 };
	const char *percent = strchr(step->words[3], '%');
	unsigned from, count;
	char name[256];

	if (!percent)
		return world_fail(w, "the name has no %%");
	if (words_number(w, step->words[1], &from) < 0 ||
	    words_number(w, step->words[2], &count) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%.*s%u%s", (int)(percent - step->words[3]),
		    step->words[3], from + i, percent + 1);
		if (ask(w, from + i, name, step->words[4], &flags, false) < 0)
			return -1;
	}
	return 0;
}

/* raw N HEX */
static int
run_raw(struct world *w, const struct step *step)
{
	struct client *client;
	char error[RECORDS_ERROR_MAX];
	unsigned id;

	if (words_number(w, step->words[1], &id) < 0)
		return -1;
	client = client_new(id);
	client->raw = true;
	if (records_hex(step_rest(step, 2), &client->wire, &client->len, error) < 0) {
		free(client);
		return world_fail(w, "%s", error);
	}
	return world_send(w, client);
}

static int
run_cancel(struct world *w, const struct step *step)
{
	struct client *client;
	unsigned id;

	if (words_number(w, step->words[1], &id) < 0)
		return -1;
	client = world_client(w, id);
	if (!client || !client->query)
		return world_fail(w, "client %u does not wait", id);
	client->cancelled = true;
	query_cancel(&w->resolver, client->query);
	client->query = NULL;
	return 0;
}

/* --- upstreams -------------------------------------------------------------------------------- */

/* connect UPSTREAM ok|silence | after TIME | fail CAUSE [TEXT] */
static int
run_connect(struct world *w, const struct step *step)
{
	struct fake_plan plan = { .fate = FATE_READY };
	const char *how = step->words[2];
	int err = 0;

	if (!strcmp(how, "silence")) {
		plan.fate = FATE_SILENCE;
	} else if (!strcmp(how, "after") && step->nwords == 4) {
		err = words_time(w, step->words[3], &plan.delay);
	} else if (!strcmp(how, "fail") && step->nwords > 3) {
		plan.fate = FATE_FAIL;
		snprintf(plan.text, sizeof(plan.text), "%s", step_rest(step, 4));
		err = words_cause(w, step->words[3], &plan.fail);
	} else if (strcmp(how, "ok")) {
		err = world_fail(w, "how does it connect?");
	}
	if (err == 0)
		fake_net_plan(&w->net, step->words[1], &plan);
	return err;
}

/* The oldest question outstanding at the upstream of word 1; NULL: none, after world_fail(). */
static struct fake_ask *
asked(struct world *w, const struct step *step)
{
	char name[FAKE_NAME_MAX];
	unsigned connection;
	struct fake_ask *fa;

	if (words_upstream(w, step->words[1], name, &connection) < 0)
		return NULL;
	fa = fake_net_find(&w->net, name, connection);
	if (!fa)
		world_fail(w, "no question is outstanding at %s", step->words[1]);
	return fa;
}

/* reply UPSTREAM[/N] RCODE [FLAGS], and records */
static int
run_reply(struct world *w, const struct step *step)
{
	struct records_flags flags = { 0 };
	struct fake_ask *fa = asked(w, step);
	char error[RECORDS_ERROR_MAX];
	uint8_t *wire;
	size_t len, i = 3;

	words_flags(step, &i, &flags);
	if (!fa)
		return -1;
	if (i < step->nwords)
		return world_fail(w, "what is %s?", step->words[i]);
	if (records_reply(fa->wire, fa->len, step->words[2], &flags, step, &wire, &len, error) < 0)
		return world_fail(w, "%s", error);
	fake_net_reply(fa, wire, len);
	free(wire);
	return 0;
}

/* garble UPSTREAM[/N] HEX: a header and question that match, then these octets */
static int
run_garble(struct world *w, const struct step *step)
{
	struct fake_ask *fa = asked(w, step);
	char error[RECORDS_ERROR_MAX];
	uint8_t reply[FAKE_QUERY_MAX * 2], *tail;
	size_t len, question;

	if (!fa)
		return -1;
	if (records_hex(step_rest(step, 2), &tail, &len, error) < 0)
		return world_fail(w, "%s", error);
	question = MSG_HEADER + fa->question.name.len + 4;
	memcpy(reply, fa->wire, question);
	memcpy(reply + question, tail, len < FAKE_QUERY_MAX ? len : FAKE_QUERY_MAX);
	free(tail);
	reply[2] |= 0x80; /* QR */
	reply[7] = 1;	  /* ANCOUNT */
	reply[11] = 0;	  /* ARCOUNT */
	fake_net_reply(fa, reply, question + (len < FAKE_QUERY_MAX ? len : FAKE_QUERY_MAX));
	return 0;
}

/* fail UPSTREAM[/N] CAUSE [TEXT]: one question fails, the connection lives */
static int
run_fail(struct world *w, const struct step *step)
{
	struct fake_ask *fa = asked(w, step);
	enum ask_fail fail;

	if (!fa || words_cause(w, step->words[2], &fail) < 0)
		return -1;
	fake_net_fail(fa, fail, step_rest(step, 3));
	return 0;
}

/* hold UPSTREAM[/N] TIME [TEXT]: an HTTP error, which asks to be left in peace for so long */
static int
run_hold(struct world *w, const struct step *step)
{
	struct fake_ask *fa = asked(w, step);

	if (!fa || words_time(w, step->words[2], &fa->ask->hold) < 0)
		return -1;
	fake_net_fail(fa, ASK_HTTP, step_rest(step, 3));
	return 0;
}

static struct transport *
connection(struct world *w, const struct step *step)
{
	char name[FAKE_NAME_MAX];
	unsigned number;
	struct transport *t;

	if (words_upstream(w, step->words[1], name, &number) < 0)
		return NULL;
	t = fake_net_connection(&w->net, name, number);
	if (!t)
		world_fail(w, "there is no connection to %s", step->words[1]);
	return t;
}

/* break UPSTREAM[/N] CAUSE [TEXT]: the connection dies with all its questions */
static int
run_break(struct world *w, const struct step *step)
{
	struct transport *t = connection(w, step);
	enum ask_fail fail;

	if (!t || words_cause(w, step->words[2], &fail) < 0)
		return -1;
	fake_net_break(t, fail, step_rest(step, 3));
	return 0;
}

static int
run_goaway(struct world *w, const struct step *step)
{
	struct transport *t = connection(w, step);

	if (!t)
		return -1;
	fake_net_goaway(t);
	return 0;
}

/* alive UPSTREAM[/N]: it answers a ping, say, and no question */
static int
run_alive(struct world *w, const struct step *step)
{
	struct transport *t = connection(w, step);

	if (!t)
		return -1;
	fake_net_alive(t);
	return 0;
}

/* --- the cache -------------------------------------------------------------------------------- */

/* flush [NAME]: it and all below it, or all */
static int
run_flush(struct world *w, const struct step *step)
{
	struct name name;

	if (step->nwords > 1 && name_from_text(&name, step->words[1]) < 0)
		return world_fail(w, "%s is no name", step->words[1]);
	cache_flush(w->cache, step->nwords > 1 ? &name : NULL, true);
	return 0;
}

/* So many of the first verbs may stand before the config. */
enum { BEFORE_CONFIG = 6 };

static const struct {
	const char *verb;
	size_t words; /* at least */
	const char *usage;
	int (*run)(struct world *w, const struct step *step);
} verbs[] = {
	{ "config", 1, "config [FILE]", run_config },
	{ "reload", 1, "reload [FILE]", run_reload },
	{ "hosts", 1, "hosts", run_hosts },
	{ "link", 3, "link NAME GENERATION", network_link },
	{ "network", 1, "network [ADDRESS ...]", network_servers },
	{ "clock", 2, "clock synchronised|unsynchronised", network_clock },
	{ "asknat64", 2, "asknat64 yes|no", network_asknat64 },
	{ "designations", 1, "designations", network_designations },
	{ "nat64", 3, "nat64 PREFIX|none with|without (IPv4)", network_nat64 },
	{ "pass", 2, "pass TIME", run_pass },
	{ "epoch", 1, "epoch", run_epoch },
	{ "way", 2, "way lost|back", network_way },
	{ "drain", 1, "drain", run_drain },
	{ "stop", 1, "stop", run_stop },
	{ "ask", 4, "ask N NAME TYPE [FLAGS] [tcp]", run_ask },
	{ "flood", 5, "flood FROM COUNT NAME%NAME TYPE", run_flood },
	{ "raw", 3, "raw N HEX", run_raw },
	{ "cancel", 2, "cancel N", run_cancel },
	{ "connect", 3, "connect UPSTREAM ok|silence|after TIME|fail CAUSE [TEXT]", run_connect },
	{ "reply", 3, "reply UPSTREAM[/N] RCODE [FLAGS]", run_reply },
	{ "garble", 3, "garble UPSTREAM[/N] HEX", run_garble },
	{ "fail", 3, "fail UPSTREAM[/N] CAUSE [TEXT]", run_fail },
	{ "hold", 3, "hold UPSTREAM[/N] TIME [TEXT]", run_hold },
	{ "break", 3, "break UPSTREAM[/N] CAUSE [TEXT]", run_break },
	{ "alive", 2, "alive UPSTREAM[/N]", run_alive },
	{ "goaway", 2, "goaway UPSTREAM[/N]", run_goaway },
	{ "recurse", 3, "recurse RCODE secure|insecure; recurse fail|bogus TEXT", step_recurse },
	{ "verdict", 2, "verdict secure|insecure; verdict bogus|lost|fail TEXT", step_verdict },
	{ "fetch", 3, "fetch NAME TYPE", step_fetch },
	{ "flush", 1, "flush [NAME]", run_flush },
	{ "refresh", 1, "refresh", world_refresh },
	{ "nta", 3, "nta add|remove NAME", world_nta },
	{ "expect", 2, "expect WHAT ...", expect_run },
};

int
step_run(struct world *w, const struct step *step)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(step->words[0], verbs[i].verb))
			continue;
		if (step->nwords < verbs[i].words)
			return world_fail(w, "write: %s", verbs[i].usage);
		if (!w->loop ? i >= BEFORE_CONFIG : !w->running && verbs[i].run != expect_run)
			return world_fail(w, "nothing runs");
		return verbs[i].run(w, step);
	}
	return world_fail(w, "%s is no step", step->words[0]);
}
