#include "tests/replay/world.h"

#include "policy/config.h"
#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/nat64_ask.h"
#include "stubd/query/crowd.h"
#include "stubd/query/designations.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/fetch.h"
#include "stubd/query/ledger.h"
#include "stubd/query/query.h"
#include "stubd/query/refresh.h"
#include "stubd/query/upstreams.h"
#include "stubd/upstream/pool.h"
#include "tests/replay/fake_engine.h"
#include "tests/replay/fake_loop.h"
#include "tests/replay/fake_rand.h"
#include "tests/replay/script.h"

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH_TEXT_MAX = 512, SEED = 1 };

int
world_fail(struct world *w, const char *fmt, ...)
{
	va_list args;
	int n;

	if (w->failure[0])
		return -1;
	n = snprintf(w->failure, sizeof(w->failure), "%s:%u: ", w->script->path,
	    w->step ? w->step->line : 0);
	va_start(args, fmt);
	vsnprintf(w->failure + n, sizeof(w->failure) - (size_t)n, fmt, args);
	va_end(args);
	return -1;
}

/* --- policy ----------------------------------------------------------------------------------- */

/* Text as a file without a name that is left behind. Returns its descriptor. */
static int
text_file(const char *const *lines, size_t n, char path[PATH_TEXT_MAX])
{
	const int fd = memfd_create("replay", 0);

	if (fd < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (dprintf(fd, "%s\n", lines[i]) < 0)
			abort();
	}
	snprintf(path, PATH_TEXT_MAX, "/proc/self/fd/%d", fd);
	return fd;
}

/* The path of a file beside the script. */
static void
beside(const struct script *script, const char *name, char path[PATH_TEXT_MAX])
{
	char *copy = strdup(script->path);

	if (!copy)
		abort();
	snprintf(path, PATH_TEXT_MAX, "%s/%s", dirname(copy), name);
	free(copy);
}

static int
load_policy(struct world *w, struct policy **out)
{
	const struct step *step = w->step;
	char file[PATH_TEXT_MAX], hosts_file[PATH_TEXT_MAX];
	const char *const hosts = w->hosts;
	const struct policy_load_options options = {
		.file = file,
		.data_dir = "/nonexistent",
		.hosts_file = hosts_file,
	};
	struct policy_errors errors = { 0 };
	const int hosts_fd = text_file(&hosts, 1, hosts_file);
	int fd = -1, err;

	if (step->nwords > 1)
		beside(w->script, step->words[1], file);
	else
		fd = text_file((const char *const *)step->block, step->nblock, file);
	err = policy_load(&options, out, &errors);
	if (err < 0) {
		world_fail(
		    w, "the policy does not load: %s", errors.n ? errors.lines[0] : strerror(-err));
		policy_errors_clear(&errors);
	}
	if (fd >= 0)
		close(fd);
	close(hosts_fd);
	return err < 0 ? -1 : 0;
}

/* Providers are drawn in the order in which they are listed. */
static void
draw(struct world *w, const struct policy *policy)
{
	free(w->order);
	w->order = calloc(policy->nproviders + 1, sizeof(*w->order));
	if (!w->order)
		abort();
	for (size_t i = 0; i < policy->nproviders; i++)
		w->order[i] = (uint16_t)i;
	w->resolver.draw = (struct draw){
		.n = policy->nproviders, .order = w->order, .operators = policy->nproviders
	};
}

static void
start(struct world *w, const struct policy *policy)
{
	const struct engine_config engine_config = { 0 };
	struct transport_env env;

	w->loop = loop_new();
	fake_net_init(&w->net, w->loop);
	env = fake_net_env(&w->net);
	w->engine = engine_new(w->loop, &engine_config);
	w->pool = pool_new(&env, fake_net_ops);
	w->cache = cache_new(policy->cache_size);
	if (!w->loop || !w->engine || !w->pool || !w->cache)
		abort();
	w->resolver.loop = w->loop;
	w->resolver.engine = w->engine;
	engine_set_fetch(w->engine, fetch_start, &w->resolver);
	w->resolver.pool = w->pool;
	pool_watch(w->pool, ledger_sent, &w->resolver);
	w->resolver.cache = w->cache;
	w->resolver.ntas = &w->ntas;
	w->running = true;
}

