#include "tests/replay/expect_exposure.h"

#include "stubd/query/ledger.h"
#include "tests/replay/script.h"
#include "tests/replay/words.h"
#include "tests/replay/world.h"

#include <string.h>

static const uint64_t *
count_of(const struct ledger_counts *c, const char *name)
{
	const struct {
		const char *name;
		const uint64_t *value;
	} all[] = {
		{ "queries", &c->queries },
		{ "failovers", &c->failovers },
		{ "hedges", &c->hedges },
		{ "repeats", &c->repeats },
		{ "probes", &c->probes },
		{ "chain", &c->chain },
		{ "prefetches", &c->prefetches },
		{ "stale", &c->stale },
		{ "addresses", &c->addresses },
		{ "domains", &c->domains },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!strcmp(all[i].name, name))
			return all[i].value;
	}
	return NULL;
}

static void
row_of(const struct ledger *ledger, const char *name, struct ledger_row *out)
{
	if (!strcmp(name, "recursion")) {
		ledger_read_recursion(ledger, out);
		return;
	}
	if (!strcmp(name, "network")) {
		ledger_read_network(ledger, out);
		return;
	}
	for (size_t i = 0; i < ledger_count(ledger); i++) {
		ledger_read(ledger, i, out);
		if (!strcmp(out->name, name))
			return;
	}
	*out = (struct ledger_row){ 0 };
}

int
expect_exposure(struct world *w, const struct step *step)
{
	const char *who = step->words[2], *account = step->words[3];
	struct ledger_row row;

	row_of(w->resolver.ledger, who, &row);
	if (strcmp(account, "network") && strcmp(account, "total"))
		return world_fail(w, "%s is no account", account);
	for (size_t i = 4; i + 1 < step->nwords; i += 2) {
		const uint64_t *seen =
		    count_of(*account == 'n' ? &row.network : &row.total, step->words[i]);
		unsigned value;

		if (!seen)
			return world_fail(w, "%s is not counted", step->words[i]);
		if (words_number(w, step->words[i + 1], &value) < 0)
			return -1;
		if (*seen != value)
			return world_fail(w, "expected %s %s %u, seen %llu", who, step->words[i],
			    value, (unsigned long long)*seen);
	}
	return 0;
}
