#include "stubd/query/ledger_impl.h"

#include "policy/name.h"
#include "policy/siphash.h"
#include "policy/upstream_spec.h"
#include "stubd/base/rand.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <stdlib.h>
#include <string.h>

struct ledger *
ledger_new(void)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger)
		rand_bytes(ledger->secret, sizeof(ledger->secret));
	return ledger;
}

struct ledger *
ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return NULL;
	for (size_t i = 0; i < ledger->n; i++) {
		free(ledger->parties[i]->name);
		free(ledger->parties[i]);
	}
	free(ledger);
	return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct party *
open_account(struct ledger *ledger, const char *name)
{
	struct party *party = calloc(1, sizeof(*party));

	if (party)
		party->name = strdup(name);
	if (!party || !party->name) {
		free(party);
		return &ledger->others;
	}
	ledger->parties[ledger->n++] = party;
	return party;
}

struct party *
ledger_party(struct ledger *ledger, const char *name)
{
	const size_t most = sizeof(ledger->parties) / sizeof(ledger->parties[0]);

	for (size_t i = 0; i < ledger->n; i++) {
		if (strcmp(ledger->parties[i]->name, name) == 0)
			return ledger->parties[i];
	}
	return ledger->n < most ? open_account(ledger, name) : &ledger->others;
}

static void
note_domain(
    const struct ledger *ledger, const struct name *name, unsigned flags, struct account *account)
{
	const size_t n = ledger_domain(flags);

	if (n)
		sketch_add(
		    &account->domains, siphash(ledger->secret, name->wire + name->len - n, n));
}

void
ledger_sent(
    void *arg, const struct upstream_spec *spec, const struct question *question, unsigned flags)
{
	struct resolver *r = arg;
	struct account *account;
	struct ledger_counts *c;

	/* Without a ledger the resolver is closed, and the pool is about to be. */
	if (!(flags & LEDGER_PROVIDER) || !r->ledger)
		return;
	account = &(spec->network ? &r->ledger->network : ledger_party(r->ledger, spec->name))->now;
	c = &account->counts;
	c->queries++;
	if (flags & POOL_ASK_AGAIN)
		c->repeats++;
	else if (flags & POOL_ASK_PROBE)
		c->probes++;
	else if (flags & POOL_ASK_FRESH)
		c->hedges++;
	else if (flags & LEDGER_FAILOVER)
		c->failovers++;
	c->chain += !!(flags & LEDGER_CHAIN);
	c->prefetches += !!(flags & LEDGER_PREFETCH);
	c->stale += !!(flags & LEDGER_STALE);
	c->addresses += !!(flags & LEDGER_ADDRESSES);
	note_domain(r->ledger, &question->name, flags, account);
}

void
ledger_recursed(struct ledger *ledger, const struct question *question, unsigned flags)
{
	ledger->recursion.now.counts.queries++;
	note_domain(ledger, &question->name, flags, &ledger->recursion.now);
}

/* --- networks --------------------------------------------------------------------------------- */

uint64_t *
ledger_column(struct ledger_counts *c, size_t i)
{
	uint64_t *const columns[LEDGER_COLUMNS] = { &c->queries, &c->failovers, &c->hedges,
		&c->repeats, &c->probes, &c->chain, &c->prefetches, &c->stale, &c->addresses };

	return columns[i];
}

void
ledger_add(struct account *into, const struct account *from)
{
	struct ledger_counts more = from->counts;

	for (size_t i = 0; i < LEDGER_COLUMNS; i++)
		*ledger_column(&into->counts, i) += *ledger_column(&more, i);
	sketch_merge(&into->domains, &from->domains);
}

static void
close_network(struct party *party)
{
	ledger_add(&party->before, &party->now);
	memset(&party->now, 0, sizeof(party->now));
}

void
ledger_new_network(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->n; i++)
		close_network(ledger->parties[i]);
	close_network(&ledger->others);
	close_network(&ledger->network);
	close_network(&ledger->recursion);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool
is_used(const struct party *party)
{
	return party->now.counts.queries || party->before.counts.queries;
}

static void
read_party(const struct party *party, const char *name, struct ledger_row *out)
{
	struct account all = party->before;

	ledger_add(&all, &party->now);
	out->name = name;
	out->network = party->now.counts;
	out->network.domains = sketch_count(&party->now.domains);
	out->total = all.counts;
	out->total.domains = sketch_count(&all.domains);
}

size_t
ledger_count(const struct ledger *ledger)
{
	return ledger->n + is_used(&ledger->others);
}

void
ledger_read(const struct ledger *ledger, size_t i, struct ledger_row *out)
{
	if (i < ledger->n)
		read_party(ledger->parties[i], ledger->parties[i]->name, out);
	else
		read_party(&ledger->others, LEDGER_OTHERS, out);
}

void
ledger_read_recursion(const struct ledger *ledger, struct ledger_row *out)
{
	read_party(&ledger->recursion, NULL, out);
}

void
ledger_read_network(const struct ledger *ledger, struct ledger_row *out)
{
	read_party(&ledger->network, NULL, out);
}

int64_t
ledger_since(const struct ledger *ledger)
{
	return ledger->since;
}

void
ledger_keep(struct ledger *ledger, int64_t since)
{
	ledger->since = since;
}