int
world_configure(struct world *w)
{
	struct policy *policy;

	if (load_policy(w, &policy) < 0)
		return -1;
	if (!w->running)
		start(w, policy);
	if (upstreams_set(&w->resolver, policy) < 0)
		abort();
	draw(w, policy);
	resolver_set_policy(&w->resolver, policy);
	if (w->refresh)
		refresh_apply(w->refresh);
	return 0;
}

int
world_nta(struct world *w, const struct step *step)
{
	struct name name;

	if (name_from_text(&name, step->words[2]) < 0)
		return world_fail(w, "%s is no name", step->words[2]);
	if (!strcmp(step->words[1], "add"))
		nta_add(&w->ntas, &name, 1, 0);
	else if (!nta_remove(&w->ntas, &name))
		return world_fail(w, "%s is not excepted", step->words[2]);
	return exceptions_changed(&w->resolver, &name);
}

int
world_refresh(struct world *w, const struct step *step)
{
	w->refresh = refresh_new(&w->resolver, NULL);
	if (!w->refresh)
		abort();
	return 0;
}

/* --- clients ---------------------------------------------------------------------------------- */

struct client *
world_client(struct world *w, unsigned id)
{
	list_for_each (it, &w->clients) {
		struct client *client = container_of(it, struct client, link);

		if (client->id == id)
			return client;
	}
	return NULL;
}

static void
on_reply(void *arg, const uint8_t *wire, size_t len)
{
	struct client *client = arg;
	struct world *w = client->world;

	client->query = NULL;
	client->answered = loop_now(w->loop);
	if (client->cancelled)
		world_fail(w, "client %u was answered after it went away", client->id);
	if (client->replies++)
		world_fail(w, "client %u was answered twice", client->id);
	if (!len || client->reply)
		return;
	client->reply = malloc(len);
	if (!client->reply)
		abort();
	memcpy(client->reply, wire, len);
	client->reply_len = len;
}

int
world_send(struct world *w, struct client *client)
{
	const struct query_front front = {
		.client = { .family = AF_INET, .port = 40000, .ip = { 127, 0, 0, 1 } },
		.limit = client->stream ? MSG_MAX : 0,
	};
	struct query *query;

	if (world_client(w, client->id))
		return world_fail(w, "there is a client %u already", client->id);
	client->world = w;
	client->sent = loop_now(w->loop);
	list_push_back(&w->clients, &client->link);
	query_start_traced(&w->resolver, client->wire, client->len, &front, &client->trace,
	    on_reply, client, &query);
	client->query = client->replies ? NULL : query;
	if (!client->replies && !query)
		return world_fail(w, "client %u neither waits nor was answered", client->id);
	return 0;
}

static void
clients_free(struct world *w)
{
	list_for_each (it, &w->clients) {
		struct client *client = container_of(it, struct client, link);

		free(client->wire);
		free(client->reply);
		free(client);
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

int
world_balance(struct world *w)
{
	const struct query_counters *c = &w->resolver.counters;
	const uint64_t ends = c->dropped + c->errors + c->local + c->cached + c->answered +
			      c->failed + c->overloaded + c->prohibited + c->limited +
			      c->abandoned + c->waiting;

	if (c->queries == ends)
		return 0;
	return world_fail(w, "the counters do not add up: %llu queries, %llu ends",
	    (unsigned long long)c->queries, (unsigned long long)ends);
}

static int
check_clients(struct world *w)
{
	list_for_each (it, &w->clients) {
		const struct client *client = container_of(it, struct client, link);

		if (client->cancelled)
			continue;
		if (client->replies != 1)
			return world_fail(w, "client %u still waits at the end", client->id);
		if (!client->seen)
			return world_fail(w, "nobody expected the answer to client %u", client->id);
		if (client->answered - client->sent > QUERY_DEADLINE)
			return world_fail(w, "client %u was answered after %llu ms", client->id,
			    (unsigned long long)(client->answered - client->sent));
	}
	return 0;
}

/* What nobody looked at, or is left. */
static int
check_end(struct world *w)
{
	const struct fake_ask *ask = fake_net_look(&w->net);
	bool validates = false;
	enum fetch_end end;
	const struct question *recursion = fake_engine_look(w->engine, &validates);
	char name[NAME_TEXT_MAX];

	if (ask)
		return world_fail(w, "nobody expected that %s was asked for %s (type %u)",
		    ask->upstream, name_to_text(&ask->question.name, name), ask->question.type);
	if (recursion)
		return world_fail(w, "nobody expected the %s for %s",
		    validates ? "validation" : "recursion", name_to_text(&recursion->name, name));
	if (fake_net_outstanding(&w->net))
		return world_fail(w, "%zu questions are left in flight at the end",
		    fake_net_outstanding(&w->net));
	if (fake_engine_fetched(w->engine, &end))
		return world_fail(w, "nobody expected that the validator was answered");
	if (fake_engine_count(w->engine))
		return world_fail(w, "a recursion is left at the end");
	if (w->resolver.counters.waiting || !list_empty(&w->resolver.flying))
		return world_fail(w, "a query or a flight is left at the end");
	if (w->resolver.held)
		return world_fail(
		    w, "%zu octets of answers are still held at the end", w->resolver.held);
	return world_balance(w);
}

int
world_stop(struct world *w)
{
	resolver_close(&w->resolver);
	w->running = false;
	return fake_loop_settle(w->loop) < 0 ? world_fail(w, "the loop spins") : 0;
}

static void
take_down(struct world *w)
{
	if (!w->loop) {
		map_clear(&w->resolver.flights);
		return;
	}
	if (w->running)
		world_stop(w);
	w->refresh = refresh_free(w->refresh);
	w->nat64_ask = nat64_ask_free(w->nat64_ask);
	w->resolver.designations = designations_free(w->resolver.designations);
	w->pool = pool_free(w->pool);
	w->cache = cache_free(w->cache);
	w->engine = engine_free(w->engine);
	if (fake_net_connections(&w->net, NULL))
		world_fail(w, "connections outlive the pool");
	else if (fake_loop_pending(w->loop))
		world_fail(w, "%zu timers or deferred calls outlive their owners",
		    fake_loop_pending(w->loop));
	fake_net_clear(&w->net);
	w->loop = loop_free(w->loop);
	clients_free(w);
	free(w->order);
}

/* After each step of every scenario: the loop gathers while a crowd waits (query/crowd.h), and only then. */
static int
check_crowd(struct world *w)
{
	const uint64_t waiting = w->resolver.counters.waiting;

	if (fake_loop_gathers(w->loop) == (waiting >= CROWD_GATHERS))
		return 0;
	return world_fail(w, "the loop %s while %llu queries wait",
	    fake_loop_gathers(w->loop) ? "gathers" : "does not gather",
	    (unsigned long long)waiting);
}

static int
run_steps(struct world *w)
{
	for (size_t i = 0; i < w->script->nsteps; i++) {
		w->step = &w->script->steps[i];
		if (step_run(w, w->step) < 0 || w->failure[0])
			return -1;
		if (w->loop && fake_loop_settle(w->loop) < 0)
			return world_fail(w, "the loop spins");
		if (w->failure[0] || (w->loop && check_crowd(w) < 0))
			return -1;
	}
	if (!w->loop)
		return world_fail(w, "a scenario needs a config");
	if (check_clients(w) < 0)
		return -1;
	return check_end(w);
}

bool
world_run(const struct script *script, char failure[WORLD_FAILURE_MAX])
{
	struct world *w = calloc(1, sizeof(*w));
	bool passed;

	if (!w || resolver_init(&w->resolver) < 0)
		abort();
	fake_rand_seed(SEED);
	w->script = script;
	w->resolver.netview.hostname = (struct name){ .len = 1 };
	list_init(&w->clients);
	run_steps(w);
	take_down(w);
	passed = !w->failure[0];
	memcpy(failure, w->failure, WORLD_FAILURE_MAX);
	free(w);
	return passed;
}
